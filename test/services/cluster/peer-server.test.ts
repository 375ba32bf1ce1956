/**
 * Goal: a peer gets what it asks for by whatever name, is told when there is nothing, and waits no
 * longer than it must.
 *
 * Method: a whole worker in memory, asked at its socket for peers as other workers ask it.
 */

import { describe, expect, test } from "vitest";
import { HttpClient, type HttpClientResponse } from "../../../src/protocols/http/client.ts";
import { connectorTo, peerUrl } from "../../../src/services/cluster/peer.ts";
import { FlvCapture } from "../../support/flv-capture.ts";
import { settle } from "../../support/memory-network.ts";
import { defaultVhost } from "../../support/memory-server.ts";
import { MemoryWorkers } from "../../support/memory-workers.ts";

const PEER = { name: "worker 0", address: { kind: "local", path: "/run/0" } } as const;
const REALTIME = defaultVhost({ min_latency: true });

function clientOf(server: MemoryWorkers): HttpClient {
  const { tcp, clock } = server.runtime;
  return new HttpClient({ tcp: connectorTo(tcp, PEER), clock });
}

function ask(server: MemoryWorkers, url: string, method = "GET"): Promise<HttpClientResponse> {
  return clientOf(server).fetch({ url, method, timeoutMs: 10_000 }, 1 << 20);
}

/** Asks for a stream as a relay does. */
function pull(server: MemoryWorkers, url: string) {
  const capture = new FlvCapture({ headers: {} }, () => undefined);
  const seen = { status: 0, isOver: false, capture };
  clientOf(server).request(
    { url: peerUrl("/stream.flv", { url }), timeoutMs: 10_000 },
    {
      head: ({ status }) => {
        seen.status = status;
      },
      data: (bytes) => capture.push(Buffer.from(bytes)),
      end: () => {
        seen.isOver = true;
      },
      fail: () => {
        seen.isOver = true;
      },
    },
  );
  return seen;
}

describe("a stream", () => {
  test.each(["live/show", "a/b c/d&e=f", "live/100%25 +#?", "直播/é"])(
    "called %j",
    async (path) => {
      const server = await MemoryWorkers.start(1, REALTIME);
      const slash = path.lastIndexOf("/");
      const publisher = await server.publish({
        host: "127.0.0.1",
        port: 1935,
        tcUrl: `rtmp://127.0.0.1/${path.slice(0, slash)}`,
        app: path.slice(0, slash),
        stream: path.slice(slash + 1),
      } as Parameters<MemoryWorkers["publish"]>[0]);
      await publisher.start();
      const [published] = server.events("stream published");
      const seen = pull(server, String(published?.["url"]));
      await settle();
      expect(seen.status).toBe(200);
      expect(seen.capture.tags().filter(({ type }) => type === 9)).toHaveLength(2);
    },
  );

  test("that has just been claimed is waited for", async () => {
    const server = await MemoryWorkers.start(1, REALTIME);
    const seen = pull(server, "/live/show");
    await server.advance(500, 100);
    expect(seen.status).toBe(0);
    const publisher = await server.publish(server.rtmpUrl(0));
    await publisher.start();
    expect(seen.status).toBe(200);
    expect(seen.capture.tags().length).toBeGreaterThan(2);
    await server.advance(2_000, 100);
    expect(seen.isOver).toBe(false);
  });

  test("that does not come is not found, after a second", async () => {
    const server = await MemoryWorkers.start(1, REALTIME);
    const seen = pull(server, "/live/show");
    await settle();
    const timers = server.timerCount;
    await server.advance(1_200, 100);
    expect(seen).toMatchObject({ status: 404, isOver: true });
    expect(server.timerCount).toBeLessThan(timers);
  });

  test("that is relayed itself is not handed on", async () => {
    const server = await MemoryWorkers.start(2, REALTIME);
    const publisher = await server.publish(server.rtmpUrl(1));
    await publisher.start();
    await server.watch(server.httpUrl(0));
    expect(server.events("relay started")).toHaveLength(1);
    const seen = pull(server, "/live/show");
    await server.advance(1_200, 100);
    expect(seen.status).toBe(404);
  });

  test("ends with its publication, behind the last frame", async () => {
    const server = await MemoryWorkers.start(1, REALTIME);
    const publisher = await server.publish(server.rtmpUrl(0));
    await publisher.start();
    const seen = pull(server, "/live/show");
    await settle();
    await publisher.send();
    await publisher.leave();
    expect(seen.isOver).toBe(true);
    expect(seen.capture.tags().at(-1)?.timestamp).toBe(40);
  });

  test("is no client to the API, and no connection to the limits", async () => {
    const server = await MemoryWorkers.start(1, { ...REALTIME, max_connections: 2 });
    const publisher = await server.publish(server.rtmpUrl(0));
    await publisher.start();
    for (let i = 0; i < 3; i++) pull(server, "/live/show");
    await settle();
    const { clients } = (await server.api(0, "/api/v1/clients/")) as unknown as { clients: [] };
    expect(clients).toHaveLength(1);
    await expect(server.play(server.rtmpUrl(0))).resolves.toBeDefined();
  });
});

describe("a peer", () => {
  test.each(["streams", "sessions", "processes"])("gets reports of %s", async (what) => {
    const server = await MemoryWorkers.start(1, REALTIME);
    await server.publish(server.rtmpUrl(0));
    const { status, body } = await ask(server, peerUrl(`/reports/${what}`));
    expect(status).toBe(200);
    expect(JSON.parse(new TextDecoder().decode(body))).toHaveLength(1);
  });

  test("kicks a client that is here, and is told of one that is not", async () => {
    const server = await MemoryWorkers.start(1, REALTIME);
    const publisher = await server.publish(server.rtmpUrl(0));
    const client = String(server.events("stream published")[0]?.["clientId"]);
    const kick = (id: string) =>
      ask(server, peerUrl("/kick", { client: id, reason: "by & by" }), "POST");
    expect((await kick("nobody")).status).toBe(404);
    expect((await kick(client)).status).toBe(200);
    await settle();
    expect(publisher.isClosed).toBe(true);
    expect(server.events("session ended")[0]).toMatchObject({ reason: "by & by" });
  });

  test.each([
    ["GET", "/"],
    ["GET", "/kick"],
    ["POST", "/reports/streams"],
    ["GET", "/reports/secrets"],
  ])("is told that there is nothing at %s %s", async (method, path) => {
    const server = await MemoryWorkers.start(1, REALTIME);
    expect((await ask(server, peerUrl(path), method)).status).toBe(404);
  });
});
