/**
 * Goal: who has no right to publish or watch does neither, by whatever protocol, and who has does;
 * what is shown to be let in is in no line of the log; and who was refused leaves nothing behind.
 *
 * Method: the whole server in memory, which demands tokens; each protocol is tried with each kind of
 * credentials, good and bad. The cryptography is real, the issuer of keys is on the machine in memory.
 */

import { generateKeyPairSync, sign as signBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type SignUrlOptions, signUrl } from "../../src/app/sign-url.ts";
import { encodeBase64, encodeBase64Url } from "../../src/base/base64.ts";
import { formatPasswordHash } from "../../src/config/password-hash.ts";
import { HttpServer } from "../../src/protocols/http/server.ts";
import { MemoryCrypto } from "../../src/runtime/memory/memory-crypto.ts";
import { type MemoryRtmpPeer, settle } from "../support/memory-network.ts";
import { API_PORT, type ConfigValue, MemoryServer, RTMP_PORT } from "../support/memory-server.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const crypto = new MemoryCrypto();

/** In every secret here, so that the log can be searched for it. */
const MARK = "s3cr3t";
const JWT_SECRET = `${MARK}-${"a".repeat(32)}`;
const SIGN_SECRET = `${MARK}-${"b".repeat(32)}`;
const PASSWORD = `${MARK}-password`;
const CHEAP = { logCost: 4, blockSize: 8, parallelization: 1 };
const SALT = crypto.randomBytes(16);
const HASH = formatPasswordHash({
  ...CHEAP,
  salt: SALT,
  hash: await crypto.scrypt(encode(PASSWORD), SALT, CHEAP, 32),
});
const TEST_STREAM = new Uint8Array(
  readFileSync(new URL("../../web/test-stream.flv", import.meta.url)),
);
const ISSUER_PORT = 9_000;
const RSA = generateKeyPairSync("rsa", { modulusLength: 2048 });
/** The wall time at which the machine in memory starts, in seconds. */
const START = 1_767_225_600;

const CONFIG: ConfigValue = {
  test_stream: { enabled: true, app: "demo", stream: "bars" },
  users: {
    alice: { password: HASH, permissions: ["publish:/live/*", "play:/demo/*", "play:/live/*"] },
    reader: { password: HASH, permissions: ["api:read"] },
    writer: { password: HASH, permissions: ["api:read", "api:write:/api/v1/clients/*"] },
  },
  vhosts: {
    __defaultVhost__: {
      publish: { grace_ms: 0 },
      token: {
        ...{ publish: true, play: true, jwt_secret: JWT_SECRET, sign_secrets: SIGN_SECRET },
        jwks: `http://127.0.0.1:${ISSUER_PORT}/keys?${MARK}`,
      },
    },
    "open.example": {},
  },
};

type Action = "publish" | "play";

/** What is shown. */
interface Shown {
  readonly query?: string;
  readonly authorization?: string;
}

const toPart = (value: unknown): string => encodeBase64Url(encode(JSON.stringify(value)));

function token(claims: object, header: object = { alg: "HS256" }, secret = JWT_SECRET): string {
  const data = `${toPart(header)}.${toPart({ exp: START + 600, sub: MARK, ...claims })}`;
  return `${data}.${encodeBase64Url(crypto.hmac("sha256", encode(secret), encode(data)))}`;
}

function rsaToken(claims: object, kid: string): string {
  const data = `${toPart({ alg: "RS256", kid })}.${toPart({ exp: START + 600, sub: MARK, ...claims })}`;
  return `${data}.${encodeBase64Url(signBytes("sha256", encode(data), RSA.privateKey))}`;
}

function signed(action: Action, stream: string, more: Partial<SignUrlOptions> = {}): string {
  const options = { url: `rtmp://a/${stream}`, action, secret: SIGN_SECRET };
  const url = signUrl({ ...options, expires: START + 600, ...more }, crypto) ?? "";
  return url.slice(url.indexOf("?"));
}

const basic = (name: string, password = PASSWORD): string =>
  `Basic ${encodeBase64(encode(`${name}:${password}`))}`;

let server: MemoryServer;
/** How often the issuer was asked for its keys. */
let questions = 0;

beforeEach(async () => {
  questions = 0;
  server = await MemoryServer.start(CONFIG, {
    assets: { "/test-stream.flv": TEST_STREAM },
    prepare: listenAsIssuer,
  });
});

