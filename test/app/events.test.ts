/**
 * Goal: whatever happens to a server is told once, with what it takes to act on it and no secret.
 *
 * Method: the whole server in memory, its API asked for events as browsers do.
 */

import { describe, expect, test } from "vitest";
import { MemoryEvents } from "../support/memory-events.ts";
import { settle, VIDEO_HEADER } from "../support/memory-network.ts";
import {
  API_PORT,
  type ConfigValue,
  defaultVhost,
  MemoryServer,
  memoryConfig,
} from "../support/memory-server.ts";

const SECRET = "s3cr3t";
/** Nobody listens there. */
const BACKEND = `http://127.0.0.1:9/hook?token=${SECRET}`;
const FLUSH_MS = 20;
const NAME = { vhost: "__defaultVhost__", app: "live", stream: "show" };
const CLIENT = {
  ...NAME,
  clientId: expect.stringMatching(/^[0-9a-z]{8}$/),
  address: "127.0.0.1",
  timeMs: expect.any(Number),
  worker: null,
};

async function start(config: ConfigValue = {}, query = "") {
  const server = await MemoryServer.start(config);
  const events = await MemoryEvents.open(server, query);
  /** What has come since the last call. */
  const news = async (...fields: string[]): Promise<string[]> => {
    await server.advance(FLUSH_MS, FLUSH_MS);
    return events.take(...fields);
  };
  return { server, events, news };
}

