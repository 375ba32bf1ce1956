/**
 * Goal: an operator has a stream recorded and not any more, finds what has been recorded, downloads and
 * deletes it, at whichever worker he asks; nobody does who may not, and nobody gets at another file.
 *
 * Method: the whole server in memory, with files in memory, asked over HTTP.
 */

import { describe, expect, test } from "vitest";
import { formatPasswordHash } from "../../src/config/password-hash.ts";
import { MemoryCrypto } from "../../src/runtime/memory/memory-crypto.ts";
import { type FetchedAnswer, type FetchOptions, settle } from "../support/memory-network.ts";
import { API_PORT, type ConfigValue, MemoryServer } from "../support/memory-server.ts";
import { MemoryWorkers } from "../support/memory-workers.ts";

const DVRS = "/api/v1/dvrs";
const RECORDINGS = "/api/v1/recordings";
const SHOW = { app: "live", stream: "show" };
/** Of the machine in memory, when it starts. */
const START_MS = 1_767_225_600_000;

interface Entry {
  readonly id: string;
  readonly stream: string;
  readonly file: string;
  readonly bytes: number;
  readonly started_ms: number;
}

function configOf(dvr: ConfigValue = {}, more: ConfigValue = {}): ConfigValue {
  const vhost = {
    publish: { grace_ms: 0 },
    hls: { enabled: false },
    dvr: { dvr_path: "/rec/[app]/[stream].[timestamp].flv", ...dvr },
  };
  return { vhosts: { __defaultVhost__: vhost, "off.example": { enabled: false } }, ...more };
}

type Ask = (
  method: string,
  path: string,
  options?: Omit<FetchOptions, "method">,
) => Promise<FetchedAnswer>;

function asker(server: MemoryServer): Ask {
  return (method, path, options) => server.fetch(path, { port: API_PORT, method, ...options });
}

const bodyOf = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

function jsonOf(answer: FetchedAnswer): Record<string, unknown> {
  expect(answer.status, answer.text).toBe(200);
  return JSON.parse(answer.text) as Record<string, unknown>;
}

async function list(ask: Ask, query = ""): Promise<Entry[]> {
  const { recordings } = jsonOf(await ask("GET", `${RECORDINGS}${query}`));
  return recordings as Entry[];
}

/** Records as long as the frames last. */
async function recordShow(server: MemoryServer | MemoryWorkers, url: string): Promise<void> {
  const publisher = await server.publish(url);
  await publisher.start();
  for (let i = 0; i < 50; i++) {
    await publisher.send();
    await server.advance(40, 40);
  }
  await publisher.leave();
  await server.advance(1_000);
}

