/**
 * Goal: what lies in the root can be had, whole or in part; what does not cannot, by whatever name.
 *
 * Method: a real folder with links that lead out of it; a table of paths; the answers to conditions
 * and ranges, checked against the bytes on disk; folders that change meanwhile; a large file through a real connection's backpressure.
 */

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { HttpResponse } from "../../../src/protocols/http/handler.ts";
import { createErrorResponse } from "../../../src/protocols/http/http-error.ts";
import { createRuntime } from "../../../src/runtime/detect.ts";
import type { Files } from "../../../src/runtime/runtime.ts";
import { StaticFiles } from "../../../src/servers/http/static-files.ts";
import { HttpPeer, settle } from "../../support/http-peer.ts";
import { createRequest, get } from "../../support/http-text.ts";

const LARGE = Uint8Array.from({ length: 1_000_000 }, (_, index) => (index * 7) & 0xff);

let folder: string;
let files: Files;
let served: StaticFiles;

/** Goes on by itself, so that a miss is forgotten before the next question. */
let nowMs = 0;
const clock = {
  monotonicMs: (): number => {
    nowMs += 10_000;
    return nowMs;
  },
};

beforeAll(async () => {
  files = (await createRuntime()).files;
  folder = mkdtempSync(join(tmpdir(), "static-files-"));
  const root = join(folder, "root");
  mkdirSync(join(root, "players", "empty"), { recursive: true });
  mkdirSync(join(root, ".well-known"));
  mkdirSync(join(folder, "root-too"));
  writeFileSync(join(folder, "secret.txt"), "secret");
  writeFileSync(join(folder, "root-too", "a.txt"), "secret");
  writeFileSync(join(root, "index.html"), "<p>index</p>");
  writeFileSync(join(root, "players", "index.html"), "<p>players</p>");
  writeFileSync(join(root, "a b.txt"), "0123456789");
  writeFileSync(join(root, "直播.txt"), "live");
  writeFileSync(join(root, "100%.txt"), "percent");
  writeFileSync(join(root, "film.mp4"), "0123456789");
  writeFileSync(join(root, "empty.txt"), "");
  writeFileSync(join(root, ".htpasswd"), "secret");
  writeFileSync(join(root, ".well-known", "token"), "token");
  writeFileSync(join(root, "large.flv"), LARGE);
  symlinkSync(join(root, "index.html"), join(root, "inside.html"));
  symlinkSync(join(folder, "secret.txt"), join(root, "outside.txt"));
  symlinkSync(join(folder, "root-too"), join(root, "outside"));
  symlinkSync("..", join(root, "up"));
  symlinkSync("loop", join(root, "loop"));
  symlinkSync("/dev/zero", join(root, "zero"));
  symlinkSync(root, join(folder, "link-to-root"));
  served = new StaticFiles(files, root, clock);
});

afterAll(() => rmSync(folder, { recursive: true }));

async function ask(target: string, fields = "", method = "GET"): Promise<HttpResponse | undefined> {
  return served.serve(createRequest(`${method} ${target} HTTP/1.1\r\nHost: a\r\n${fields}\r\n`));
}

async function bytesOf(response: HttpResponse | undefined): Promise<Uint8Array> {
  const body = response?.body as ReadableStream<Uint8Array> | string | undefined;
  return new Uint8Array(await new Response(body).arrayBuffer());
}

/** Compares as `toEqual` does, which takes seconds for so many bytes. */
function expectBytes(bytes: Uint8Array, expected: Uint8Array): void {
  expect(bytes.length).toBe(expected.length);
  expect(bytes.findIndex((byte, index) => byte !== expected[index])).toBe(-1);
}

async function textOf(response: HttpResponse | undefined): Promise<string> {
  return new TextDecoder().decode(await bytesOf(response));
}

function fieldOf(response: HttpResponse | undefined, name: string): string | undefined {
  return [...(response?.fields ?? [])].find(([other]) => other === name)?.[1];
}