describe("what is told of", () => {
  test("a publisher and a player by RTMP", async () => {
    const { server, events } = await start(defaultVhost({ publish: { grace_ms: 0 } }));
    const publisher = await server.publish(server.rtmpUrl(`live/show?token=${SECRET}`));
    await server.advance(200, 100);
    await publisher.start();
    const player = await server.play(server.rtmpUrl(`live/show?token=${SECRET}`));
    await server.advance(1_000, 100);
    await publisher.send();
    await player.leave();
    await publisher.leave();
    await server.advance(1_000);
    const PUBLISHER = { ...CLIENT, clientType: "fmle-publish", protocol: "rtmp" };
    const PLAYER = { ...CLIENT, clientType: "rtmp-play", protocol: "rtmp" };
    const END = {
      reason: "peer_closed",
      isFailed: false,
      receivedSize: expect.any(Number),
      sentSize: expect.any(Number),
      skips: 0,
      skippedSize: 0,
    };
    const tracks = [
      { kind: "video", codec: "h264", codecString: null, width: null, height: null },
      ...[
        { kind: "audio", codec: "aac", codecString: "mp4a.40.2", sampleRate: 44_100, channels: 2 },
      ],
    ];
    const { timeMs, worker } = CLIENT;
    expect(events.values).toEqual([
      { type: "session.connected", ...PUBLISHER },
      { type: "stream.published", ...PUBLISHER },
      { type: "stream.ready", ...NAME, timeMs, worker, delayMs: 200, tracks },
      { type: "session.connected", ...PLAYER },
      { type: "play.started", ...PLAYER },
      {
        type: "play.ended",
        ...PLAYER,
        reason: expect.stringMatching(/^peer_(?:stopped|closed)$/),
        durationMs: 1_000,
        sentSize: expect.any(Number),
      },
      { type: "session.ended", ...PLAYER, ...END, durationMs: 1_000 },
      {
        type: "stream.unpublished",
        ...PUBLISHER,
        reason: expect.stringMatching(/^peer_(?:stopped|closed)$/),
        durationMs: 1_200,
        receivedSize: expect.any(Number),
        videoFrames: 2,
        audioFrames: 2,
      },
      { type: "stream.ended", ...NAME, timeMs, worker },
      { type: "session.ended", ...PUBLISHER, ...END, durationMs: 1_200 },
    ]);
    for (const value of events.values) {
      expect(value["timeMs"]).toBeLessThanOrEqual(server.runtime.clock.wallMs());
      for (const size of ["receivedSize", "sentSize"]) expect(value[size]).not.toBe(0);
    }
    expect(JSON.stringify(events.events)).not.toContain(SECRET);
    expect(events.events.map(({ type }) => type)).toEqual(events.values.map(({ type }) => type));
  });

  test("players by HTTP and WebSocket", async () => {
    const { server, news } = await start({}, "?types=session.*,play.*");
    const publisher = await server.publish(server.rtmpUrl("live/show"));
    await publisher.start();
    await news();
    const url = server.httpUrl(`/live/show.flv?token=${SECRET}`);
    const viewer = await server.watch(url);
    const web = await server.watchByWebSocket(url.replace("http", "ws"));
    await publisher.send();
    expect(await news("protocol", "clientType")).toEqual([
      "session.connected http-flv flv-play",
      "play.started http-flv flv-play",
      "session.connected ws-flv flv-play",
      "play.started ws-flv flv-play",
    ]);
    await viewer.vanish();
    await web.vanish();
    expect(await news("protocol", "isFailed")).toEqual([
      "play.ended http-flv undefined",
      "session.ended http-flv false",
      "play.ended ws-flv undefined",
      "session.ended ws-flv false",
    ]);
  });

  test("viewers of HLS", async () => {
    const { server, news } = await start(
      defaultVhost({
        hls: { enabled: true, hls_storage: "memory", hls_on_demand: false, hls_fragment: 1 },
      }),
      "?types=play.*,segment.finished",
    );
    const publisher = await server.publish(server.rtmpUrl("live/show"));
    for (let second = 0; second < 6; second++) {
      await publisher.start();
      publisher.sentMs += 960;
      await server.advance(1_000);
    }
    const segments = await news("format", "track", "seq", "durationMs", "url", "playlistUrl");
    expect(segments).toHaveLength(5);
    expect(segments[1]).toMatch(/ ts null 1 1000 live\/show\/\d+-1\.ts live\/show\/ts\.m3u8$/);
    const url = segments[1]?.split(" ")[5];
    expect((await server.fetch(`/${url}`)).status).toBe(200);
    await server.fetch("/live/show/ts.m3u8");
    expect(await news("protocol", "stream")).toEqual(["play.started hls show"]);
    // Two requests at the same time by the same name, of which the second takes the first one's place.
    const path = "/live/show/ts.m3u8?hls_ctx=same";
    await Promise.all([server.fetch(path), server.fetch(path)]);
    expect(await news("clientId", "reason")).toEqual([
      ...["play.started same undefined", "play.ended same replaced", "play.started same undefined"],
    ]);
    await server.advance(60_000);
    expect((await news("reason")).at(-1)).toBe("play.ended idle");
  });

  test("those who are refused, by what and why", async () => {
    const { server, news, events } = await start({
      vhosts: {
        "rules.com": { security: { enabled: true, allow: ["play all"] } },
        "hooks.com": { http_hooks: { enabled: true, on_publish: [BACKEND], timeout: 1 } },
      },
    });
    const refused = async (vhost: string): Promise<void> => {
      const url = server.rtmpUrl(`live/show?vhost=${vhost}&token=${SECRET}`);
      await expect(server.finish(server.publish(url))).rejects.toThrow();
    };
    await refused("rules.com");
    expect(await news("vhost", "action", "by", "reason")).toEqual([
      "session.connected rules.com undefined undefined undefined",
      "session.refused rules.com publish access forbidden",
      "session.ended rules.com undefined undefined forbidden",
    ]);
    await refused("hooks.com");
    expect(await news("hook", "backend", "by", "reason")).toEqual([
      "session.connected undefined undefined undefined undefined",
      "hook.failed on_publish http://127.0.0.1:9/hook undefined unreachable",
      "session.refused undefined undefined hook forbidden",
      "session.ended undefined undefined undefined forbidden",
    ]);
    const first = await server.publish(server.rtmpUrl("live/show"));
    await first.start();
    await news();
    await refused("__defaultVhost__");
    expect(await news("by", "reason", "isFailed")).toEqual([
      "session.connected undefined undefined undefined",
      "session.refused stream stream_busy undefined",
      "session.ended undefined stream_busy true",
    ]);
    expect(JSON.stringify(events.events)).not.toContain(SECRET);
  });

  test("callbacks that are lost", async () => {
    const { server, news } = await start(
      {
        vhosts: {
          __defaultVhost__: {
            http_hooks: {
              ...{ enabled: true, on_unpublish: [BACKEND], on_close: [BACKEND] },
              retries: 0,
            },
          },
        },
      },
      "?types=hook.*",
    );
    const publisher = await server.publish(server.rtmpUrl("live/show"));
    await publisher.leave();
    await server.advance(5_000);
    expect((await news("hook", "reason", "stream")).sort()).toEqual([
      "hook.failed on_unpublish unreachable show",
      "hook.lost on_close failed show",
      "hook.lost on_unpublish failed show",
    ]);
  });

  test("a client that is kicked", async () => {
    const { server, news } = await start({}, "?types=session.*");
    const player = await server.play(server.rtmpUrl("live/show"));
    const [{ clientId } = {}] = server.events("play started");
    await server.fetch(`/api/v1/clients/${String(clientId)}`, { port: API_PORT, method: "DELETE" });
    await settle();
    expect(player.isClosed).toBe(true);
    expect(await news("clientId", "reason")).toEqual([
      `session.connected ${clientId} undefined`,
      `session.kicked ${clientId} kicked_by_api`,
      `session.ended ${clientId} kicked_by_api`,
    ]);
  });

  test("addresses that guess, and connections that are too many", async () => {
    const { server, news } = await start(
      {
        ...{ max_connections: 3, limits: { auth_failures: 2 } },
        ...defaultVhost({ token: { publish: true, jwt_secret: "x".repeat(32) } }),
      },
      "?types=address.*,connection.*",
    );
    for (let i = 0; i < 2; i++) {
      const url = server.rtmpUrl("live/show?token=a.b.c");
      await expect(server.finish(server.publish(url))).rejects.toThrow();
    }
    expect(await news("address", "waitMs")).toEqual(["address.held_off 127.0.0.1 1000"]);
    for (let i = 0; i < 2; i++) await server.connect(server.rtmpUrl("live/show"));
    for (let i = 0; i < 5; i++) await server.open(1935);
    await server.advance(1_000);
    expect(await news("address", "count")).toEqual(["connection.refused 127.0.0.1 5"]);
    await server.advance(3_000);
    expect(await news()).toEqual([]);
  });

  test("tracks that change, and the built-in stream, which is nobody's", async () => {
    const { server, news } = await start({}, "?types=stream.*");
    const publisher = await server.publish(server.rtmpUrl("live/show"));
    await publisher.start();
    await publisher.start();
    await news();
    const other = VIDEO_HEADER.slice();
    other[8] = 0x20; // Another level.
    publisher.client.sendVideo(publisher.sentMs, other);
    await settle();
    expect(await news("stream")).toEqual(["stream.tracks_changed show"]);
  });

  test("reloads, well or not", async () => {
    const { server, news } = await start();
    const { tcp } = server.runtime;
    await server.finish(server.sluice.reconfigure(memoryConfig()));
    expect(await news()).toEqual([]); // Who reloads tells.
    await tcp.listen({ host: "0.0.0.0", port: 2000 }, () => undefined);
    await expect(
      server.finish(server.sluice.reconfigure(memoryConfig({ listen: 2000 }))),
    ).rejects.toThrow();
    server.sluice.tell({ type: "configuration.refused", cause: "test", problem: "none" });
    expect(await news("cause")).toEqual(["configuration.refused test"]);
  });
});

describe("the begin and the end", () => {
  test("of the server are told; an end to its last event", async () => {
    const server = await MemoryServer.start();
    const events = await MemoryEvents.open(server, "?last_event_id=none");
    await server.play(server.rtmpUrl("live/show"));
    await server.stop();
    expect(events.take()).toEqual([
      ...["events.missed", "server.started", "session.connected", "play.started"],
      ...["server.stopping", "play.ended", "session.ended"],
    ]);
    expect(events.isClosed).toBe(true);
  });

  test("a graceful end does not wait for who reads", async () => {
    const { server, events } = await start();
    const player = await server.play(server.rtmpUrl("live/show"));
    const stopped = server.sluice.stopGracefully();
    await server.advance(3_000);
    expect(events.isClosed).toBe(false);
    await player.leave();
    await server.finish(stopped);
    expect(events.isClosed).toBe(true);
    expect(events.take("isGraceful", "reason").slice(2)).toEqual([
      "server.stopping true undefined",
      expect.stringMatching(/^play\.ended undefined peer_/),
      "session.ended undefined peer_closed",
    ]);
    expect(server.timerCount).toBe(0);
  });
});