describe("recording by command", () => {
  test("begins, is listed, and ends", async () => {
    const server = await MemoryServer.start(configOf());
    const ask = asker(server);
    const publisher = await server.publish(server.rtmpUrl("live/show?token=secret"));
    await publisher.start();
    expect(jsonOf(await ask("GET", DVRS))).toMatchObject({ code: 0, dvrs: [] });
    expect(jsonOf(await ask("POST", DVRS, { body: bodyOf(SHOW) }))).toMatchObject({ code: 0 });
    await publisher.send();
    await server.advance(1_000);
    expect(jsonOf(await ask("GET", DVRS))["dvrs"]).toMatchObject([
      {
        ...{ url: "/live/show", vhost: "__defaultVhost__", ...SHOW, format: "flv" },
        ...{ plan: "session", file: expect.stringMatching(/^\/rec\/live\/show\.\d+\.flv$/) },
        started_ms: expect.any(Number),
        ...{ asked_for: true, waiting: false, failing: false },
      },
    ]);
    expect((await ask("POST", DVRS, { body: bodyOf(SHOW) })).status).toBe(409);
    const stop = await ask("DELETE", `${DVRS}?app=live&stream=show`);
    expect(jsonOf(stop)).toMatchObject({ code: 0 });
    expect(jsonOf(await ask("GET", DVRS))).toMatchObject({ dvrs: [] });
    await settle();
    expect(await list(ask)).toMatchObject([{ url: "/live/show", ...SHOW, format: "flv" }]);
    expect((await ask("DELETE", `${DVRS}?app=live&stream=show`)).status).toBe(404);
    // Begun by the query too, as scripts of a page have no body.
    expect((await ask("POST", `${DVRS}/?app=live&stream=show`)).status).toBe(200);
    expect(server.logText).not.toContain("secret");
  });

  test.each<[string, FetchOptions["body"], number, RegExp]>([
    [
      "a stream that nobody publishes",
      bodyOf({ ...SHOW, stream: "other" }),
      404,
      /nobody publishes/,
    ],
    ["a vhost that is not there", bodyOf({ ...SHOW, vhost: "x.example" }), 404, /not served/],
    ["a vhost that is off", bodyOf({ ...SHOW, vhost: "off.example" }), 404, /not served/],
    ["a vhost of another kind", bodyOf({ ...SHOW, vhost: "constructor" }), 404, /not served/],
    ["a name that leads elsewhere", bodyOf({ ...SHOW, stream: ".." }), 400, /such a name/],
    ["a name with a slash", bodyOf({ ...SHOW, stream: "a/b" }), 400, /such a name/],
    ["an app that leads elsewhere", bodyOf({ ...SHOW, app: "../etc" }), 400, /such a name/],
    ["no names", bodyOf({}), 400, /expected an app/],
    ["names that are none", bodyOf({ app: 1, stream: ["show"] }), 400, /expected an app/],
    ["no object", bodyOf(null), 400, /expected an app/],
    ["nothing", undefined, 400, /expected an app/],
    ["no JSON", new TextEncoder().encode("{app:"), 400, /no JSON/],
    ["too much", bodyOf({ ...SHOW, more: "x".repeat(20_000) }), 413, /./],
  ])("says why not: %s", async (_, body, status, reason) => {
    const server = await MemoryServer.start(configOf());
    const publisher = await server.publish(server.rtmpUrl("live/show"));
    await publisher.start();
    const answer = await asker(server)("POST", DVRS, body === undefined ? {} : { body });
    expect([answer.status, answer.text]).toEqual([status, expect.stringMatching(reason)]);
    expect(jsonOf(await asker(server)("GET", DVRS))).toMatchObject({ dvrs: [] });
  });

  test("other methods are not allowed", async () => {
    const ask = asker(await MemoryServer.start(configOf()));
    expect((await ask("PUT", DVRS)).status).toBe(405);
    expect((await ask("POST", RECORDINGS)).status).toBe(405);
    expect((await ask("DELETE", RECORDINGS)).status).toBe(405);
    expect((await ask("PUT", `${RECORDINGS}/0123`)).status).toBe(405);
    expect((await ask("DELETE", `${RECORDINGS}/0123/file`)).status).toBe(405);
  });
});