describe("a file", () => {
  test.each([
    ["/", "<p>index</p>"],
    ["/index.html", "<p>index</p>"],
    ["/players/", "<p>players</p>"],
    ["/players/../index.html", "<p>index</p>"],
    ["//players//index.html", "<p>players</p>"],
    ["/a%20b.txt?x=1", "0123456789"],
    ["/%E7%9B%B4%E6%92%AD.txt", "live"],
    ["/100%25.txt", "percent"],
    ["/empty.txt", ""],
    ["/inside.html", "<p>index</p>"],
    ["/up/root/index.html", "<p>index</p>"], // Out by a link, and in again.
    ["/.well-known/token", "token"],
  ])("is at %s", async (target, text) => {
    const response = await ask(target);
    expect(response?.status).toBe(200);
    expect(await textOf(response)).toBe(text);
  });

  test.each([
    "/nothing.html",
    "/index.html/",
    "/index.html/a",
    "/players/empty/",
    "/outside.txt",
    "/outside/a.txt",
    "/outside/",
    "/up/secret.txt",
    "/loop",
    "/zero",
    "/.htpasswd",
    "/%2ehtpasswd",
    "/.well-known/../.htpasswd",
    "/../secret.txt",
    "/%2e%2e/secret.txt",
    "/..%2fsecret.txt",
    "/players%2findex.html",
    "/players/..%2f..%2fsecret.txt",
    "/players/..%5c..%5csecret.txt",
    "/../root-too/a.txt",
    `/${"a".repeat(5_000)}`,
  ])("is not at %s", async (target) => {
    expect(await ask(target)).toBeUndefined();
  });

  test.each(["secret.txt", "/a\0b", "/../secret.txt", "/players/../../secret.txt", "\\..\\a"])(
    "is not at %j, even if the path has not been made safe",
    async (path) => {
      expect(await served.serve(createRequest(get("/")), path)).toBeUndefined();
    },
  );

  test("is found below a root that is itself a link", async () => {
    const linked = new StaticFiles(files, join(folder, "link-to-root"), clock);
    expect((await linked.serve(createRequest(get("/index.html"))))?.status).toBe(200);
    expect(await linked.serve(createRequest(get("/outside.txt")))).toBeUndefined();
  });

  test("is not found below a root that does not exist", async () => {
    const missing = new StaticFiles(files, join(folder, "missing"), clock);
    expect(await missing.serve(createRequest(get("/")))).toBeUndefined();
  });

  test("tells what it is", async () => {
    const response = await ask("/a%20b.txt");
    expect(response?.fields).toEqual([
      ["ETag", expect.stringMatching(/^W\/"a-[0-9a-f]+"$/)],
      ["Cache-Control", "no-cache"],
      ["Last-Modified", expect.stringMatching(/^\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT$/)],
      ["Content-Type", "text/plain; charset=utf-8"],
      ["X-Content-Type-Options", "nosniff"],
      ["Accept-Ranges", "bytes"],
      ["Content-Length", "10"],
    ]);
  });

  test("has a tag that changes with it", async () => {
    writeFileSync(join(folder, "root", "changing.txt"), "a");
    const before = fieldOf(await ask("/changing.txt"), "ETag");
    writeFileSync(join(folder, "root", "changing.txt"), "ab");
    expect(fieldOf(await ask("/changing.txt"), "ETag")).not.toBe(before);
  });

  test("is announced to HEAD without being read", async () => {
    const response = await ask("/large.flv", "Range: bytes=0-1\r\n", "HEAD");
    expect(response).toMatchObject({ status: 200 });
    expect(response?.body).toBeUndefined();
    expect(fieldOf(response, "Content-Length")).toBe("1000000");
    const peer = new HttpPeer(
      async (request) => (await served.serve(request)) ?? createErrorResponse(404),
    );
    peer.send("HEAD /large.flv HTTP/1.1\r\nHost: a\r\n\r\n");
    await peer.until(() => peer.text.endsWith("\r\nContent-Length: 1000000\r\n\r\n"));
  });

  test.each(["POST", "PUT", "DELETE"])("cannot be asked for by %s", async (method) => {
    const response = await ask("/index.html", "", method);
    expect(response?.status).toBe(405);
    expect(fieldOf(response, "Allow")).toBe("GET, HEAD");
    expect(await ask("/nothing", "", method)).toBeUndefined();
  });
});

describe("a folder without a slash", () => {
  test("is redirected, with the query", async () => {
    const response = await ask("/players?x=1&y=%20");
    expect(response?.status).toBe(302);
    expect(fieldOf(response, "Location")).toBe("/players/?x=1&y=%20");
    expect(response?.body).toBe("Redirect to /players/?x=1&y=%20");
  });

  test("never leads to another server", async () => {
    expect(fieldOf(await ask("//players"), "Location")).toBe("/players/");
    expect(fieldOf(await ask("/%2e//players"), "Location")).toBe("/players/");
  });

  test("that leads outside is not there", async () => {
    expect(await ask("/outside")).toBeUndefined();
    expect(await ask("/up")).toBeUndefined();
  });
});

