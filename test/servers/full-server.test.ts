/**
 * Goal: a server that is full says so, each protocol in its way, spends little on those it cannot take,
 * and takes new ones as soon as others have left.
 *
 * Method: all servers in memory with room for three; the places are filled with connections of each
 * kind, and then more come than are even told.
 */

import { beforeEach, describe, expect, test } from "vitest";
import { settle } from "../support/memory-network.ts";
import { MemoryParts } from "../support/memory-parts.ts";

const RTMP = "rtmp://127.0.0.1/live/show";
const HTTP = "http://127.0.0.1:8080/live/show.flv";
const WS = "ws://127.0.0.1:8080/live/show.flv";
const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/** So many are told that the server is full; the next is cut off. */
const TOLD_MAX = 64;
/** Past the time that those who are told have to take notice. */
const TOLD_MS = 80_000;

describe("max_connections", () => {
  let parts: MemoryParts;
  /** Lets each of those in the three places go. */
  let leaves: (() => Promise<void>)[];

  beforeEach(async () => {
    parts = await MemoryParts.start({ max_connections: 3 });
    const player = await parts.play(RTMP);
    const viewer = await parts.watch(HTTP);
    const socket = await parts.watchByWebSocket(WS);
    leaves = [() => player.leave(), () => viewer.vanish(), () => socket.vanish()];
    expect(parts.connections.count).toBe(3);
  });

  test("is told to RTMP clients by the answer to connect, which ends the connection", async () => {
    await expect(parts.connect(RTMP)).rejects.toMatchObject({
      code: "NetConnection.Connect.Rejected",
      message: expect.stringContaining("server has 3 connections"),
    });
    await settle();
    expect(parts.openSockets).toHaveLength(3);
  });

  test.each([8080, 1985])("is told to HTTP clients of port %i by 503 and the end", async (port) => {
    const wire = await parts.open(port);
    await wire.send(GET);
    expect(wire.text).toMatch(/^HTTP\/1\.1 503 Service Unavailable\r\n/);
    expect(wire.text).toMatch(/\r\n\r\n\{"code":503,"message":"[^"]*server has 3 connections"\}$/);
    await parts.advance(2_000);
    expect(wire.isClosed).toBe(true);
  });

  test("is told to so many, and further ones are cut off, until those told have gone", async () => {
    for (let round = 0; round < 2; round++) {
      const told = [];
      for (let i = 0; i < TOLD_MAX; i++) told.push(await parts.open(i % 2 === 0 ? 8080 : 1935));
      expect(told.some(({ isClosed }) => isClosed)).toBe(false);
      for (const port of [8080, 1935]) {
        const cut = await parts.open(port);
        expect(cut.isClosed).toBe(true);
        expect(cut.text).toBe("");
      }
      expect(parts.connections.count).toBe(3);
      await parts.advance(TOLD_MS);
      expect(told.every(({ isClosed }) => isClosed)).toBe(true);
      // The viewers have given up waiting meanwhile, but for the one of RTMP.
      while (parts.connections.count < 3) await parts.play(RTMP);
    }
  });

  test.each([0, 1, 2])("has room again when number %i of those connected leaves", async (index) => {
    await leaves[index]?.();
    expect(parts.connections.count).toBe(2);
    const next = await parts.play(RTMP);
    await expect(parts.connect(RTMP)).rejects.toThrow("server has 3 connections");
    await next.leave();
    const wire = await parts.open(8080);
    await wire.send(GET);
    expect(wire.text).toMatch(/^HTTP\/1\.1 404 /);
  });

  test("counts a viewer once, before it plays and while it plays", async () => {
    await leaves[0]?.();
    const wire = await parts.open(8080);
    await wire.send(GET);
    expect(parts.connections.count).toBe(3);
    await wire.send("GET /live/show.flv HTTP/1.1\r\nHost: a\r\n\r\n");
    expect(parts.sessions.size).toBe(3);
    expect(parts.connections.count).toBe(3);
  });

  test("is logged for each that is refused, with its address", async () => {
    await expect(parts.connect(RTMP)).rejects.toThrow();
    await parts.open(8080);
    expect(parts.events("connection refused")).toMatchObject([
      { level: "warn", address: "127.0.0.1", protocol: "rtmp" },
      { level: "warn", address: "127.0.0.1", protocol: "http" },
    ]);
  });
});

test("limits.connections_per_address holds for all ports together, and is not for ever", async () => {
  const parts = await MemoryParts.start({ limits: { connections_per_address: 2 } });
  const player = await parts.play(RTMP);
  const viewer = await parts.watch(HTTP);
  await expect(parts.connect(RTMP)).rejects.toThrow("address has 2 connections");
  const wire = await parts.open(1985);
  await wire.send(GET);
  expect(wire.text).toMatch(/^HTTP\/1\.1 503 .*address has 2 connections/s);
  await viewer.vanish();
  await expect(parts.watchByWebSocket(WS)).resolves.toBeDefined();
  await player.leave();
  await expect(parts.play(RTMP)).resolves.toBeDefined();
});
