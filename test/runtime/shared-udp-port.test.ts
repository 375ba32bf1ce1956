/**
 * Goal: where the runtime says that sockets can share a UDP port, one peer's datagrams all come to
 * the same of them, and but for Deno each gets its share of the peers; when one is closed, the other
 * gets what it got; without being asked, nobody shares.
 *
 * Method: two sockets at one port and 64 peers of two datagrams each: that one of them gets none by
 * chance has a probability of 2^-63.
 */

import { describe, expect, test } from "vitest";
import { createRuntime } from "../../src/runtime/detect.ts";
import type { UdpHandler } from "../../src/runtime/runtime.ts";
import { eventually } from "./support/eventually.ts";

const PEER_COUNT = 64;

const runtime = await createRuntime();
const { udp } = runtime;
const host = "127.0.0.1";

class Ports implements UdpHandler {
  readonly list: number[] = [];

  datagram(_bytes: Uint8Array, _address: string, port: number): void {
    this.list.push(port);
  }

  error(error: Error): void {
    throw error;
  }
}

describe(`shared UDP ports on ${runtime.name}`, () => {
  test.runIf(udp.canSharePort)("share the peers out", async () => {
    const got = [new Ports(), new Ports()] as const;
    const first = await udp.bind({ host, port: 0, reusePort: true }, got[0]);
    const second = await udp.bind({ host, port: first.port, reusePort: true }, got[1]);
    const binds = Array.from({ length: PEER_COUNT }, () =>
      udp.bind({ host, port: 0 }, new Ports()),
    );
    const peers = await Promise.all(binds);
    for (const peer of [...peers, ...peers]) peer.send(Uint8Array.of(1), host, first.port);
    const count = (): number => got[0].list.length + got[1].list.length;
    await eventually("all datagrams", () => count() === 2 * PEER_COUNT);
    const [ofFirst, ofSecond] = got.map(({ list }) => new Set(list));
    if (runtime.name !== "deno") {
      expect(ofFirst?.size).toBeGreaterThan(0);
      expect(ofSecond?.size).toBeGreaterThan(0);
    }
    expect((ofFirst?.size ?? 0) + (ofSecond?.size ?? 0)).toBe(PEER_COUNT);
    await second.close();
    got[0].list.splice(0);
    for (const peer of peers) peer.send(Uint8Array.of(2), host, first.port);
    await eventually("all datagrams at the first", () => got[0].list.length === PEER_COUNT);
    await Promise.all([first, ...peers].map((socket) => socket.close()));
  });

  test("are not shared with who does not ask", async () => {
    const first = await udp.bind({ host, port: 0 }, new Ports());
    const again = udp.bind({ host, port: first.port }, new Ports());
    await expect(again).rejects.toMatchObject({ code: "EADDRINUSE" });
    await first.close();
  });
});