describe("recordings", () => {
  async function withTwo(): Promise<{ server: MemoryServer; ask: Ask }> {
    const server = await MemoryServer.start(configOf({ enabled: true }));
    await recordShow(server, server.rtmpUrl("live/show"));
    await recordShow(server, server.rtmpUrl("deep/er/other"));
    return { server, ask: asker(server) };
  }

  test("are listed newest first, by name and time, page by page", async () => {
    const { ask } = await withTwo();
    const all = await list(ask);
    expect(all.map(({ stream }) => stream)).toEqual(["other", "show"]);
    const startedMs = all[0]?.started_ms ?? 0;
    expect(startedMs).toBeGreaterThan(START_MS + 2_000);
    const streams = async (query: string): Promise<string[]> =>
      (await list(ask, query)).map(({ stream }) => stream);
    expect(await streams("/?app=live")).toEqual(["show"]);
    expect(await streams("?app=deep/er&stream=other")).toEqual(["other"]);
    expect(await streams("?vhost=__defaultVhost__")).toEqual(["other", "show"]);
    expect(await streams("?vhost=b.example")).toEqual([]);
    expect(await streams(`?from=${startedMs / 1_000}`)).toEqual(["other"]);
    expect(await streams(`?to=${(startedMs - 1) / 1_000}`)).toEqual(["show"]);
    const time = new Date(startedMs).toISOString().replace("Z", "+00:00");
    expect(await streams(`?from=${time}`)).toEqual(["other"]);
    expect(await streams("?from=2026-01-01T00:00:00Z&to=2026-01-01T00:00:01Z")).toEqual(["show"]);
    expect(await streams("?start=1")).toEqual(["show"]);
    expect(await streams("?start=2&count=20")).toEqual([]);
    for (const query of ["?from=yesterday", "?to=2026-02-30T00:00:00Z"]) {
      expect((await ask("GET", RECORDINGS + query)).status).toBe(400);
    }
  });

  test("are had one by one, whole and in part", async () => {
    const { server, ask } = await withTwo();
    const [{ id, file, bytes } = { id: "", file: "", bytes: 0 }] = await list(ask, "?app=live");
    expect(jsonOf(await ask("GET", `${RECORDINGS}/${id}`))["recording"]).toMatchObject({
      ...{ id, file, bytes, url: "/live/show", vhost: "__defaultVhost__", ...SHOW },
      ...{ format: "flv", duration_ms: expect.any(Number) },
      tracks: [
        { kind: "video", codec: "h264" },
        { kind: "audio", codec: "aac" },
      ],
    });
    const content = server.runtime.files.contentOf(file);
    expect(content.length).toBe(bytes);
    const whole = await ask("GET", `${RECORDINGS}/${id}/file`);
    expect(whole.status).toBe(200);
    expect(whole.text).toBe(new TextDecoder().decode(content));
    const { fields } = whole.head;
    expect(fields.get("content-type")).toBe("video/x-flv");
    const name = file.slice(file.lastIndexOf("/") + 1);
    expect(fields.get("content-disposition")).toBe(`attachment; filename="${name}"`);
    const part = await ask("GET", `${RECORDINGS}/${id}/file`, { fields: [["Range", "bytes=0-2"]] });
    expect([part.status, part.text]).toEqual([206, "FLV"]);
    expect(part.head.fields.get("content-range")).toBe(`bytes 0-2/${bytes}`);
    const behind = { fields: [["Range", `bytes=${bytes}-`]] as const };
    expect((await ask("GET", `${RECORDINGS}/${id}/file`, behind)).status).toBe(416);
    const head = await ask("HEAD", `${RECORDINGS}/${id}/file`);
    expect([head.status, head.head.fields.get("content-length")]).toEqual([200, `${bytes}`]);
  });

  test("are deleted, and nothing else", async () => {
    const { server, ask } = await withTwo();
    const [other, show] = await list(ask);
    const id = show?.id ?? "";
    expect((await ask("DELETE", `${RECORDINGS}/${id}`)).status).toBe(200);
    expect((await list(ask)).map((entry) => entry.id)).toEqual([other?.id]);
    for (const path of [`${id}`, `${id}/file`]) {
      expect((await ask("GET", `${RECORDINGS}/${path}`)).status).toBe(404);
    }
    expect((await ask("DELETE", `${RECORDINGS}/${id}`)).status).toBe(404);
    expect(server.events("recording deleted")).toMatchObject([
      { url: "/live/show", file: show?.file, size: show?.bytes, reason: "api" },
    ]);
    expect(await server.runtime.files.stat(show?.file ?? "")).toBeUndefined();
    expect(await server.runtime.files.stat(other?.file ?? "")).toBeDefined();
  });

  test("stay, with a reason, where the disk refuses it", async () => {
    const { server, ask } = await withTwo();
    const [entry] = await list(ask);
    server.runtime.files.fault = (path) => (path === entry?.file ? "EROFS" : undefined);
    const answer = await ask("DELETE", `${RECORDINGS}/${entry?.id}`);
    expect([answer.status, answer.text]).toEqual([500, expect.stringContaining("EROFS")]);
    expect(server.events("recording not deleted")).toMatchObject([{ code: "EROFS" }]);
    server.runtime.files.fault = () => undefined;
    expect(await list(ask)).toHaveLength(2);
  });

  test("are no way to other files", async () => {
    const { server, ask } = await withTwo();
    const [entry] = await list(ask);
    await server.putFile("/rec/secret.flv", "secret");
    const { id = "" } = entry ?? {};
    const ids = ["", "..", "..%2f..%2frec", "%2frec%2fsecret.flv", ".dvr", `${id}%00`, `${id}0`];
    for (const strange of [
      ...ids,
      id.slice(1),
      `${id}/..`,
      `${id}/x`,
      "secret.flv",
      "a".repeat(24),
    ]) {
      for (const path of [`${RECORDINGS}/${strange}/file`, `${RECORDINGS}/${strange}/`]) {
        const { status, text } = await ask("GET", path);
        expect(text, path).not.toContain("secret");
        // What is below nothing is answered by what is there.
        if (status === 200) expect(JSON.parse(text)).toMatchObject({ code: 0 });
        await ask("DELETE", path);
      }
    }
    expect(await list(ask)).toHaveLength(2);
    expect(server.events("recording deleted")).toEqual([]);
  });

  test("a name that no header can carry is one in the answer", async () => {
    const server = await MemoryServer.start(
      configOf({ enabled: true, dvr_path: "/rec/[stream].flv" }),
    );
    await recordShow(server, server.rtmpUrl('live/sho"wé*'));
    const ask = asker(server);
    const [{ id } = { id: "" }] = await list(ask);
    const { head } = await ask("HEAD", `${RECORDINGS}/${id}/file`);
    expect(head.fields.get("content-disposition")).toBe(
      `attachment; filename="sho_w__.flv"; filename*=UTF-8''sho%22w%C3%A9%2A.flv`,
    );
  });

  test("what is being written is neither listed nor had", async () => {
    const server = await MemoryServer.start(configOf({ enabled: true }));
    const publisher = await server.publish(server.rtmpUrl("live/show"));
    await publisher.start();
    for (let i = 0; i < 50; i++) {
      await publisher.send();
      await server.advance(40, 40);
    }
    expect(await server.runtime.files.list("/rec/live")).toEqual([
      expect.stringMatching(/^show\.\d+\.flv\.tmp$/),
    ]);
    expect(await list(asker(server))).toEqual([]);
  });
});

