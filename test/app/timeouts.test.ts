/**
 * Goal: what the operator sets about time and queues is what happens: nobody holds a name, a place or
 * memory for longer than that, and nobody is sent away before.
 *
 * Method: the whole server in memory; the clock is moved to just before a limit and to just behind it.
 * What is looked at once a second may come a second late.
 */

import { describe, expect, test } from "vitest";
import { RawPeer } from "../protocols/rtmp/raw-peer.ts";
import type { MemoryRtmpPeer, MemoryViewer } from "../support/memory-network.ts";
import { settle } from "../support/memory-network.ts";
import { MemoryParts } from "../support/memory-parts.ts";
import {
  type ConfigValue,
  defaultVhost,
  HTTP_PORT,
  MemoryServer,
  memoryConfig,
  RTMP_PORT,
} from "../support/memory-server.ts";

const start = (vhost: ConfigValue) => MemoryServer.start(defaultVhost(vhost));

/** Passes the time with a publisher that sends once a second. */
async function publishFor(
  server: MemoryServer,
  publisher: MemoryRtmpPeer,
  seconds: number,
): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    await publisher.send();
    await server.advance(1_000);
  }
}

describe("publish", () => {
  test("firstpkt_timeout: a publisher that sends nothing", async () => {
    const server = await start({ publish: { firstpkt_timeout: 3_000, normal_timeout: 60_000 } });
    const publisher = await server.publish(server.rtmpUrl("live/show"));
    await server.advance(3_000);
    expect(publisher.isClosed).toBe(false);
    await server.advance(1_000);
    expect(publisher.isClosed).toBe(true);
    expect(server.events("session ended")).toMatchObject([{ reason: "first_frame_timeout" }]);
  });

  test("normal_timeout: a publisher that falls silent; its name is free at once", async () => {
    const server = await start({ publish: { firstpkt_timeout: 60_000, normal_timeout: 3_000 } });
    const publisher = await server.publish(server.rtmpUrl("live/show"));
    await publisher.start();
    await publishFor(server, publisher, 10);
    await server.advance(2_000);
    expect(publisher.isClosed).toBe(false);
    await server.advance(1_000);
    expect(publisher.isClosed).toBe(true);
    expect(server.events("session ended")).toMatchObject([{ reason: "frame_timeout" }]);
    await expect(server.publish(server.rtmpUrl("live/show"))).resolves.toBeDefined();
  });

  test("kickoff_for_idle: a publisher whom nobody watches, and no other", async () => {
    const server = await start({ publish: { kickoff_for_idle: 5 } });
    const publisher = await server.publish(server.rtmpUrl("live/show"));
    await publisher.start();
    await publishFor(server, publisher, 3);
    const player = await server.play(server.rtmpUrl("live/show"));
    await publishFor(server, publisher, 20);
    expect(publisher.isClosed).toBe(false);
    await player.leave();
    await publishFor(server, publisher, 5);
    expect(publisher.isClosed).toBe(false);
    await publishFor(server, publisher, 1);
    expect(publisher.isClosed).toBe(true);
    expect(server.events("session ended").at(-1)).toMatchObject({ reason: "no_players" });
  });

  test("grace_ms: viewers stay until then", async () => {
    const server = await start({ publish: { grace_ms: 4_000 } });
    const publisher = await server.publish(server.rtmpUrl("live/show"));
    await publisher.start();
    const viewer = await server.watch(server.httpUrl("/live/show.flv"));
    const player = await server.play(server.rtmpUrl("live/show"));
    await publisher.leave();
    await server.advance(3_900);
    expect(viewer.isEnded).toBe(false);

    const second = await server.publish(server.rtmpUrl("live/show"));
    await second.start();
    await server.advance(5_000);
    expect(viewer.isEnded).toBe(false);
    expect(viewer.count(9)).toBe(4);
    await second.leave();
    await server.advance(4_100);
    expect(viewer.isEnded).toBe(true);
    expect(player.isClosed).toBe(false);
  });

  test("grace_ms: 0 lets them go with the publisher", async () => {
    const server = await start({ publish: { grace_ms: 0 } });
    const publisher = await server.publish(server.rtmpUrl("live/show"));
    await publisher.start();
    const viewer = await server.watch(server.httpUrl("/live/show.flv"));
    await publisher.leave();
    expect(viewer.isEnded).toBe(true);
    expect(viewer.error).toBeUndefined();
  });
});

