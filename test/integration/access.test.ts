/**
 * Goal: people's own programs get in with what docs/access.md has them show, and not without.
 *
 * Method: FFmpeg publishes with a token, curl plays with a URL that a shell has signed as the
 * documentation says, FFmpeg plays HLS and RTMP with one that the program has signed; the password is
 * hashed by the program; keys come from an issuer by HTTPS.
 */

import { createHmac, generateKeyPairSync, sign } from "node:crypto";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { publishFile } from "../support/ffmpeg.ts";
import { media } from "../support/media.ts";
import { type Program, runProgram } from "../support/program.ts";
import { createSelfSigned } from "../support/self-signed.ts";
import {
  ROOT,
  RUNTIME_ENVIRONMENT,
  SLUICE,
  startServer,
  TEST_RUNTIME,
  type TestServer,
} from "../support/server.ts";
import { waitFor } from "../support/wait.ts";

const MARK = "s3cr3t";
const JWT_SECRET = `${MARK}-0123456789abcdef0123456789abcdef`;
const SIGN_SECRET = `${MARK} with a blank`;
const PASSWORD = `${MARK}:password`;

const toPart = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
const inAnHour = (): number => Math.floor(Date.now() / 1_000) + 3_600;

function token(claims: object): string {
  const data = `${toPart({ alg: "HS256", typ: "JWT" })}.${toPart({ exp: inAnHour(), ...claims })}`;
  return `${data}.${createHmac("sha256", JWT_SECRET).update(data).digest("base64url")}`;
}

async function hashPassword(): Promise<string> {
  // A shell's pipe, as operators have it.
  const script = 'printf %s "$password" | "$0" hash-password';
  const { stdout, stderr } = await runProgram("sh", ["-c", script, SLUICE], {
    environment: { ...RUNTIME_ENVIRONMENT, password: PASSWORD },
  });
  expect(stderr).toBe("");
  return stdout.trim();
}

async function signUrl(url: string, ...options: string[]): Promise<string> {
  const { stdout, stderr } = await runProgram(SLUICE, ["sign-url", ...options, url], {
    environment: { ...RUNTIME_ENVIRONMENT, SLUICE_SIGN_SECRET: SIGN_SECRET },
  });
  expect(stderr).toBe("");
  return stdout.trim();
}

/** The status that curl sees, and the bytes that it gets. */
async function curl(url: string, file: string, ...more: string[]) {
  const { stdout } = await runProgram("curl", [
    "-s",
    "-o",
    file,
    "-w",
    "%{http_code}",
    ...more,
    url,
  ]);
  return { status: Number(stdout), bytes: readFileSync(file) };
}

/** The same of an endless answer, a few seconds of it: a password takes a while to check. */
const taste: typeof curl = (url, file, ...more) => curl(url, file, "--max-time", "4", ...more);

async function frameCount(input: string): Promise<number> {
  const { stdout } = await runProgram("ffprobe", [
    ...["-v", "error", "-count_packets", "-select_streams", "v", "-read_intervals", "%+#25"],
    ...["-show_entries", "stream=nb_read_packets", "-of", "csv=p=0", input],
  ]);
  return Number.parseInt(stdout, 10) || 0;
}

let server: TestServer;
let publisher: Program;

beforeAll(async () => {
  const password = await hashPassword();
  expect(password).toMatch(/^\$scrypt\$ln=15,r=8,p=3\$/);
  server = await startServer({
    config: {
      users: { alice: { password, permissions: ["play:/live/*", "api:read"] } },
      vhosts: {
        __defaultVhost__: {
          token: {
            ...{ publish: true, play: true, jwt_secret: "$JWT_SECRET" },
            sign_secrets: [SIGN_SECRET],
          },
        },
      },
    },
    environment: { JWT_SECRET },
  });
  const query = `?token=${token({ action: "publish", stream: "/live/*" })}`;
  publisher = publishFile(await media("h264-aac.flv"), server.rtmpUrl(`live/show${query}`));
  await waitFor("the stream", () => server.events("stream published").length > 0);
});

afterAll(async () => {
  await publisher.end();
  await server.stop();
  expect(server.log).not.toContain(MARK);
  expect(server.log).not.toMatch(/eyJ|sign=|\$scrypt/);
});

describe("with nothing, or the wrong thing", () => {
  test.each(["", "?token=a.b.c"])("FFmpeg does not publish: %j", async (query) => {
    const other = publishFile(await media("h264-aac.flv"), server.rtmpUrl(`live/other${query}`));
    const { code } = await other.exited;
    expect(code).not.toBe(0);
  });

  test.each(["/live/show.flv", "/live/show.ts", "/live/show.m3u8", "/live/show.mpd"])(
    "curl does not play %s",
    async (path) => {
      const { status, bytes } = await curl(server.httpUrl(path), `${server.folder}/refused`);
      expect(status).toBe(401);
      expect(JSON.parse(bytes.toString())).toMatchObject({ code: 401 });
    },
  );

  test("FFmpeg does not play by RTMP", async () => {
    expect(await frameCount(server.rtmpUrl("live/show"))).toBe(0);
  });
});

