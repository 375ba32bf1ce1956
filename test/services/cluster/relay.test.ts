/**
 * Goal: a stream published at one worker is played at every other as if it were published there:
 * every frame, once, at the publisher's times, whatever happens on the way; pulled once for all
 * viewers, and only while there are viewers.
 *
 * Method: whole workers in memory with their coordinator; viewers and publishers choose the worker.
 */

import { describe, expect, test } from "vitest";
import { fromHex } from "../../support/hex.ts";
import { INTER_FRAME, KEY_FRAME, type MemoryViewer, settle } from "../../support/memory-network.ts";
import { defaultVhost } from "../../support/memory-server.ts";
import { MemoryWorkers } from "../../support/memory-workers.ts";

const VIDEO = 9;

/** `onMetaData` with an empty ECMA array (AMF0, sections 2.4 and 2.10). */
const METADATA = fromHex("02000a 6f6e4d65746144617461 08 00000000 000009");

/** Frames are written as they come, so that no test has to wait for a window. */
const REALTIME = defaultVhost({ min_latency: true, publish: { grace_ms: 5_000 } });

/** Local connections to a worker's socket for peers that are open. */
function relayCount(server: MemoryWorkers): number {
  return server.openSockets.filter(({ remoteAddress, sentSize }) => {
    return remoteAddress === "local" && sentSize > 0;
  }).length;
}

/** What a viewer saw, such as `9 40`, without the headers that tell of the tracks. */
function frames(viewer: MemoryViewer): string[] {
  return viewer.capture
    .tags()
    .filter(({ type, body }) => type !== 18 && body[1] === 1)
    .map(({ type, timestamp }) => `${type} ${timestamp}`);
}

function start(count = 2): Promise<MemoryWorkers> {
  return MemoryWorkers.start(count, REALTIME);
}

describe("a stream of another worker", () => {
  test("is played by every protocol, with every frame at the same time", async () => {
    const server = await start(3);
    const publisher = await server.publish(server.rtmpUrl(0));
    await publisher.start();
    for (let i = 1; i <= 25; i++) await publisher.send(i % 25 === 0 ? KEY_FRAME : INTER_FRAME);
    const viewers = await Promise.all(
      [0, 1, 2].map((worker) => server.watch(server.httpUrl(worker))),
    );
    const player = await server.play(server.rtmpUrl(1));
    const socket = await server.watchByWebSocket(server.httpUrl(2).replace("http", "ws"));
    for (let i = 0; i < 50; i++) await publisher.send(i % 10 === 0 ? KEY_FRAME : INTER_FRAME);
    const [own, ...relayed] = viewers.map(frames);
    expect(own).toHaveLength(102);
    expect(own?.[0]).toBe("9 1000");
    expect(relayed).toEqual([own, own]);
    expect(player.count("video")).toBe(52); // The header too.
    expect(socket.count(VIDEO)).toBe(52);
  });

  test("may be waited for before it is published", async () => {
    const server = await start();
    const viewer = await server.watch(server.httpUrl(1));
    const player = await server.play(server.rtmpUrl(1));
    const publisher = await server.publish(server.rtmpUrl(0));
    await publisher.start();
    await publisher.send();
    expect(frames(viewer)).toEqual(["9 0", "8 0", "9 40", "8 40"]);
    expect(player.received.filter((media) => media.startsWith("video"))).toHaveLength(3);
  });

  test("is handed on frame by frame, though its own viewers get merged writes", async () => {
    const server = await MemoryWorkers.start(2, defaultVhost({ play: { mw_msgs: 0 } }));
    const publisher = await server.publish(server.rtmpUrl(0));
    await publisher.start();
    const viewer = await server.watch(server.httpUrl(1));
    await server.advance(700, 10);
    const before = frames(viewer).length;
    await publisher.send();
    expect(frames(viewer)).toHaveLength(before);
    await server.advance(350, 10); // One window, not two.
    expect(frames(viewer)).toHaveLength(before + 2);
  });

  test("is pulled once, whatever the number of viewers, and no more when they have left", async () => {
    const server = await start();
    const publisher = await server.publish(server.rtmpUrl(0));
    await publisher.start();
    expect(relayCount(server)).toBe(2); // The workers' conversations with the supervisor.
    const viewers = [];
    for (let i = 0; i < 5; i++) viewers.push(await server.watch(server.httpUrl(1)));
    expect(relayCount(server)).toBe(3);
    for (const viewer of viewers) await viewer.vanish();
    const counts = [];
    for (let second = 0; second < 12; second++) {
      await publisher.send(KEY_FRAME, 1_000);
      await server.advance(1_000);
      counts.push(relayCount(server));
    }
    expect(counts).toEqual([3, 3, 3, 3, 2, 2, 2, 2, 2, 2, 2, 2]);
    const late = await server.watch(server.httpUrl(1));
    await publisher.send(KEY_FRAME);
    expect(late.count(VIDEO)).toBeGreaterThan(1);
    expect(relayCount(server)).toBe(3);
  });

  test("is gone for its viewers when its publisher does not return, no sooner and no later", async () => {
    const server = await start();
    const publisher = await server.publish(server.rtmpUrl(0));
    await publisher.start();
    const viewer = await server.watch(server.httpUrl(1));
    await publisher.send();
    await publisher.leave();
    await server.advance(4_000);
    expect(viewer.isEnded).toBe(false);
    await server.advance(2_000);
    expect(viewer.isEnded).toBe(true);
    expect(frames(viewer)).toEqual(["9 0", "8 0", "9 40", "8 40"]);
  });

  test.each([
    ["the same worker", 0],
    ["the viewers' own", 1],
    ["a third", 2],
  ])("goes on for its viewers when its publisher returns at %s", async (_name, worker) => {
    const server = await start(3);
    const publisher = await server.publish(server.rtmpUrl(0));
    await publisher.start();
    const viewer = await server.watch(server.httpUrl(1));
    const player = await server.play(server.rtmpUrl(1));
    for (let i = 0; i < 5; i++) await publisher.send();
    const before = frames(viewer);
    await publisher.vanish();
    await server.advance(2_000);
    const next = await server.publish(server.rtmpUrl(worker));
    await next.start();
    for (let i = 0; i < 5; i++) await next.send();
    const after = frames(viewer);
    expect(viewer.isEnded).toBe(false);
    expect(player.isClosed).toBe(false);
    expect(after.slice(0, before.length)).toEqual(before);
    expect(after).toHaveLength(before.length * 2);
    const times = after.map((frame) => Number(frame.split(" ")[1]));
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(Math.max(...times)).toBeLessThan(1_000);
  });

  test("is busy for a second publisher at any worker, who disturbs nobody", async () => {
    const server = await start();
    const publisher = await server.publish(server.rtmpUrl(0));
    await publisher.start();
    const viewer = await server.watch(server.httpUrl(1));
    for (const worker of [1, 0]) {
      await expect(server.finish(server.publish(server.rtmpUrl(worker)))).rejects.toMatchObject({
        code: "NetStream.Publish.BadName",
      });
    }
    await publisher.send();
    expect(frames(viewer)).toEqual(["9 0", "8 0", "9 40", "8 40"]);
  });

  test("is not closed when its publisher pauses for long, but by its own worker", async () => {
    const server = await start();
    const publisher = await server.publish(server.rtmpUrl(0));
    await publisher.start();
    const viewer = await server.watch(server.httpUrl(1));
    await server.advance(4_000);
    await publisher.send();
    expect(frames(viewer)).toHaveLength(4);
    expect(server.events("relay interrupted")).toEqual([]);
  });
});