afterEach(async () => {
  await server.stop();
  expect(server.logText).not.toContain(MARK);
  // A token has its claims in base 64.
  expect(server.logText).not.toMatch(/eyJ|Basic|Bearer|sign=|\$scrypt/);
  expect(server.events().filter(({ level }) => level === "error")).toEqual([]);
});

async function listenAsIssuer({ runtime, logging }: MemoryServer): Promise<void> {
  const { clock, tcp } = runtime;
  const key = { ...RSA.publicKey.export({ format: "jwk" }), kid: "one" };
  const issuer = new HttpServer({
    handler: () => {
      questions += 1;
      return { status: 200, body: JSON.stringify({ keys: [key] }) };
    },
    ...{ clock, crypto, logger: logging.logger, serverName: "issuer", limits: {} },
  });
  await tcp.listen({ host: "127.0.0.1", port: ISSUER_PORT }, (socket) => issuer.accept(socket));
}

// Ways in ----------------------------------------------------------------------------------------------

const fieldsOf = ({ authorization }: Shown): [string, string][] =>
  authorization === undefined ? [] : [["Authorization", authorization]];

/** Each resolves to a status, or what stands for one. */
const WATCH: Record<
  string,
  (shown: Shown, stream: string) => Promise<number | string | undefined>
> = {
  RTMP: async ({ query = "" }, stream) => {
    const player = await server.play(server.rtmpUrl(`${stream}${query}`)).catch(codeOf);
    return typeof player === "string" ? player : 200;
  },
  "HTTP-FLV": (shown, stream) => view(`/${stream}.flv`, shown),
  "HTTP-TS": (shown, stream) => view(`/${stream}.ts`, shown),
  HLS: async (shown, stream) => (await get(`/${stream}.m3u8`, shown)).status,
  "HLS of one track": async (shown, stream) => (await get(`/${stream}/video.m3u8`, shown)).status,
  DASH: async (shown, stream) => (await get(`/${stream}.mpd`, shown)).status,
};

/** Passwords and keys are checked in real time, and streams are waited for in that of the test. */
async function waitUntil(isDone: () => boolean): Promise<void> {
  while (!isDone()) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    server.runtime.clock.advance(100);
  }
}

async function get(path: string, shown: Shown = {}) {
  let isDone = false;
  const asked = server.fetch(`${path}${shown.query ?? ""}`, { fields: fieldsOf(shown) });
  const settled = asked.finally(() => {
    isDone = true;
  });
  await waitUntil(() => isDone);
  return settled;
}

/** The status of an endless answer. */
async function view(path: string, shown: Shown): Promise<number | undefined> {
  const viewer = await server.watch(server.httpUrl(`${path}${shown.query ?? ""}`), fieldsOf(shown));
  await waitUntil(() => viewer.status !== undefined);
  await viewer.vanish();
  return viewer.status;
}

function codeOf(error: unknown): string {
  return (error as { readonly code: string }).code;
}

/** What stands for a status in RTMP. */
const RTMP_REFUSED = "NetStream.Play.Failed";