describe("conditions", () => {
  test("spare a client what it has", async () => {
    const first = await ask("/a%20b.txt");
    for (const fields of [
      `If-None-Match: ${fieldOf(first, "ETag")}\r\n`,
      `If-Modified-Since: ${fieldOf(first, "Last-Modified")}\r\n`,
    ]) {
      const second = await ask("/a%20b.txt", fields);
      expect(second?.status).toBe(304);
      expect(second?.body).toBeUndefined();
      expect(fieldOf(second, "ETag")).toBe(fieldOf(first, "ETag"));
      expect(fieldOf(second, "Cache-Control")).toBe("no-cache");
    }
  });

  test("that fail are answered with 412", async () => {
    expect((await ask("/a%20b.txt", 'If-Match: "other"\r\n'))?.status).toBe(412);
  });
});

describe("a range", () => {
  test.each([
    ["bytes=2-4", "234", "bytes 2-4/10"],
    ["bytes=7-", "789", "bytes 7-9/10"],
    ["bytes=-3", "789", "bytes 7-9/10"],
    ["bytes=0-100", "0123456789", "bytes 0-9/10"],
  ])("%s is %s", async (range, text, contentRange) => {
    const response = await ask("/a%20b.txt", `Range: ${range}\r\n`);
    expect(response?.status).toBe(206);
    expect(await textOf(response)).toBe(text);
    expect(fieldOf(response, "Content-Range")).toBe(contentRange);
    expect(fieldOf(response, "Content-Length")).toBe(`${text.length}`);
  });

  test("beyond the end is answered with 416", async () => {
    const response = await ask("/a%20b.txt", "Range: bytes=10-\r\n");
    expect(response?.status).toBe(416);
    expect(fieldOf(response, "Content-Range")).toBe("bytes */10");
  });

  test("that is not understood, or of another state of the file, is the whole", async () => {
    for (const fields of [
      "Range: bytes=0-1,3-4\r\n",
      'Range: bytes=0-1\r\nIf-Range: "other"\r\n',
      "Range: bytes=0-1\r\nIf-Range: Thu, 01 Jan 1970 00:00:00 GMT\r\n",
    ]) {
      const response = await ask("/a%20b.txt", fields);
      expect(response?.status).toBe(200);
      expect(await textOf(response)).toBe("0123456789");
    }
  });

  test("of the state that the client knows is sent", async () => {
    const modified = fieldOf(await ask("/a%20b.txt"), "Last-Modified");
    const response = await ask("/a%20b.txt", `Range: bytes=0-1\r\nIf-Range: ${modified}\r\n`);
    expect(response?.status).toBe(206);
  });

  test("of a large file has the right bytes", async () => {
    const response = await ask("/large.flv", "Range: bytes=100000-899999\r\n");
    expect(fieldOf(response, "Content-Length")).toBe("800000");
    expectBytes(await bytesOf(response), LARGE.subarray(100_000, 900_000));
  });
});

describe("a range in the query", () => {
  test.each([
    ["/film.mp4?range=2-4", "", 206, "234", "bytes 2-4/10"],
    ["/film.mp4?bytes=7-", "", 206, "789", "bytes 7-9/10"],
    ["/film.mp4?range=-3", "", 206, "789", "bytes 7-9/10"],
    ["/film.mp4?range=1-1&bytes=2-2", "", 206, "1", "bytes 1-1/10"],
    ["/film.mp4?range=2-4", "Range: bytes=0-0\r\n", 206, "0", "bytes 0-0/10"],
    ["/film.mp4?range=x", "", 200, "0123456789", undefined],
    ["/film.mp4?range=10-", "", 416, undefined, "bytes */10"],
    ["/a%20b.txt?range=2-4", "", 200, "0123456789", undefined],
  ])("%s with %j: %i", async (target, fields, ...[status, text, range]) => {
    const response = await ask(target, fields);
    expect(response?.status).toBe(status);
    if (text !== undefined) expect(await textOf(response)).toBe(text);
    expect(fieldOf(response, "Content-Range")).toBe(range);
  });
});

