/**
 * Goal: a graceful stop disturbs nobody who is here, lets nobody in, and comes to its end; a stop at
 * once ends everything; and neither leaves anything behind: no port, no connection, no timer, no pid
 * file. An upgrade depends on it, as the next server needs the ports.
 *
 * Method: the whole server in memory with peers of each kind; the clock is moved until it has stopped.
 */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { settle } from "../support/memory-network.ts";
import {
  API_PORT,
  type ConfigValue,
  HTTP_PORT,
  MemoryServer,
  RTMP_PORT,
} from "../support/memory-server.ts";

const PORTS = [RTMP_PORT, HTTP_PORT, API_PORT];
const GET = "GET /api/v1/versions HTTP/1.1\r\nHost: a\r\n\r\n";

async function expectNothingLeft(server: MemoryServer): Promise<void> {
  for (const port of PORTS) await expect(server.open(port)).rejects.toThrow("ECONNREFUSED");
  expect(server.openSockets).toEqual([]);
  expect(server.timerCount).toBe(0);
  expect(server.events().filter(({ level }) => level === "error")).toEqual([]);
}

/** A promise, and whether it has settled. */
function watch(promise: Promise<void>): { isDone: boolean } {
  const state = { isDone: false };
  promise.then(
    () => {
      state.isDone = true;
    },
    () => undefined,
  );
  return state;
}

describe("a graceful stop", () => {
  test("waits for those who publish and play, who notice nothing, and takes nobody new", async () => {
    const server = await MemoryServer.start();
    const publisher = await server.publish(server.rtmpUrl("live/show"));
    await publisher.start();
    const player = await server.play(server.rtmpUrl("live/show"));
    const viewer = await server.watch(server.httpUrl("/live/show.flv"));
    const stopping = server.sluice.stopGracefully();
    const state = watch(stopping);
    for (let second = 0; second < 60; second++) {
      await publisher.send();
      await server.advance(1_000);
    }
    expect(state.isDone).toBe(false);
    for (const port of PORTS) await expect(server.open(port)).rejects.toThrow("ECONNREFUSED");
    expect(player.count("video")).toBeGreaterThan(55);
    expect(viewer.count(9)).toBeGreaterThan(55);

    await publisher.leave();
    await player.leave();
    await server.advance(4_000);
    expect(state.isDone).toBe(false);
    await viewer.vanish();
    await server.finish(stopping);
    await expectNothingLeft(server);
  });

  test("does not wait for connections that are only kept alive, nor serve them", async () => {
    const server = await MemoryServer.start();
    const kept = await server.open(HTTP_PORT);
    await kept.send(GET);
    expect(kept.text).toContain("200 OK");
    const silent = await server.open(API_PORT);
    const half = await server.open(HTTP_PORT);
    await half.send("GET /live/show.flv HTTP/1.1\r\n");
    const stopping = server.sluice.stopGracefully();
    await server.advance(1);
    await half.send("Host: a\r\n\r\n");
    await kept.send("GET /live/show.flv HTTP/1.1\r\nHost: a\r\n\r\n");
    await server.finish(stopping);
    for (const wire of [kept, silent, half]) expect(wire.isClosed).toBe(true);
    expect(server.events("play started")).toEqual([]);
    await expectNothingLeft(server);
  });

  test("lets nobody begin who is connected and has not said what for", async () => {
    const server = await MemoryServer.start();
    const publisher = await server.publish(server.rtmpUrl("live/show"));
    const idle = [
      await server.connect(server.rtmpUrl("live/show")),
      await server.connect(server.rtmpUrl("live/other")),
    ] as const;
    const stopping = server.sluice.stopGracefully();
    await server.advance(1);
    await expect(idle[0].play()).rejects.toThrow("shutting down");
    await expect(idle[1].publish()).rejects.toThrow("shutting down");
    await settle();
    expect(server.events("session ended")).toMatchObject([
      { reason: "shutting_down" },
      { reason: "shutting_down" },
    ]);
    await publisher.leave();
    await server.finish(stopping);
    await expectNothingLeft(server);
  });

  test("waits for grace_start_wait, in which all goes on, and for grace_final_wait", async () => {
    const server = await MemoryServer.start({ grace_start_wait: 2_000, grace_final_wait: 3_000 });
    const state = watch(server.sluice.stopGracefully());
    await server.advance(1_900, 100);
    const player = await server.play(server.rtmpUrl("live/show"));
    await server.advance(200, 100);
    await expect(server.open(RTMP_PORT)).rejects.toThrow("ECONNREFUSED");
    await player.leave();
    await server.advance(2_900, 100);
    expect(state.isDone).toBe(false);
    await server.advance(500, 100);
    expect(state.isDone).toBe(true);
  });

  test("can be cut short", async () => {
    const server = await MemoryServer.start();
    const player = await server.play(server.rtmpUrl("live/show"));
    const stopping = server.sluice.stopGracefully();
    await server.advance(1_000);
    await server.stop();
    await server.finish(stopping);
    expect(player.isClosed).toBe(true);
    await expectNothingLeft(server);
  });

  test("of a server that nobody uses is at once", async () => {
    const server = await MemoryServer.start();
    const stopping = server.sluice.stopGracefully();
    await server.finish(stopping, 1);
    expect(server.runtime.clock.monotonicMs()).toBeLessThan(10);
    await expectNothingLeft(server);
  });
});