describe.each(Object.entries(WATCH))("%s", (protocol, watch) => {
  const stream = "demo/bars";
  const claims = { action: "play", stream: "/demo/*" };

  const good: [string, () => Shown][] = [
    ["a signed URL", () => ({ query: signed("play", stream) })],
    [
      "one that is bound to where the player is",
      () => ({ query: signed("play", stream, { address: "127.0.0.1" }) }),
    ],
    ["a token", () => ({ query: `?token=${token(claims)}` })],
    ["a token by a key of the issuer", () => ({ query: `?token=${rsaToken(claims, "one")}` })],
    ["a name and a password", () => ({ query: `?user=alice&password=${PASSWORD}` })],
  ];
  const goodByField: [string, () => Shown][] = [
    ["a token in a field", () => ({ authorization: `Bearer ${token(claims)}` })],
    ["a name and a password in a field", () => ({ authorization: basic("alice") })],
  ];
  test.each(protocol === "RTMP" ? good : [...good, ...goodByField])(
    "lets in by %s",
    async (_, shown) => {
      expect(await watch(shown(), stream)).toBe(200);
    },
  );

  const bad: [string, () => Shown, number][] = [
    ["nothing", () => ({}), 401],
    ["a signed URL for another stream", () => ({ query: signed("play", "demo/other") }), 401],
    ["a signed URL to publish", () => ({ query: signed("publish", stream) }), 401],
    [
      "one that is bound to another place",
      () => ({ query: signed("play", stream, { address: "192.0.2.1" }) }),
      401,
    ],
    [
      "a token for another stream",
      () => ({ query: `?token=${token({ ...claims, stream: "/live/*" })}` }),
      403,
    ],
    [
      "a token to publish",
      () => ({ query: `?token=${token({ ...claims, action: "publish" })}` }),
      403,
    ],
    [
      "a token that has expired",
      () => ({ query: `?token=${token({ ...claims, exp: START - 60 })}` }),
      401,
    ],
    ["a token by nobody", () => ({ query: `?token=${token(claims, { alg: "none" })}` }), 401],
    [
      "a token by another secret",
      () => ({ query: `?token=${token(claims, { alg: "HS256" }, "x")}` }),
      401,
    ],
    ["a token by an unknown key", () => ({ query: `?token=${rsaToken(claims, "two")}` }), 401],
    ["a wrong password", () => ({ query: `?user=alice&password=${MARK}` }), 401],
    ["a user who may not", () => ({ query: `?user=reader&password=${PASSWORD}` }), 403],
  ];
  test.each(bad)("keeps out who shows %s", async (_, shown, status) => {
    expect(await watch(shown(), stream)).toBe(protocol === "RTMP" ? RTMP_REFUSED : status);
  });
});

describe("WebSocket-FLV", () => {
  test("lets in and keeps out", async () => {
    const url = server.httpUrl("/demo/bars.flv");
    const viewer = await server.watchByWebSocket(`${url}${signed("play", "demo/bars")}`);
    await server.advance(1_000, 100);
    expect(viewer.count(9)).toBeGreaterThan(0);
    await viewer.vanish();
    await expect(server.watchByWebSocket(url)).rejects.toThrow("401");
  });
});

describe("publishers by RTMP", () => {
  const publish = (query: string, path = "live/show"): Promise<MemoryRtmpPeer | string> =>
    server.publish(server.rtmpUrl(`${path}${query}`)).catch(codeOf);

  test.each<[string, () => string]>([
    ["a signed URL", () => signed("publish", "live/show")],
    ["a token", () => `?token=${token({ action: ["publish", "play"], stream: "/live/**" })}`],
    ["a name and a password", () => `?user=alice&password=${PASSWORD}`],
  ])("are let in by %s, behind the stream or the app", async (_, query) => {
    const publisher = await publish(query());
    expect(publisher).not.toBeTypeOf("string");
    await (publisher as MemoryRtmpPeer).leave();
    const other = await server.publish({
      ...{ host: "127.0.0.1", port: RTMP_PORT, app: `live${query()}`, stream: "show" },
      tcUrl: server.rtmpUrl(`live${query()}`),
    });
    await other.leave();
  });

  test.each<[string, () => string]>([
    ["nothing", () => ""],
    ["a signed URL to play", () => signed("play", "live/show")],
    ["a token to play", () => `?token=${token({ action: "play", stream: "/live/**" })}`],
    ["a wrong password", () => `?user=alice&password=${MARK}`],
  ])("are kept out who show %s", async (_, query) => {
    expect(await publish(query())).toBe("NetStream.Publish.Rejected");
    await settle();
    expect(server.openSockets).toEqual([]);
  });

  test("on a vhost without tokens need none", async () => {
    const publisher = await server.publish("rtmp://open.example/live/show");
    await publisher.leave();
  });

  test("of one vhost do not get in with what is for another", async () => {
    const query = signed("publish", "live/show?vhost=open.example");
    expect(await publish(query.replace("?vhost=open.example&", "?"))).toBe(
      "NetStream.Publish.Rejected",
    );
  });
});

