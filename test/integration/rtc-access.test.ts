/**
 * Goal: who publishes by WHIP and plays by WHEP gets in with what docs/access.md has them show, in the
 * query or in the field for it, and not without; who is in stays in, also when the token expires.
 *
 * Method: a server that asks for tokens, and clients of our own over its real ports.
 */

import { createHmac, scryptSync } from "node:crypto";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { PRODUCT_NAME } from "../../src/base/version.ts";
import { WhipClient } from "../../src/protocols/rtc/client/whip-client.ts";
import { createDtlsIdentity } from "../../src/protocols/rtc/dtls/dtls-identity.ts";
import { createRuntime } from "../../src/runtime/detect.ts";
import { IDR, PARAMETER_SETS, SOUND } from "../support/memory-rtc.ts";
import { rtcConfig, startServer, type TestServer } from "../support/server.ts";
import { waitFor } from "../support/wait.ts";

const MARK = "s3cr3t";
const JWT_SECRET = `${MARK}-0123456789abcdef0123456789abcdef`;
const SIGN_SECRET = `${MARK} of some length`;
const PASSWORD = `${MARK}-password`;
/** Clocks may be so far apart. */
const LEEWAY_SECONDS = 30;

const runtime = await createRuntime();
const identity = createDtlsIdentity(runtime.crypto, runtime.clock, "ecdsa", PRODUCT_NAME);

const base64url = (value: string): string => Buffer.from(value).toString("base64url");
const inSeconds = (seconds: number): number => Math.floor(Date.now() / 1_000) + seconds;
const hmac = (key: string, text: string): string =>
  createHmac("sha256", key).update(text).digest("base64url");

interface Claims {
  readonly action: "publish" | "play";
  readonly stream?: string;
  readonly exp?: number;
}

function token(claims: Claims, secret = JWT_SECRET): string {
  const all = { exp: inSeconds(3_600), stream: "/live/show", ...claims };
  const parts = [{ alg: "HS256", typ: "JWT" }, all].map((part) => base64url(JSON.stringify(part)));
  return `${parts.join(".")}.${hmac(secret, parts.join("."))}`;
}

function signature(action: "publish" | "play", expires = inSeconds(3_600)): string {
  const sign = hmac(SIGN_SECRET, `${action}\n/live/show\n${expires}\n`);
  return `expires=${expires}&sign=${sign}`;
}

function hashPassword(): string {
  const salt = "a salt for this test";
  const hash = scryptSync(PASSWORD, salt, 32, { N: 2 ** 10, r: 8, p: 3 });
  const plain = (bytes: Buffer): string => bytes.toString("base64").replaceAll("=", "");
  return `$scrypt$ln=10,r=8,p=3$${plain(Buffer.from(salt))}$${plain(hash)}`;
}

/** What is shown: in the query, or as `Authorization: Bearer`. */
interface Shown {
  readonly query?: string;
  readonly bearerToken?: string;
}

interface Peer {
  readonly client: WhipClient;
  isEstablished: boolean;
  packetCount: number;
  isOver: boolean;
}

let server: TestServer;

/** @throws {ProtocolError} If the server refuses; the message has the status. */
async function join(role: "publish" | "play", { query, bearerToken }: Shown): Promise<Peer> {
  const path = role === "publish" ? "whip" : "whep";
  const more = query === undefined ? "" : `&${query}`;
  const url = server.httpUrl(`/rtc/v1/${path}/?app=live&stream=show${more}`);
  const state = { isEstablished: false, packetCount: 0, isOver: false };
  const client = await WhipClient.connect(
    runtime,
    {
      ...{ url, role, identity, video: [{ codec: "h264" }], audio: [{ codec: "opus" }] },
      ...(bearerToken === undefined ? {} : { bearerToken }),
    },
    {
      established: () => {
        state.isEstablished = true;
      },
      rtp: () => {
        state.packetCount += 1;
      },
      rtcp: () => undefined,
      closed: () => {
        state.isOver = true;
      },
    },
  );
  const peer = Object.assign(state, { client });
  onTestFinished(() => client.close());
  await waitFor("the connection", () => peer.isEstablished);
  return peer;
}