describe("with what it takes", () => {
  test("curl plays what a shell has signed as documented", async () => {
    const script = `
      expires=$(($(date +%s) + 3600))
      sign=$(printf 'play\\n/live/show\\n%s\\n' "$expires" |
        openssl dgst -sha256 -hmac "$secret" -binary | base64 | tr '+/' '-_' | tr -d '=')
      printf %s "?expires=$expires&sign=$sign"
    `;
    const { stdout } = await runProgram("sh", ["-c", script], {
      environment: { secret: SIGN_SECRET },
    });
    const file = `${server.folder}/show.flv`;
    const { status } = await taste(server.httpUrl(`/live/show.flv${stdout}`), file);
    expect(status).toBe(200);
    expect(statSync(file).size).toBeGreaterThan(10_000);
    expect(await frameCount(file)).toBe(25);
  });

  test("FFmpeg plays RTMP by what the program has signed", async () => {
    const url = await signUrl(server.rtmpUrl("live/show"), "--address", "127.0.0.1");
    expect(await frameCount(url)).toBe(25);
  });

  test("FFmpeg plays HLS and DASH, with all their segments", async () => {
    for (const path of ["/live/show.m3u8", "/live/show.mpd"]) {
      const url = await signUrl(server.httpUrl(path), "--seconds", "60");
      expect(await frameCount(url)).toBe(25);
    }
  });

  test("curl plays with a token or a password in a field", async () => {
    const url = server.httpUrl("/live/show.flv");
    const file = `${server.folder}/by-field.flv`;
    const bearer = `Authorization: Bearer ${token({ action: "play", stream: "**" })}`;
    expect((await taste(url, file, "-H", bearer)).status).toBe(200);
    expect((await taste(url, file, "-u", `alice:${PASSWORD}`)).status).toBe(200);
    expect((await curl(url, file, "-u", "alice:wrong")).status).toBe(401);
  });

  test("curl asks the API", async () => {
    const url = server.apiUrl("/api/v1/streams/");
    const file = `${server.folder}/streams.json`;
    const { status, bytes } = await curl(url, file, "-u", `alice:${PASSWORD}`);
    expect(status).toBe(200);
    expect(JSON.parse(bytes.toString())).toMatchObject({ streams: [{ name: "show" }] });
    const kick = server.apiUrl("/api/v1/clients/a");
    const refused = await curl(kick, file, "-u", `alice:${PASSWORD}`, "-X", "DELETE");
    expect(refused.status).toBe(403);
  });
});

describe("keys of an issuer by HTTPS", () => {
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const identity = createSelfSigned("localhost", ["localhost", "127.0.0.1"]);
  let issuer: Server;
  let questions = 0;

  beforeAll(async () => {
    const keys = [{ ...rsa.publicKey.export({ format: "jwk" }), kid: "one", use: "sig" }];
    issuer = createServer({ cert: identity.certificate, key: identity.key }, (_, response) => {
      questions += 1;
      response.end(JSON.stringify({ keys }));
    });
    await new Promise<void>((resolve) => issuer.listen(0, "127.0.0.1", resolve));
  });

  afterAll(() => void issuer.close());

  async function statusWith(environment: Record<string, string>): Promise<number> {
    const { port } = issuer.address() as AddressInfo;
    const jwks = `https://localhost:${port}/keys`;
    const other = await startServer({
      config: { vhosts: { __defaultVhost__: { token: { play: true, jwks } } } },
      environment,
    });
    onTestFinished(() => other.stop());
    const data = `${toPart({ alg: "RS256", kid: "one" })}.${toPart({
      ...{ exp: inAnHour(), action: "play", stream: "/live/*" },
    })}`;
    const signature = sign("sha256", Buffer.from(data), rsa.privateKey).toString("base64url");
    const url = other.httpUrl(`/live/none.flv?token=${data}.${signature}`);
    // Who is let in waits for the stream.
    return (await taste(url, `${other.folder}/answer`).catch(() => ({ status: 0 }))).status;
  }

  test("whose certificate nobody vouches for are not taken", async () => {
    expect(await statusWith({})).toBe(503);
    expect(questions).toBe(0);
  });

  // Deno's node:tls does not hear of DENO_CERT (2.9).
  test.skipIf(TEST_RUNTIME === "deno")("whose certificate is trusted are", async () => {
    const file = `${server.folder}/authority.pem`;
    writeFileSync(file, identity.certificate);
    expect(await statusWith({ NODE_EXTRA_CA_CERTS: file })).toBe(0);
    expect(questions).toBe(1);
  });
});

test("the documentation's example is the one that is tested", () => {
  const text = readFileSync(`${ROOT}docs/access.md`, "utf8");
  expect(text).toContain(`sign=$(printf 'play\\n/live/show\\n%s\\n' "$expires" |`);
});