describe("a connection between workers that breaks", () => {
  test("is made anew, and viewers get what came meanwhile and nothing twice", async () => {
    const server = await start();
    const publisher = await server.publish(server.rtmpUrl(0));
    await publisher.start();
    const viewer = await server.watch(server.httpUrl(1));
    await publisher.send();
    const relay = server.openSockets.findLast(({ remoteAddress }) => remoteAddress === "local");
    relay?.destroy();
    await settle();
    await publisher.send();
    await publisher.send();
    expect(frames(viewer)).toHaveLength(4);
    await server.advance(200, 10);
    await publisher.send();
    expect(frames(viewer)).toEqual([0, 40, 80, 120, 160].flatMap((ms) => [`9 ${ms}`, `8 ${ms}`]));
    expect(viewer.isEnded).toBe(false);
    expect(server.events("relay interrupted")).toHaveLength(1);
  });

  test("is tried again and again while the directory names the other worker, ever more seldom", async () => {
    const server = await start();
    const publisher = await server.publish(server.rtmpUrl(0));
    await publisher.start();
    const viewer = await server.watch(server.httpUrl(1));
    let attempts = 0;
    const connectLocal = server.runtime.tcp.connectLocal.bind(server.runtime.tcp);
    let isDown = true;
    server.runtime.tcp.connectLocal = async (...args) => {
      attempts += 1;
      if (isDown) throw new Error("The peer is down");
      return connectLocal(...args);
    };
    server.openSockets.findLast(({ remoteAddress }) => remoteAddress === "local")?.destroy();
    await settle();
    for (let second = 0; second < 30; second++) {
      await server.advance(1_000, 50);
      await publisher.send(KEY_FRAME, 1_000);
    }
    expect(attempts).toBeGreaterThan(8);
    expect(attempts).toBeLessThan(16);
    expect(viewer.isEnded).toBe(false);
    isDown = false;
    await server.advance(5_000, 50);
    await publisher.send();
    const times = frames(viewer).map((frame) => Number(frame.split(" ")[1]));
    expect(times.at(-1)).toBe(30_040);
    expect(viewer.isEnded).toBe(false);
  });

  test("is made anew when nothing comes, and viewers do not notice that the publisher pauses", async () => {
    const timeout = { publish: { normal_timeout: 60_000, grace_ms: 5_000 } };
    const server = await MemoryWorkers.start(2, defaultVhost({ min_latency: true, ...timeout }));
    const publisher = await server.publish(server.rtmpUrl(0));
    await publisher.start();
    const viewer = await server.watch(server.httpUrl(1));
    await server.advance(30_000, 100);
    expect(server.events("relay interrupted").length).toBeGreaterThan(1);
    await publisher.send(INTER_FRAME);
    expect(frames(viewer)).toEqual(["9 0", "8 0", "9 40", "8 40"]);
    expect(viewer.isEnded).toBe(false);
  });

  test("repeats neither headers nor metadata while the publisher pauses", async () => {
    const timeout = { publish: { normal_timeout: 60_000, grace_ms: 5_000 } };
    const server = await MemoryWorkers.start(2, defaultVhost({ min_latency: true, ...timeout }));
    const publisher = await server.publish(server.rtmpUrl(0));
    await publisher.start(METADATA);
    const viewer = await server.watch(server.httpUrl(1));
    const before = viewer.capture.tags().length;
    expect(viewer.count(18)).toBe(1);
    await server.advance(25_000, 100);
    expect(server.events("relay interrupted").length).toBeGreaterThan(1);
    expect(viewer.capture.tags()).toHaveLength(before);
    await publisher.send(KEY_FRAME);
    expect(viewer.capture.tags()).toHaveLength(before + 2);
  });

  test("repeats nothing of a key frame interval of minutes", async () => {
    const server = await start();
    const publisher = await server.publish(server.rtmpUrl(0));
    await publisher.start();
    const viewer = await server.watch(server.httpUrl(1));
    for (let second = 0; second < 100; second++) {
      await publisher.send(INTER_FRAME, 1_000);
      await server.advance(1_000, 500);
    }
    server.openSockets.findLast(({ remoteAddress }) => remoteAddress === "local")?.destroy();
    await server.advance(500, 50);
    await publisher.send();
    const seen = frames(viewer);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toHaveLength(2 * 102);
  });

  test("with nothing to send yet is made anew soon, not ever more seldom", async () => {
    const server = await start();
    const publisher = await server.publish(server.rtmpUrl(0));
    const viewer = await server.watch(server.httpUrl(1));
    let attempts = 0;
    const connectLocal = server.runtime.tcp.connectLocal.bind(server.runtime.tcp);
    server.runtime.tcp.connectLocal = async (...args) => {
      attempts += 1;
      return connectLocal(...args);
    };
    for (let i = 0; i < 8; i++) {
      server.openSockets.findLast(({ remoteAddress }) => remoteAddress === "local")?.destroy();
      await server.advance(200, 50);
    }
    expect(attempts).toBe(8);
    await publisher.start();
    expect(frames(viewer)).toEqual(["9 0", "8 0"]);
  });

  test("that does not keep up skips to a key frame, as a slow viewer does", async () => {
    const slow = { min_latency: true, play: { queue_length: 2 } };
    const server = await MemoryWorkers.start(2, defaultVhost(slow));
    const publisher = await server.publish(server.rtmpUrl(0));
    await publisher.start();
    server.runtime.tcp.capacity = 400;
    const viewer = await server.watch(server.httpUrl(1));
    server.runtime.tcp.capacity = 1 << 20;
    const relay = server.runtime.tcp.connections.findLast(
      ([client]) => client.remoteAddress === "local",
    );
    relay?.[0].pause();
    for (let i = 0; i < 100; i++) await publisher.send(i % 25 === 0 ? KEY_FRAME : INTER_FRAME);
    relay?.[0].resume();
    for (let i = 0; i < 50; i++) await publisher.send(i % 25 === 0 ? KEY_FRAME : INTER_FRAME);
    const seen = frames(viewer);
    expect(seen.at(-1)).toBe(`8 ${150 * 40}`);
    expect(seen.length).toBeLessThan(2 * 151);
    expect(seen.length).toBeGreaterThan(2 * 50);
    expect(new Set(seen).size).toBe(seen.length);
    expect(server.events("relay interrupted")).toEqual([]);
  });

  test("is given up when its end does not come although the publisher has left", async () => {
    const server = await start();
    const publisher = await server.publish(server.rtmpUrl(0));
    await publisher.start();
    const viewer = await server.watch(server.httpUrl(1));
    const relay = server.runtime.tcp.connections.findLast(
      ([client]) => client.remoteAddress === "local",
    );
    relay?.[0].pause();
    await publisher.send();
    await publisher.leave();
    await server.advance(500, 100);
    expect(relayCount(server)).toBe(3);
    await server.advance(2_000, 100);
    expect(relayCount(server)).toBe(2);
    expect(viewer.isEnded).toBe(false);
    await server.advance(5_000, 100);
    expect(viewer.isEnded).toBe(true);
  });

  test("to a worker that hangs is given up and made anew", async () => {
    const server = await start();
    const publisher = await server.publish(server.rtmpUrl(0));
    await publisher.start();
    const viewer = await server.watch(server.httpUrl(1));
    const relay = server.runtime.tcp.connections.findLast(
      ([client]) => client.remoteAddress === "local",
    );
    relay?.[0].pause();
    for (let second = 0; second < 15; second++) {
      await publisher.send(KEY_FRAME, 1_000);
      await server.advance(1_000, 50);
    }
    expect(frames(viewer).at(-1)).toBe("8 14040");
  });
});