/** The status that a client is refused with. */
async function refused(role: "publish" | "play", shown: Shown): Promise<number> {
  try {
    await join(role, shown);
    return 201;
  } catch (error) {
    return Number(/answered (\d+)/.exec(String(error))?.[1]);
  }
}

/** Sends key frames and sound until the test is over. */
function send({ client }: Peer): void {
  let count = 0;
  const timer = setInterval(() => {
    const timestamp = count * 3_600;
    client.send({ kind: "video", payload: PARAMETER_SETS, timestamp, isMarked: false });
    client.send({ kind: "video", payload: IDR, timestamp, isMarked: true });
    client.send({ kind: "audio", payload: SOUND, timestamp: count * 1_920, isMarked: false });
    count += 1;
  }, 40);
  onTestFinished(() => clearInterval(timer));
}

beforeAll(async () => {
  server = await startServer({
    config: (ports) => ({
      ...rtcConfig(ports),
      users: { alice: { password: hashPassword(), permissions: ["publish:/live/*", "play"] } },
      // Whoever is refused on purpose is not to wait.
      limits: { auth_failures: 0 },
      vhosts: {
        __defaultVhost__: {
          publish: { grace_ms: 0 },
          token: {
            ...{ publish: true, play: true, jwt_secret: "$JWT_SECRET" },
            sign_secrets: [SIGN_SECRET],
          },
        },
      },
    }),
    environment: { JWT_SECRET },
  });
});

afterAll(async () => {
  await server?.stop();
  // What was shown is in no log.
  expect(server.log).not.toContain(MARK);
  expect(server.log).not.toMatch(/eyJ|sign=|\$scrypt/);
});

const WAYS: readonly [string, (action: "publish" | "play") => Shown][] = [
  ["a token in the query", (action) => ({ query: `token=${token({ action })}` })],
  ["a token as Bearer", (action) => ({ bearerToken: token({ action }) })],
  ["a signed URL", (action) => ({ query: signature(action) })],
  ["a name and a password", () => ({ query: `user=alice&password=${PASSWORD}` })],
];

describe("who shows", () => {
  test.each(WAYS)("%s publishes and plays", async (_name, show) => {
    send(await join("publish", show("publish")));
    const player = await join("play", show("play"));
    await waitFor("media", () => player.packetCount > 20);
  });
});

describe("who but shows", () => {
  test.each<[string, number, Shown]>([
    ["nothing", 401, {}],
    ["what is no token", 401, { bearerToken: "a.b.c" }],
    ["a token by another secret", 401, { bearerToken: token({ action: "play" }, "x".repeat(32)) }],
    ["a token that has expired", 401, { query: `token=${token({ action: "play", exp: 1 })}` }],
    ["one for another stream", 403, { bearerToken: token({ action: "play", stream: "/live/x" }) }],
    ["one to publish", 403, { query: `token=${token({ action: "publish" })}` }],
    ["a URL that has expired", 401, { query: signature("play", inSeconds(-60)) }],
    ["a URL to publish", 401, { query: signature("publish") }],
    ["another password", 401, { query: "user=alice&password=x" }],
  ])("%s does not play: %i", async (_name, status, shown) => {
    expect(await refused("play", shown)).toBe(status);
  });

  test.each<[string, number, Shown]>([
    ["nothing", 401, {}],
    ["a token to play", 403, { bearerToken: token({ action: "play" }) }],
    ["one to play in the query", 403, { query: `token=${token({ action: "play" })}` }],
    ["a URL to play", 401, { query: signature("play") }],
  ])("%s does not publish: %i", async (_name, status, shown) => {
    expect(await refused("publish", shown)).toBe(status);
    expect(server.events("stream published").length).toBe(
      server.events("stream unpublished").length,
    );
  });
});

test("who is in stays in when the token expires, and comes in by it no more", async () => {
  const exp = inSeconds(2 - LEEWAY_SECONDS);
  const show = (action: "publish" | "play"): Shown => ({ bearerToken: token({ action, exp }) });
  const publisher = await join("publish", show("publish"));
  send(publisher);
  const player = await join("play", show("play"));
  await waitFor("the token to expire", async () => (await refused("play", show("play"))) === 401);
  const before = player.packetCount;
  await waitFor("media", () => player.packetCount > before + 50);
  expect([publisher.isOver, player.isOver]).toEqual([false, false]);
});