describe("who may not", () => {
  const crypto = new MemoryCrypto();
  const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

  test("users read and write as far as they have the right", async () => {
    const salt = crypto.randomBytes(16);
    const cost = { logCost: 4, blockSize: 8, parallelization: 1 };
    const hash = await crypto.scrypt(encode("password"), salt, cost, 32);
    const password = formatPasswordHash({ ...cost, salt, hash });
    const users = {
      reader: {
        password,
        permissions: ["api:read:/api/v1/recordings/**", `api:read:${RECORDINGS}`],
      },
      writer: { password, permissions: [`api:write:${DVRS}`] },
    };
    const server = await MemoryServer.start(configOf({}, { users }));
    const publisher = await server.publish(server.rtmpUrl("live/show"));
    await publisher.start();
    const ask = async (user: string, method: string, path: string): Promise<number> => {
      const authorization = `Basic ${btoa(`${user}:password`)}`;
      const options = {
        port: API_PORT,
        method,
        fields: [["Authorization", authorization]] as const,
      };
      return (await server.fetch(path, options)).status;
    };
    const id = "a".repeat(24);
    expect(await ask("reader", "GET", RECORDINGS)).toBe(200);
    expect(await ask("reader", "GET", `${RECORDINGS}/${id}/file`)).toBe(404);
    expect(await ask("reader", "DELETE", `${RECORDINGS}/${id}`)).toBe(403);
    expect(await ask("reader", "POST", `${DVRS}?app=live&stream=show`)).toBe(403);
    expect(await ask("reader", "GET", DVRS)).toBe(403);
    expect(await ask("writer", "GET", RECORDINGS)).toBe(403);
    expect(await ask("writer", "DELETE", `${RECORDINGS}/${id}`)).toBe(403);
    expect(await ask("writer", "POST", `${DVRS}?app=live&stream=show`)).toBe(200);
    expect(await ask("writer", "DELETE", `${DVRS}?app=live&stream=show`)).toBe(200);
  });

  test("pages of other sites act on nothing, though the browser has credentials", async () => {
    const auth = { enabled: true, username: "admin", password: "password" };
    const http_api = { enabled: true, auth };
    const server = await MemoryServer.start(configOf({ enabled: true }, { http_api }));
    await recordShow(server, server.rtmpUrl("live/show"));
    const own = [
      ["Authorization", `Basic ${btoa("admin:password")}`],
      ["User-Agent", "Mozilla/5.0"],
    ] as const;
    const ask = (method: string, path: string, site: string): Promise<FetchedAnswer> =>
      server.fetch(path, { port: API_PORT, method, fields: [...own, ["Sec-Fetch-Site", site]] });
    const { recordings } = jsonOf(await ask("GET", RECORDINGS, "same-origin"));
    const [entry] = recordings as Entry[];
    for (const [method, path] of [
      ["POST", `${DVRS}?app=live&stream=show`],
      ["DELETE", `${DVRS}?app=live&stream=show`],
      ["DELETE", `${RECORDINGS}/${entry?.id}`],
      ["GET", `${RECORDINGS}/${entry?.id}?method=DELETE&callback=f`],
    ] as const) {
      expect([method, (await ask(method, path, "cross-site")).status]).toEqual([method, 403]);
    }
    expect((await ask("DELETE", `${RECORDINGS}/${entry?.id}`, "same-origin")).status).toBe(200);
  });
});