describe("media of packaged streams", () => {
  const query = signed("play", "demo/bars");
  const lineOf = (text: string, form: RegExp): string => form.exec(text)?.[0] ?? "";

  test("are for who has the session of a playlist alone", async () => {
    const entry = await get("/demo/bars.m3u8", { query });
    const track = lineOf(entry.text, /^.*video\.m3u8.*$/m);
    const playlist = await get(new URL(track, "http://a/demo/bars.m3u8").pathname, {
      query: new URL(track, "http://a/demo/bars.m3u8").search,
    });
    const segment = lineOf(playlist.text, /^video-[^?\n]*\.m4s\?.*$/m);
    expect(segment).toContain("hls_ctx=");
    const path = `/demo/bars/${segment}`;
    const bare = path.replace(/\?.*/, "");
    const first = await get(path);
    expect(first.status).toBe(200);
    expect(first.head.fields.get("cache-control")).toMatch(/^private, max-age=/);
    expect((await get(path)).status).toBe(200);
    expect((await get(bare)).status).toBe(401);
    expect((await get(`${bare}?hls_ctx=abcd1234`)).status).toBe(401);
    expect((await get(bare, { query })).status).toBe(401);
    const map = lineOf(playlist.text, /(?<=EXT-X-MAP:URI=")[^"]*/);
    expect((await get(`/demo/bars/${map}`)).status).toBe(200);
  });

  test("are not for who knows the id that logs, backends and the API show", async () => {
    const entry = await get("/demo/bars.m3u8", { query });
    const track = new URL(lineOf(entry.text, /^.*video\.m3u8.*$/m), "http://a/demo/bars.m3u8");
    const key = track.searchParams.get("hls_ctx") ?? "";
    expect(key).toMatch(/^[0-9a-z]{26}$/);
    expect(server.logText).not.toContain(key);
    const { text } = await get(track.pathname, { query: track.search });
    const segment = `/demo/bars/${lineOf(text, /^video-[^?\n]*\.m4s/m)}`;
    const id = String(server.events("play started").at(-1)?.["clientId"]);
    expect((await get(`${segment}?hls_ctx=${key}`)).status).toBe(200);
    expect((await get(`${segment}?hls_ctx=${id}`)).status).toBe(401);
  });

  test("are given under a key of the player's choice if nobody can guess it", async () => {
    for (const [wanted, isTaken] of [
      ["abcd1234", false],
      ["k".repeat(26), true],
    ] as const) {
      const { text } = await get("/demo/bars/video.m3u8", {
        query: `${query}&hls_ctx=${wanted}`,
      });
      expect(text.includes(`hls_ctx=${wanted}`)).toBe(isTaken);
    }
  });

  test("on disk are not files for all", async () => {
    const hls = {
      hls_storage: "disk",
      hls_fragment: 1,
      hls_keys: true,
      hls_fragments_per_key: 1,
    };
    const other = await MemoryServer.start(
      {
        test_stream: { enabled: true, app: "demo", stream: "bars" },
        vhosts: {
          __defaultVhost__: { token: { play: true, sign_secrets: SIGN_SECRET }, hls },
          "open.example": { hls: { enabled: false }, http_remux: { enabled: false } },
        },
      },
      { assets: { "/test-stream.flv": TEST_STREAM } },
    );
    await other.advance(8_000, 100);
    const answer = async (path: string) => other.finish(other.fetch(path));
    const entry = await answer(`/demo/bars/ts.m3u8${query}`);
    const playlist = await answer(lineOf(entry.text, /^\/demo.*$/m));
    const segment = `/demo/bars/${lineOf(playlist.text, /^.*\.ts\?hls_ctx=.*$/m)}`;
    const key = `/demo/bars/${lineOf(playlist.text, /(?<=URI=")[^"]*/)}`;
    for (const path of [segment, key]) {
      const { status, head } = await answer(path);
      expect([status, head.fields.get("cache-control")]).toEqual([
        200,
        expect.stringMatching(/private|no-store/),
      ]);
      const bare = path.replace(/\?.*/, "");
      expect((await answer(bare)).status).toBe(401);
      expect((await answer(`${bare}?vhost=open.example`)).status).toBe(404);
    }
    expect((await answer("/demo/bars/ts.m3u8?vhost=open.example")).status).toBe(404);
  });

  test("go on for a session whose URL has expired meanwhile", async () => {
    const brief = signed("play", "demo/bars", { expires: START + 60 });
    const entry = await get("/demo/bars.m3u8", { query: brief });
    const track = new URL(lineOf(entry.text, /^.*video\.m3u8.*$/m), "http://a/demo/bars.m3u8");
    for (let i = 0; i < 12; i++) {
      await server.advance(10_000, 500);
      expect((await get(track.pathname, { query: track.search })).status).toBe(200);
    }
    expect((await get("/demo/bars.m3u8", { query: brief })).status).toBe(401);
  });
});