describe("a stop at once", () => {
  const testStream = new Uint8Array(
    readFileSync(new URL("../../web/test-stream.flv", import.meta.url)),
  );
  const start = (config: ConfigValue = {}) =>
    MemoryServer.start(config, { assets: { "/test-stream.flv": testStream } });

  test("ends everybody, and leaves nothing", async () => {
    const server = await start({ test_stream: { enabled: true }, pid: "/sluice.pid" });
    const publisher = await server.publish(server.rtmpUrl("live/show"));
    await publisher.start();
    const peers = [publisher, await server.play(server.rtmpUrl("live/show"))];
    peers.push(await server.play(server.rtmpUrl("live/nobody")));
    const viewers = [
      await server.watch(server.httpUrl("/live/show.flv")),
      await server.watch(server.httpUrl("/live/nobody.flv")),
      await server.watchByWebSocket(server.httpUrl("/live/test.flv")),
    ];
    const wires = [await server.open(RTMP_PORT), await server.open(HTTP_PORT)];
    await wires[0]?.send(new Uint8Array([3, 0]));
    await wires[1]?.send(GET);
    const idle = await server.connect(server.rtmpUrl("live/idle"));
    viewers[0]?.pause();
    await server.advance(3_000);
    await publisher.send();
    expect(await server.runtime.files.readText("/sluice.pid")).toBe("4242");

    await server.stop();
    for (const peer of [...peers, idle, ...wires]) expect(peer.isClosed).toBe(true);
    for (const viewer of viewers.slice(1)) expect(viewer.isEnded).toBe(true);
    await expectNothingLeft(server);
    expect(await server.runtime.files.stat("/sluice.pid")).toBeUndefined();
  });

  test("is as good the second time", async () => {
    const server = await start();
    await Promise.all([server.stop(), server.stop()]);
    await server.stop();
    await expectNothingLeft(server);
  });

  test("clears up behind a start that failed", async () => {
    const server = MemoryServer.start(
      { pid: "/sluice.pid" },
      {
        prepare: async (prepared) => {
          await prepared.runtime.tcp.listen({ host: "0.0.0.0", port: API_PORT }, () => undefined);
          await expect(prepared.sluice.start()).rejects.toMatchObject({ code: "EADDRINUSE" });
          await prepared.stop();
          expect(prepared.timerCount).toBe(0);
          expect(await prepared.runtime.files.stat("/sluice.pid")).toBeUndefined();
          for (const port of [RTMP_PORT, HTTP_PORT]) {
            await expect(prepared.open(port)).rejects.toThrow("ECONNREFUSED");
          }
        },
      },
    );
    await expect(server).rejects.toMatchObject({ code: "EADDRINUSE" });
  });
});