describe("with several workers", () => {
  test("a command reaches the one that has the publisher, and all say the same", async () => {
    const server = await MemoryWorkers.start(3, configOf());
    const publisher = await server.publish(server.rtmpUrl(1));
    await publisher.start();
    await server.watch(server.httpUrl(2)); // A worker that has the stream from there.
    const query = "?app=live&stream=show";
    const statusOf = async (worker: number, method: string, path = DVRS + query) =>
      (await server.fetch(path, { port: API_PORT + worker * 10_000, method })).status;
    expect(await statusOf(0, "DELETE")).toBe(404);
    expect(await statusOf(2, "POST")).toBe(200);
    expect(await statusOf(0, "POST")).toBe(409);
    expect(await statusOf(0, "POST", `${DVRS}?app=live&stream=nobody`)).toBe(404);
    for (let i = 0; i < 50; i++) {
      await publisher.send();
      await server.advance(40, 40);
    }
    const dvrs = await Promise.all([0, 1, 2].map((worker) => server.api(worker, DVRS)));
    expect(dvrs[0]).toMatchObject({ dvrs: [{ url: "/live/show", asked_for: true }] });
    expect(dvrs[1]).toEqual(dvrs[0]);
    expect(dvrs[2]).toEqual(dvrs[0]);
    expect(await statusOf(0, "DELETE")).toBe(200);
    await server.advance(1_000);
    const lists = await Promise.all([0, 1, 2].map((worker) => server.api(worker, RECORDINGS)));
    const [entry] = (lists[0]?.["recordings"] ?? []) as Entry[];
    expect(entry).toMatchObject({ url: "/live/show" });
    expect(lists[1]).toEqual(lists[0]);
    expect(lists[2]).toEqual(lists[0]);
    expect(await statusOf(2, "GET", `${RECORDINGS}/${entry?.id}/file`)).toBe(200);
    expect(await statusOf(2, "DELETE", `${RECORDINGS}/${entry?.id}`)).toBe(200);
    expect(await server.api(1, RECORDINGS)).toMatchObject({ recordings: [] });
  });
});