describe("who guesses", () => {
  const flv = async (query: string): Promise<number | string> =>
    (await server.fetch(`/demo/bars.flv${query}`)).status;

  test("has to wait, with good credentials too, and is forgiven", async () => {
    for (let i = 0; i < 10; i++) expect(await flv(`?token=${MARK}${i}`)).toBe(401);
    expect(await flv(signed("play", "demo/bars"))).toBe(429);
    expect(await flv("")).toBe(401);
    expect(server.events("address held off")).toHaveLength(1);
    await server.advance(1_000);
    expect(await WATCH["RTMP"]?.({ query: signed("play", "demo/bars") }, "demo/bars")).toBe(200);
  });

  test("who shows what was good is no guesser", async () => {
    const expired = token({ action: "play", stream: "**", exp: START - 60 });
    for (let i = 0; i < 20; i++) expect(await flv(`?token=${expired}`)).toBe(401);
    for (let i = 0; i < 20; i++) expect(await flv("")).toBe(401);
    expect(server.events("address held off")).toEqual([]);
  });

  test("floods no issuer with questions", async () => {
    const claims = { action: "play", stream: "/demo/*" };
    await flv(`?token=${rsaToken(claims, "two")}`);
    for (let i = 0; i < 8; i++) await flv(`?token=${rsaToken(claims, `unknown${i}`)}`);
    expect(questions).toBe(1);
  });
});

describe("the API", () => {
  const ask = async (path: string, authorization?: string, method = "GET") => {
    const fields = authorization === undefined ? [] : fieldsOf({ authorization });
    return (await server.fetch(path, { port: API_PORT, method, fields })).status;
  };

  test("is for users, as far as they may", async () => {
    expect(await ask("/api/v1/streams/", basic("reader"))).toBe(200);
    expect(await ask("/metrics", basic("reader"))).toBe(200);
    expect(await ask("/api/v1/clients/a", basic("reader"), "DELETE")).toBe(403);
    expect(await ask("/api/v1/clients/a", basic("writer"), "DELETE")).toBe(200);
    expect(await ask("/api/v1/streams/a", basic("writer"), "DELETE")).toBe(403);
    expect(await ask("/api/v1/streams/", basic("alice"))).toBe(403);
    expect(await ask("/api/v1/streams/", basic("reader", "wrong"))).toBe(401);
    expect(await ask("/api/v1/streams/")).toBe(200); // This machine.
  });

  test("holds off who guesses", async () => {
    for (let i = 0; i < 10; i++) {
      expect(await ask("/api/v1/streams/", basic("reader", `wrong${i}`))).toBe(401);
    }
    expect(await ask("/api/v1/streams/", basic("reader"))).toBe(429);
    await server.advance(1_000);
    expect(await ask("/api/v1/streams/", basic("reader"))).toBe(200);
  });
});

test("who is refused leaves nothing behind", async () => {
  await server.advance(60_000);
  const timers = server.timerCount;
  const paths = Object.values(WATCH).map((watch) =>
    watch({ query: `?token=${MARK}` }, "demo/bars"),
  );
  await Promise.all(paths);
  await server.publish(server.rtmpUrl("live/show?user=a&password=b")).catch(() => undefined);
  await server.advance(90_000);
  expect(server.openSockets).toEqual([]);
  expect(server.timerCount).toBe(timers);
  // All that was told was refused before anything began.
  expect(server.events("play started")).toEqual([]);
});

test("nobody is held off for an issuer that does not answer", async () => {
  const other = await MemoryServer.start({ ...CONFIG, test_stream: { enabled: false } });
  const query = `?token=${rsaToken({ action: "play", stream: "**" }, "one")}`;
  for (let i = 0; i < 20; i++)
    expect((await other.fetch(`/demo/bars.flv${query}`)).status).toBe(503);
  expect(other.events("token keys not read")).toHaveLength(1);
  const publisher = await other.publish(
    other.rtmpUrl(`demo/bars${signed("publish", "demo/bars")}`),
  );
  await publisher.start();
  const viewer = await other.watch(other.httpUrl(`/demo/bars.flv${signed("play", "demo/bars")}`));
  await other.advance(1_000);
  expect(viewer.status).toBe(200);
});