describe("play.wait_stream", () => {
  test("is how long an HTTP player waits, and an RTMP player waits on", async () => {
    const server = await start({ play: { wait_stream: 7 } });
    const player = await server.play(server.rtmpUrl("live/show"));
    const viewer = await server.watch(server.httpUrl("/live/show.flv"));
    const socket = await server.watchByWebSocket(server.httpUrl("/live/show.flv"));
    await server.advance(6_900);
    expect([viewer.isEnded, socket.isEnded]).toEqual([false, false]);
    await server.advance(1_100);
    expect([viewer.status, socket.closeCode]).toEqual([404, 4404]);
    await server.advance(600_000, 2_000);
    expect(player.isClosed).toBe(false);
  });

  test("is over for a player whose stream has come", async () => {
    const server = await start({ play: { wait_stream: 7 } });
    const viewer = await server.watch(server.httpUrl("/live/show.flv"));
    const publisher = await server.publish(server.rtmpUrl("live/show"));
    await publisher.start();
    await publishFor(server, publisher, 20);
    expect(viewer.isEnded).toBe(false);
  });

  test("0 waits without end", async () => {
    const server = await start({ play: { wait_stream: 0 } });
    const viewer = await server.watch(server.httpUrl("/live/show.flv"));
    await server.advance(600_000, 2_000);
    expect(viewer.isEnded).toBe(false);
  });
});

test("play.idle_stream_timeout: a stream that nobody uses is forgotten", async () => {
  const parts = await MemoryParts.start(
    defaultVhost({ play: { idle_stream_timeout: 5 }, publish: { grace_ms: 0 } }),
  );
  await (await parts.play("rtmp://a/live/show")).leave();
  await parts.advance(4_000);
  expect(parts.hub.size).toBe(1);
  await parts.advance(2_000);
  expect(parts.hub.size).toBe(0);
});

describe("a player that does not read", () => {
  const watchers = {
    RTMP: (server: MemoryServer) => server.play(server.rtmpUrl("live/show")),
    "HTTP-FLV": (server: MemoryServer) => server.watch(server.httpUrl("/live/show.flv")),
    "WebSocket-FLV": (server: MemoryServer) =>
      server.watchByWebSocket(server.httpUrl("/live/show.flv")),
  };

  /** A picture of 4 kB. */
  function picture(isKeyFrame: boolean): Uint8Array {
    const body = new Uint8Array(4_096).fill(0x55);
    body.set([isKeyFrame ? 0x17 : 0x27, 1, 0, 0, 0]);
    return body;
  }

  async function playDeaf(
    play: ConfigValue,
    watch: (server: MemoryServer) => Promise<MemoryRtmpPeer | MemoryViewer>,
  ) {
    const server = await start({ play });
    const publisher = await server.publish(server.rtmpUrl("live/show"));
    await publisher.start();
    await server.advance(1_000);
    server.runtime.tcp.capacity = 8_192;
    const deaf = await watch(server);
    deaf.pause();
    let count = 0;
    /** A picture each second, every fifth a key frame. */
    const goOn = async (seconds: number): Promise<void> => {
      for (let second = 0; second < seconds; second++) {
        await publisher.send(picture(count++ % 5 === 0), 1_000);
        await server.advance(1_000);
      }
    };
    const ends = () => server.events("session ended");
    return { server, deaf, goOn, ends };
  }

  describe.each(Object.entries(watchers))("by %s", (_, watch) => {
    test("is closed after write_timeout, and no sooner", async () => {
      const { goOn, ends } = await playDeaf({ write_timeout: 10 }, watch);
      await goOn(9);
      expect(ends()).toEqual([]);
      await goOn(5);
      expect(ends()).toMatchObject([{ reason: "write_timeout" }]);
    });

    test("skips to a key frame past queue_length", async () => {
      const { deaf, goOn, ends, server } = await playDeaf(
        { queue_length: 4, write_timeout: 3_600 },
        watch,
      );
      await goOn(20);
      deaf.resume();
      await goOn(5);
      await (deaf as MemoryViewer).vanish();
      await server.advance(1_000);
      expect(ends()).toMatchObject([{ skips: 1 }]);
      expect(ends()[0]?.["skippedSize"]).toBeGreaterThan(4 * 4_096);
    });

    test("skips to a key frame past queue_bytes", async () => {
      const { deaf, goOn, ends } = await playDeaf(
        { queue_bytes: 65_536, queue_length: 3_600, write_timeout: 3_600 },
        watch,
      );
      await goOn(15);
      deaf.resume();
      await goOn(1);
      deaf.pause();
      await goOn(30);
      deaf.resume();
      await goOn(5);
      await (deaf as MemoryViewer).vanish();
      expect(ends()).toMatchObject([{ skips: 1 }]);
    });
  });
});