describe("what is not there", () => {
  const newRoot = () => mkdtempSync(join(folder, "root-"));

  /** Files that count how often the system is asked. */
  function counting(): { readonly files: Files; count: number } {
    const counted = { files, count: 0 };
    counted.files = Object.create(files, {
      realPath: {
        value: (path: string) => {
          counted.count += 1;
          return files.realPath(path);
        },
      },
    });
    return counted;
  }

  test("is not looked for again within a second", async () => {
    const root = newRoot();
    const counted = counting();
    const manual = { nowMs: 5, monotonicMs: () => manual.nowMs };
    const served = new StaticFiles(counted.files, root, manual);
    const ask = () => served.serve(createRequest(get("/a.m3u8")));
    expect(await ask()).toBeUndefined();
    const { count } = counted;
    writeFileSync(join(root, "a.m3u8"), "#EXTM3U");
    manual.nowMs += 999;
    expect(await ask()).toBeUndefined();
    expect(counted.count).toBe(count);
    // Another one is not affected, nor is this one a moment later.
    expect(await served.serve(createRequest(get("/a.m3u8?b")), "/./a.m3u8")).toBeUndefined();
    manual.nowMs += 1;
    expect((await ask())?.status).toBe(200);
    rmSync(join(root, "a.m3u8"));
    expect(await ask()).toBeUndefined();
  });

  test("may be the root, which comes later, goes, and is set to lead elsewhere", async () => {
    const base = newRoot();
    const manual = { nowMs: 5, monotonicMs: () => manual.nowMs };
    const served = new StaticFiles(files, join(base, "current"), manual);
    const ask = async () => {
      const answer = await served.serve(createRequest(get("/a.txt")));
      return answer === undefined ? undefined : await textOf(answer);
    };
    for (const name of ["one", "two"]) {
      mkdirSync(join(base, name));
      writeFileSync(join(base, name, "a.txt"), name);
    }
    const setTo = (name: string) => {
      rmSync(join(base, "current"), { force: true });
      symlinkSync(join(base, name), join(base, "current"));
    };
    expect(await ask()).toBeUndefined();
    setTo("one");
    manual.nowMs += 1_000;
    expect(await ask()).toBe("one");
    setTo("two");
    expect(await ask()).toBe("two");
    // What was the root is outside now.
    symlinkSync(join(base, "one", "a.txt"), join(base, "two", "b.txt"));
    expect(await served.serve(createRequest(get("/b.txt")))).toBeUndefined();
    rmSync(join(base, "current"));
    expect(await ask()).toBeUndefined();
  });
});

describe("a large file", () => {
  test("is sent whole", async () => {
    expectBytes(await bytesOf(await ask("/large.flv")), LARGE);
  });

  test("is read no faster than the client takes it", async () => {
    let readSize = 0;
    let closeCount = 0;
    const counted: Files = Object.create(files, {
      open: {
        value: async (path: string, mode: "read") => {
          const file = await files.open(path, mode);
          return {
            read: async (offset: number, size: number) => {
              const piece = await file.read(offset, size);
              readSize += piece.length;
              return piece;
            },
            close: async () => {
              closeCount += 1;
              await file.close();
            },
          };
        },
      },
    });
    const slow = new StaticFiles(counted, join(folder, "root"), clock);
    const handler = async (request: Parameters<StaticFiles["serve"]>[0]) =>
      (await slow.serve(request)) ?? createErrorResponse(404);
    const peer = new HttpPeer(handler, { capacity: 10_000 });
    peer.socket.pause();
    peer.send(get("/large.flv"));
    await peer.until(() => readSize > 0);
    for (let i = 0; i < 20; i++) await settle();
    expect(readSize).toBeLessThanOrEqual(256 * 1024);
    peer.socket.resume();
    await peer.until(() => peer.text.length > LARGE.length && closeCount === 1);
    expect(peer.text.slice(peer.text.indexOf("\r\n\r\n") + 4)).toHaveLength(LARGE.length);

    const leaver = new HttpPeer(handler, { capacity: 10_000 });
    leaver.socket.pause();
    leaver.send(get("/large.flv"));
    await leaver.until(() => leaver.serverSocket.sentSize > 0);
    leaver.socket.destroy();
    await leaver.until(() => closeCount === 2);
    await settle();
    expect(closeCount).toBe(2);
    expect(leaver.logger.errors).toEqual([]);
  });

  test("that shrinks while it is sent breaks the connection", async () => {
    const path = join(folder, "root", "shrinking.flv");
    writeFileSync(path, LARGE);
    const peer = new HttpPeer(
      async (request) => (await served.serve(request)) ?? createErrorResponse(404),
      {
        capacity: 10_000,
      },
    );
    peer.socket.pause();
    peer.send(get("/shrinking.flv"));
    await peer.until(() => peer.serverSocket.sentSize > 0);
    truncateSync(path, 100_000);
    peer.socket.resume();
    await peer.until(() => peer.isClosed);
    expect(peer.text.length).toBeLessThan(LARGE.length);
  });
});
