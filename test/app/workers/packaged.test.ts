/**
 * Goal: a stream that is packaged by one worker can be had from every other as if it were packaged
 * there: playlists, segments, parts of them, sessions; and its variants, wherever they are published.
 *
 * Method: whole workers in memory with their coordinator; the publisher sends a real file to the first.
 */

import { describe, expect, test } from "vitest";
import { type MemoryRtmpPeer, settle } from "../../support/memory-network.ts";
import { API_PORT, defaultVhost, HTTP_PORT } from "../../support/memory-server.ts";
import { MemoryWorkers } from "../../support/memory-workers.ts";
import { readFlvMessages, type SentMessage } from "../../support/stepped-publisher.ts";

const PORT_STEP = 10_000;
const MESSAGES: readonly SentMessage[] = readFlvMessages(
  new URL("../../../web/test-stream.flv", import.meta.url).pathname,
);

/** From the first frame on; and publishers may pause while others send. */
const CONFIG = defaultVhost({
  cmaf: { on_demand: false },
  hls: { hls_variants: ["_low"] },
  publish: { normal_timeout: 60_000 },
});
/** Two segments and a bit. */
const SENT_MS = 4_500;

/** Publishes the first seconds of the file. */
async function publish(
  server: MemoryWorkers,
  worker: number,
  path: string,
): Promise<MemoryRtmpPeer> {
  const publisher = await server.publish(server.rtmpUrl(worker, path));
  await send(server, publisher, 0, SENT_MS);
  return publisher;
}

/** Sends what is in the file up to `toMs`, in steps in which the server's clock goes on. */
async function send(
  server: MemoryWorkers,
  publisher: MemoryRtmpPeer,
  fromMs: number,
  toMs: number,
): Promise<void> {
  let nowMs = fromMs;
  for (const { kind, timestamp, body } of MESSAGES) {
    if (timestamp < fromMs) continue;
    if (timestamp >= toMs) break;
    if (timestamp > nowMs) {
      await server.advance(timestamp - nowMs, 500);
      nowMs = timestamp;
    }
    if (kind === "video") publisher.client.sendVideo(timestamp, body);
    else publisher.client.sendAudio(timestamp, body);
  }
  await settle();
}

function get(server: MemoryWorkers, worker: number, path: string, fields: [string, string][] = []) {
  return server.finish(server.fetch(path, { port: HTTP_PORT + worker * PORT_STEP, fields }), 100);
}

async function start(): Promise<MemoryWorkers> {
  const server = await MemoryWorkers.start(2, CONFIG);
  await publish(server, 0, "live/show");
  return server;
}

/** The parameter of a session that the playlist leads to. */
function contextOf(text: string): string {
  return /hls_ctx=\w+/.exec(text)?.[0] ?? "";
}