describe("limits.handshake_timeout", () => {
  const config = { limits: { handshake_timeout: 3 } };

  test("ends RTMP clients that do not finish their handshake", async () => {
    const server = await MemoryServer.start(config);
    const wire = await server.open(RTMP_PORT);
    await wire.send(new Uint8Array(1_000).fill(3));
    await server.advance(2_000);
    expect(wire.isClosed).toBe(false);
    await server.advance(2_000);
    expect(wire.isClosed).toBe(true);
  });

  test("ends HTTP clients that do not finish their first head", async () => {
    const server = await MemoryServer.start(config);
    const wire = await server.open(HTTP_PORT);
    await wire.send("GET / HT");
    await server.advance(2_000);
    expect(wire.text).toBe("");
    await server.advance(2_000);
    expect(wire.text).toMatch(/^HTTP\/1\.1 408 /);
    await server.advance(3_000);
    expect(wire.isClosed).toBe(true);
  });

  test.each([
    ["RTMP", RTMP_PORT],
    ["HTTP", HTTP_PORT],
  ])("is another one for who comes by %s after a reload", async (_, port) => {
    const server = await MemoryServer.start(config);
    await server.finish(
      server.sluice.reconfigure(memoryConfig({ limits: { handshake_timeout: 30 } })),
    );
    const wire = await server.open(port);
    await server.advance(10_000);
    expect(wire.text).toBe("");
    expect(wire.isClosed).toBe(false);
  });
});

test("limits.rtmp_message_size: a publisher that sends a larger one is sent away", async () => {
  const server = await MemoryServer.start({ limits: { rtmp_message_size: 70_000 } });
  const publisher = await server.publish(server.rtmpUrl("live/show"));
  const picture = (size: number): Uint8Array => {
    const body = new Uint8Array(size);
    body.set([0x17, 1, 0, 0, 0]);
    return body;
  };
  await publisher.send(picture(70_000));
  expect(publisher.isClosed).toBe(false);
  await publisher.send(picture(70_001));
  expect(publisher.isClosed).toBe(true);
  expect(server.events("session ended")).toMatchObject([{ level: "info" }]);
});

test("a player that named a duration is let go after it", async () => {
  const server = await MemoryServer.start();
  await server.open(RTMP_PORT);
  const [client] = server.runtime.tcp.connections[0] ?? [];
  if (client === undefined) throw new Error("There is no connection");
  const peer = new RawPeer(client);
  await peer.shakeHands();
  await peer.connect();
  peer.command("createStream", 2);
  peer.command("play", 0, null, "show", -2, 5);
  await settle();
  await server.advance(4_900, 500);
  expect(peer.isClosed).toBe(false);
  await server.advance(1_100, 500);
  expect(peer.isClosed).toBe(true);
  expect(server.events("session ended")).toMatchObject([{ reason: "play_duration" }]);
});
