/**
 * Goal: a name that a stranger chose never leads anywhere but to a stream of that name: not to another
 * folder, another vhost, another line of the log, nor into the server's own objects; and names that
 * are merely unusual work.
 *
 * Method: the whole server in memory, with a file that must not be seen outside of its folder; names
 * by RTMP, paths by HTTP as raw bytes; after each the server must still serve.
 */

import { beforeEach, describe, expect, test } from "vitest";
import type { RtmpTarget } from "../../src/protocols/rtmp/client-target.ts";
import { MemoryServer } from "../support/memory-server.ts";

const SECRET = "root:x:0:0";

let server: MemoryServer;

beforeEach(async () => {
  server = await MemoryServer.start(
    { http_server: { enabled: true, dir: "/srv/www" } },
    { files: { "/srv/www/index.html": "front", "/srv/secret.txt": SECRET, "/secret.txt": SECRET } },
  );
});

/** What parseRtmpUrl would not let through. */
function target(stream: string, app = "live", host = "127.0.0.1"): RtmpTarget {
  return { host, port: 1935, tcUrl: `rtmp://${host}/${app}`, app, stream };
}

async function expectServing(): Promise<void> {
  const publisher = await server.publish(server.rtmpUrl("live/after"));
  await publisher.start();
  const viewer = await server.watch(server.httpUrl("/live/after.flv"));
  expect(viewer.count(9)).toBeGreaterThan(0);
  expect(server.events().filter(({ level }) => level === "error")).toEqual([]);
}

const REFUSED_NAMES: Record<string, string> = {
  "the folder above": "..",
  "the folder itself": ".",
  "a way up inside": "a/../b",
  "a way up behind a query of one's own": "../show?vhost=a",
  "a backslash": "a\\..\\b",
  "a zero byte": "show\u0000.flv",
  "a bell": "show\u0007",
  "an escape sequence": "\u001b[2Jshow",
  "a line of C1": "show\u0085fake",
  "a line separator": "show\u2028fake",
  "half a surrogate pair's worth of name too long": "x".repeat(10_000),
  "one byte too many": "x".repeat(513),
};

describe("RTMP refuses a name with", () => {
  test.each(Object.entries(REFUSED_NAMES))("%s", async (_, name) => {
    await expect(server.publish(target(name))).rejects.toMatchObject({
      code: "NetStream.Publish.BadName",
    });
    await expect(server.play(target(name))).rejects.toMatchObject({
      code: "NetStream.Play.StreamNotFound",
    });
    expect(server.events("stream published")).toEqual([]);
    expect(server.events("play started")).toEqual([]);
    await expectServing();
  });

  test.each(Object.entries(REFUSED_NAMES))("%s as its application", async (_, name) => {
    await expect(server.publish(target("show", name))).rejects.toThrow("Cannot use");
    await expectServing();
  });
});

test("lines that were pasted into a name are taken out of it, and make no line of the log", async () => {
  const publisher = await server.publish(target("sh\r\now\t "));
  await publisher.start();
  expect(server.events("stream published")).toMatchObject([{ url: "/live/show" }]);
});

describe("RTMP and HTTP agree upon a name with", () => {
  test.each([
    ["an emoji", "🎥"],
    ["letters of other alphabets", "прямой-эфир-直播"],
    ["what would be dots if it were decoded", "%2e%2e"],
    ["what would be a slash if it were decoded", "a%2fb"],
    ["dots", "a..b.flv"],
    ["quotes and angle brackets", `"><script>'`],
    ["the longest size", "x".repeat(512)],
    ["the name of a property", "__proto__"],
    ["the name of another", "constructor"],
  ])("%s", async (_, name) => {
    const publisher = await server.publish(target(name));
    await publisher.start();
    expect(server.events("stream published")).toMatchObject([{ url: `/live/${name}` }]);
    const player = await server.play(target(name));
    const viewer = await server.watch(server.httpUrl(`/live/${encodeURIComponent(name)}.flv`));
    expect(player.count("video")).toBeGreaterThan(0);
    expect(viewer.status).toBe(200);
    expect(viewer.count(9)).toBeGreaterThan(0);
  });
});

describe("HTTP", () => {
  test.each([
    "/live/...flv",
    "/live/../show.flv",
    "/live/%2e%2e/show.flv",
    "/live/%2e%2e%2f%2e%2e%2fsecret.txt",
    "/live/a%5cb.flv",
    "/live/a\\b.flv",
    "/live/a%00b.flv",
    "/live/a%0d%0aSet-Cookie:%20b.flv",
    "/live/a%1b[2J.flv",
    "/live/%e2%80%a8.flv",
    "/live/%ff%fe.flv",
    "/live/%zz.flv",
    `/live/${"x".repeat(10_000)}.flv`,
    "/../secret.txt",
    "/%2e%2e/secret.txt",
    "/..%2fsecret.txt",
    "/..%5csecret.txt",
    "/..\\secret.txt",
    "/./../secret.txt",
    "//secret.txt",
    "/index.html/../../secret.txt",
    "/%252e%252e/secret.txt",
    "http://a/../secret.txt",
  ])("%s is no stream and no file outside", async (path) => {
    for (const fields of ["", "Upgrade: websocket\r\nConnection: Upgrade\r\n"]) {
      const wire = await server.open(8080);
      await wire.send(`GET ${path} HTTP/1.1\r\nHost: a\r\n${fields}\r\n`);
      expect(wire.text).toMatch(/^HTTP\/1\.1 4\d\d /);
      expect(wire.text).not.toContain(SECRET);
      expect(wire.text).not.toMatch(/^Set-Cookie/im);
      await wire.vanish();
    }
    expect(server.events("play started")).toEqual([]);
    await expectServing();
  });
});

test.each([
  ["/live/..%2fshow.flv", "/live/..%2Fshow"],
  ["/live/a%2f..%2fb.flv", "/live/a%2F..%2Fb"],
])("an encoded slash is part of a name and no border: %s", async (path, url) => {
  const viewer = await server.watch(server.httpUrl(path));
  expect(server.events("play started")).toMatchObject([{ url }]);
  await server.advance(31_000);
  expect(viewer.status).toBe(404);
  await expectServing();
});

describe("a vhost called", () => {
  const names = ["constructor", "__proto__", "toString", "hasOwnProperty"];

  test.each(names)("%s that nobody configured is the default one", async (name) => {
    const publisher = await server.publish(target("show", "live", name));
    await publisher.start();
    expect(server.events("stream published")).toMatchObject([{ url: "/live/show" }]);
    const viewer = await server.watch(server.httpUrl(`/live/show.flv?vhost=${name}`));
    expect(viewer.count(9)).toBeGreaterThan(0);
    const answer = await server.fetch("/", { host: name });
    expect(answer).toMatchObject({ status: 200, text: "front" });
  });

  test.each(names)("%s can be configured like any other", async (name) => {
    const vhosts = JSON.parse(`{"${name}":{"publish":{"grace_ms":0}}}`) as object;
    await server.stop();
    const other = await MemoryServer.start({ vhosts: { ...vhosts } });
    const publisher = await other.publish(target("show", "live", name));
    await publisher.start();
    expect(other.events("stream published")).toMatchObject([{ url: `${name}/live/show` }]);
    const viewer = await other.watch(other.httpUrl(`/live/show.flv?vhost=${name}`));
    expect(viewer.count(9)).toBeGreaterThan(0);
  });
});