describe("a stream of another worker", () => {
  test("has the same playlists and segments everywhere", async () => {
    const server = await start();
    const multivariant = await get(server, 1, "/live/show.m3u8");
    expect(multivariant.status).toBe(200);
    expect(multivariant.text).toContain('CODECS="avc1.4d401f,mp4a.40.2"');
    const context = contextOf(multivariant.text);
    const playlists = await Promise.all(
      [0, 1].map((worker) => get(server, worker, `/live/show/video.m3u8?${context}`)),
    );
    expect(playlists[0]?.text).toBe(playlists[1]?.text);
    const segment = /^video-.*\.m4s$/m.exec(playlists[0]?.text ?? "")?.[0];
    const [own, other] = await Promise.all(
      [0, 1].map((worker) => get(server, worker, `/live/show/${segment}`)),
    );
    expect(own?.text.length).toBeGreaterThan(1_000);
    expect(other?.text).toBe(own?.text);
    for (const name of ["etag", "cache-control", "content-type", "content-length"]) {
      expect(other?.head.fields.get(name), name).toBe(own?.head.fields.get(name));
    }
  });

  test("is fetched once for all viewers at another worker", async () => {
    const server = await start();
    const { text } = await get(server, 0, "/live/show/video.m3u8?hls_ctx=abcd1234");
    const segment = /^video-.*\.m4s$/m.exec(text)?.[0];
    const local = (): number =>
      server.runtime.tcp.connections.filter(([, { remoteAddress }]) => remoteAddress === "local")
        .length;
    const first = await get(server, 1, `/live/show/${segment}`);
    const before = local();
    const second = await get(server, 1, `/live/show/${segment}`);
    expect(second.text).toBe(first.text);
    expect(second.head.fields.get("etag")).toBe(first.head.fields.get("etag"));
    expect(local()).toBe(before);
  });

  test("comes to those who wait for the same part, also when the first of them has left", async () => {
    const server = await MemoryWorkers.start(2, CONFIG);
    const publisher = await publish(server, 0, "live/show");
    const { text } = await get(server, 0, "/live/show/video.m3u8?hls_ctx=abcd1234");
    const path = `/live/show/${/HINT:TYPE=PART,URI="([^"]+)"/.exec(text)?.[1]}`;
    const before = server.openSockets.length;
    const viewers = await Promise.all(
      Array.from({ length: 5 }, () => server.open(HTTP_PORT + PORT_STEP)),
    );
    for (const viewer of viewers) await viewer.send(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
    // The five, and one to the other worker for all of them.
    expect(server.openSockets.length - before).toBe(6);
    const [first, ...others] = viewers;
    await first?.vanish();
    await send(server, publisher, SENT_MS, SENT_MS + 1_000);
    for (const { text: answer } of others) {
      expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
      expect(answer).toBe(others[0]?.text);
      const size = Number(/Content-Length: (\d+)/i.exec(answer)?.[1]);
      expect(answer.length - answer.indexOf("\r\n\r\n") - 4).toBe(size);
    }
  });

  test("answers conditions and ranges as it does at home", async () => {
    const server = await start();
    await get(server, 0, "/live/show.m3u8");
    const { text } = await get(server, 0, "/live/show/video.m3u8?hls_ctx=abcd1234");
    const segment = /^video-.*\.m4s$/m.exec(text)?.[0];
    const part = await get(server, 1, `/live/show/${segment}`, [["Range", "bytes=0-9"]]);
    expect([part.status, part.text.length]).toEqual([206, 10]);
    const etag = part.head.fields.get("etag") ?? "";
    const unchanged = await get(server, 1, `/live/show/${segment}`, [["If-None-Match", etag]]);
    expect([unchanged.status, unchanged.text]).toEqual([304, ""]);
    const missing = await get(server, 1, "/live/show/video-00000000-1.m4s");
    expect(missing.status).toBe(404);
  });

  test("counts its viewers once, and a kick reaches them from any worker", async () => {
    const server = await start();
    const context = contextOf((await get(server, 1, "/live/show.m3u8")).text);
    const address = `/live/show/video.m3u8?${context}`;
    await get(server, 1, address);
    await get(server, 0, address);
    const { clients } = (await server.api(1, "/api/v1/clients/")) as {
      clients: { id: string; type: string; ip: string }[];
    };
    const viewers = clients.filter(({ type }) => type === "hls-play");
    expect(viewers.map(({ id }) => `hls_ctx=${id}`)).toEqual([context]);
    expect(viewers[0]?.ip).toBe("127.0.0.1");
    await server.fetch(`/api/v1/clients/${viewers[0]?.id}`, {
      port: API_PORT + PORT_STEP,
      method: "DELETE",
    });
    expect((await get(server, 1, address)).status).toBe(404);
  });

  test("is one of a ladder with streams of this one", async () => {
    const server = await start();
    await publish(server, 1, "live/show_low");
    for (const worker of [0, 1]) {
      const { text } = await get(server, worker, "/live/show.m3u8");
      const uris = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
      expect(uris.map((uri) => uri.replace(/\?.*/, ""))).toEqual([
        "show/video.m3u8",
        "show_low/video.m3u8",
      ]);
      for (const uri of uris) {
        const playlist = await get(server, worker, `/live/${uri}`);
        expect(playlist.text, uri).toContain("#EXT-X-TARGETDURATION:2");
      }
    }
  });

  test("that nobody publishes is not asked for anywhere", async () => {
    const server = await MemoryWorkers.start(2, CONFIG);
    const before = server.openSockets.length;
    for (const path of ["/live/none.m3u8", "/live/none/ts.m3u8", "/live/none.mpd"]) {
      expect((await get(server, 1, path)).status, path).toBe(404);
    }
    expect(server.openSockets).toHaveLength(before);
  });
});
