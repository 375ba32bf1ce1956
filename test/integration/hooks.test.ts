/**
 * Goal: a backend made with another HTTP library lets real peers in and keeps them out, hears of all
 * that they do, and is spoken to by TLS only if it is who it should be.
 *
 * Method: Node's HTTP and HTTPS servers as backends on loopback; FFmpeg publishes, ffprobe plays, both
 * by addresses that the backend decides about.
 */

import { createHmac } from "node:crypto";
import { writeFileSync } from "node:fs";
import { createServer as createHttpServer, type RequestListener, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { probePackets, publishFile } from "../support/ffmpeg.ts";
import { httpGet } from "../support/http-request.ts";
import { media } from "../support/media.ts";
import type { Program } from "../support/program.ts";
import { createSelfSigned } from "../support/self-signed.ts";
import { type ConfigValue, startServer, type TestServer } from "../support/server.ts";
import { waitFor, within } from "../support/wait.ts";

const SECRET = "s3cret";

interface Call {
  readonly action: string;
  readonly stream: string;
  readonly client_id: string;
  readonly [name: string]: unknown;
}

/** Says no to what has `deny` in its query, and writes everything down. */
class Backend {
  readonly calls: Call[] = [];
  readonly notified: string[] = [];
  /** Connections that there have been. */
  connectionCount = 0;
  readonly wrongSignatures: unknown[] = [];
  #server: Server | undefined;
  #port = 0;

  readonly #answer: RequestListener = (request, response) => {
    let body = "";
    request.on("data", (data: Buffer) => {
      body += data.toString("utf8");
    });
    request.on("end", () => {
      if (request.method === "GET") {
        this.notified.push(request.url ?? "");
        response.end();
        return;
      }
      const [, seconds = "", mac] =
        /^t=(\d+),v1=(.*)$/.exec(String(request.headers["x-sluice-signature"])) ?? [];
      const expected = createHmac("sha256", SECRET).update(`${seconds}.${body}`).digest("hex");
      if (mac !== expected) this.wrongSignatures.push(mac);
      const call = JSON.parse(body) as Call;
      this.calls.push(call);
      const isDenied = String(call["param"]).includes("deny");
      response.setHeader("Content-Type", "application/json");
      response.end(JSON.stringify({ code: isDenied ? 1 : 0 }));
    });
  };

  async listen(tls?: { readonly cert: string; readonly key: string }, port = 0): Promise<this> {
    const server =
      tls === undefined ? createHttpServer(this.#answer) : createHttpsServer(tls, this.#answer);
    server.on("connection", () => {
      this.connectionCount += 1;
    });
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    this.#port = (server.address() as AddressInfo).port;
    return this;
  }

  get port(): number {
    return this.#port;
  }

  async close(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }

  /** What was called for a stream, in order. */
  actions(stream: string): string[] {
    const client = this.calls.find((call) => call.stream === stream)?.client_id;
    return this.calls.filter((call) => call.client_id === client).map(({ action }) => action);
  }
}

function hooks(url: string, more: ConfigValue = {}): ConfigValue {
  return {
    enabled: true,
    ...{ on_connect: [url], on_close: [url], on_publish: [url], on_unpublish: [url] },
    ...{ on_play: [url], on_stop: [url], on_hls: [url], on_hls_notify: [`${url}/[ts_url][param]`] },
    secret: SECRET,
    ...more,
  };
}

function vhostWith(http_hooks: ConfigValue): ConfigValue {
  const hls = { hls_storage: "disk", hls_fragment: 1, hls_path: "./html" };
  return { vhosts: { __defaultVhost__: { http_hooks, hls, publish: { grace_ms: 0 } } } };
}

let file: string;

beforeAll(async () => {
  file = await media("h264-aac.flv");
});

function publish(server: TestServer, stream: string): Program {
  const publisher = publishFile(file, server.rtmpUrl(stream), { isLooped: true });
  onTestFinished(async () => void (await publisher.end()));
  return publisher;
}

describe("over HTTP", () => {
  let backend: Backend;
  let server: TestServer;

  beforeAll(async () => {
    backend = await new Backend().listen();
    const url = `http://127.0.0.1:${backend.port}/hooks`;
    server = await startServer({
      config: vhostWith(hooks(url, { keep_undelivered: true })),
    });
  });

  afterAll(async () => {
    await server.stop();
    await backend.close();
  });

  test("a publisher, a player by RTMP and one by HTTP-FLV are let in, and told of to their end", async () => {
    const publisher = publish(server, "live/show?token=abc");
    await waitFor("the publisher", () => server.events("stream published").length > 0);
    await probePackets(server.rtmpUrl("live/show?player=rtmp"), 20);
    await probePackets(server.httpUrl("/live/show.flv?player=flv"), 20);
    await waitFor("segments", () => backend.notified.length >= 2);
    publisher.kill("SIGTERM");
    await within("the publisher's end", publisher.exited);
    const ofPublisher = (): string[] =>
      backend.actions("show").filter((action) => action !== "on_hls");
    await waitFor("the end of it all", () => ofPublisher().length >= 4);
    expect(ofPublisher()).toEqual(["on_connect", "on_publish", "on_unpublish", "on_close"]);
    await waitFor("the players' end", () =>
      ["?player=rtmp", "?player=flv"].every((param) =>
        backend.calls.some((call) => call.action === "on_stop" && call["param"] === param),
      ),
    );
    const segments = backend.calls.filter(({ action }) => action === "on_hls");
    expect(segments.map((call) => call["seq_no"])).toEqual(segments.map((_, index) => index));
    expect(segments[0]).toMatchObject({
      cwd: server.folder,
      param: "?token=abc",
      file: expect.stringMatching(/^\.\/html\/live\/.*\.ts$/),
    });
    expect(backend.wrongSignatures).toEqual([]);
    expect(server.log).not.toMatch(/token=abc/);
  });

  test("who is refused is told so, and nothing begins", async () => {
    const publisher = publish(server, "live/denied?deny");
    expect((await within("its end", publisher.exited)).code).not.toBe(0);
    await waitFor("the end of the connection", () => backend.actions("denied").length >= 1);
    expect(backend.actions("denied")).toEqual(["on_connect"]);
    const answer = await httpGet(server.httpUrl("/live/denied.flv?deny"));
    expect(answer.status).toBe(403);
    await expect(probePackets(server.rtmpUrl("live/show?deny"), 1)).rejects.toThrow();
    expect(server.events("stream published").map(({ url }) => url)).not.toContain("/live/denied");
  });

  test("connections are kept", () => {
    expect(backend.calls.length).toBeGreaterThan(15);
    expect(backend.connectionCount).toBeLessThan(backend.calls.length / 2);
  });

  test("what a backend has missed while it was down it hears when it is back", async () => {
    const publisher = publish(server, "live/missed");
    await waitFor("the publisher", () => backend.actions("missed").includes("on_publish"));
    const { port } = backend;
    await backend.close();
    publisher.kill("SIGTERM");
    await waitFor("a call in vain", () => server.events("hook failed").length > 0);
    await waitFor("the publisher's end", () => {
      const ended = server.events("session ended");
      return ended.some(({ url, type }) => url === "/live/missed" && type === "fmle-publish");
    });
    await backend.listen(undefined, port);
    await waitFor("the delivery", () => backend.actions("missed").includes("on_close"));
    const missed = backend.actions("missed");
    expect(missed.slice(-2)).toEqual(["on_unpublish", "on_close"]); // No segment comes later.
  });
});

describe("over HTTPS", () => {
  const identity = createSelfSigned("localhost", ["localhost", "127.0.0.1"]);
  const tls = { cert: identity.certificate, key: identity.key };

  async function start(more: ConfigValue): Promise<{ server: TestServer; backend: Backend }> {
    const backend = await new Backend().listen(tls);
    const url = `https://localhost:${backend.port}/hooks`;
    const server = await startServer({
      config: (_, folder) => {
        writeFileSync(`${folder}/ca.pem`, identity.certificate);
        return vhostWith(hooks(url, more));
      },
    });
    onTestFinished(async () => {
      await server.stop();
      await backend.close();
    });
    return { server, backend };
  }

  test.each<[string, ConfigValue]>([
    ["whose certificate is trusted", { tls_ca: "ca.pem" }],
    ["that need not be trusted", { tls_verify: false }],
  ])("a backend %s is asked", async (_, more) => {
    const { server, backend } = await start(more);
    publish(server, "live/show");
    await waitFor("the publisher", () => server.events("stream published").length > 0);
    expect(backend.actions("show").slice(0, 2)).toEqual(["on_connect", "on_publish"]);
    expect(backend.wrongSignatures).toEqual([]);
  });

  test("a backend whose certificate nobody has vouched for is not told anything", async () => {
    const { server, backend } = await start({});
    const publisher = publish(server, "live/show");
    expect((await within("its end", publisher.exited)).code).not.toBe(0);
    expect(server.events("hook failed")).toMatchObject([{ hook: "on_connect" }]);
    expect(String(server.events("hook failed")[0]?.["why"])).toMatch(/certificate|self.signed/i);
    expect(backend.calls).toEqual([]);
  });
});
