/**
 * Goal: datagrams go out and come in whole, to and from both families, alone and in batches, and no
 * peer's absence harms another.
 *
 * Method: sockets of ours on loopback; what arrives is noted with where it came from.
 */

import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { createRuntime } from "../../src/runtime/detect.ts";
import { MemoryRuntime } from "../../src/runtime/memory/memory-runtime.ts";
import {
  BATCHED_DATAGRAM_SIZE_MAX,
  type Runtime,
  type Udp,
  type UdpOptions,
  type UdpSocket,
} from "../../src/runtime/runtime.ts";
import { eventually, pass } from "./support/eventually.ts";
import { testUnlessGap } from "./support/gaps.ts";
import { startProbe } from "./support/probe.ts";

const runtime = await createRuntime();
const runtimes: Runtime[] = [runtime, new MemoryRuntime()];
/** Of a port that much is sent by, for which a runtime may have other means. */
const LARGE_BUFFERS = { receiveBufferSize: 1 << 20, sendBufferSize: 1 << 20 };
const PORTS = runtimes.flatMap(({ name, udp }) => [
  { name, udp, sizes: {} },
  { name: `${name} with large buffers`, udp, sizes: LARGE_BUFFERS },
]);

interface Arrival {
  readonly bytes: Uint8Array;
  readonly address: string;
  readonly port: number;
}

class Inbox {
  readonly arrivals: Arrival[] = [];
  readonly errors: Error[] = [];

  datagram(bytes: Uint8Array, address: string, port: number): void {
    this.arrivals.push({ bytes: bytes.slice(), address, port });
  }

  error(error: Error): void {
    this.errors.push(error);
  }

  get firstBytes(): (number | undefined)[] {
    return this.arrivals.map(({ bytes }) => bytes[0]);
  }
}

function sendBatch(socket: UdpSocket, datagrams: readonly Arrival[]): void {
  const batch = socket.createBatch();
  for (const { bytes, address, port } of datagrams) {
    batch.add(bytes, batch.destination(address, port));
  }
  batch.flush();
}

async function bindPort(
  udp: Udp,
  options: Partial<UdpOptions> = {},
): Promise<{ socket: UdpSocket; inbox: Inbox }> {
  const inbox = new Inbox();
  const socket = await udp.bind({ host: "127.0.0.1", port: 0, ...options }, inbox);
  return { socket, inbox };
}

describe.each(PORTS)("UDP on $name", ({ udp, sizes }) => {
  const bind = (one: Udp, options: Partial<UdpOptions> = {}) =>
    bindPort(one, { ...sizes, ...options });

  test("carries a datagram and its answer", async () => {
    const a = await bind(udp);
    const b = await bind(udp);
    a.socket.send(Uint8Array.of(1, 2, 3), "127.0.0.1", b.socket.port);
    await eventually("datagram", () => b.inbox.arrivals.length === 1);
    expect(b.inbox.arrivals).toEqual([
      { bytes: Uint8Array.of(1, 2, 3), address: "127.0.0.1", port: a.socket.port },
    ]);
    b.socket.send(Uint8Array.of(4), "127.0.0.1", a.socket.port);
    await eventually("answer", () => a.inbox.arrivals.length === 1);
    expect(a.inbox.arrivals[0]?.port).toBe(b.socket.port);
    await a.socket.close();
    await b.socket.close();
  });

  test("keeps the borders of datagrams, down to none and up to 60,000 bytes", async () => {
    const a = await bind(udp);
    const b = await bind(udp);
    for (const size of [1, 0, 1472, 60_000]) {
      const { length } = b.inbox.arrivals;
      a.socket.send(new Uint8Array(size).fill(7), "127.0.0.1", b.socket.port);
      await eventually(`${size} bytes`, () => b.inbox.arrivals.length > length);
    }
    expect(b.inbox.arrivals.map(({ bytes }) => bytes.length)).toEqual([1, 0, 1472, 60_000]);
    expect(new Set(b.inbox.arrivals[3]?.bytes)).toEqual(new Set([7]));
    await a.socket.close();
    await b.socket.close();
  });

  test("sends a batch to several peers", async () => {
    const sender = await bind(udp);
    const receivers = await Promise.all([bind(udp), bind(udp), bind(udp)]);
    const batch = Array.from({ length: 150 }, (_, index) => ({
      bytes: Uint8Array.of(index, 1),
      address: "127.0.0.1",
      port: receivers[index % 3]?.socket.port ?? 0,
    }));
    sendBatch(sender.socket, batch);
    sendBatch(sender.socket, []);
    for (const [index, { inbox }] of receivers.entries()) {
      await eventually("50 datagrams", () => inbox.arrivals.length === 50);
      const expected = Array.from({ length: 50 }, (_, i) => 3 * i + index);
      expect([...inbox.firstBytes].sort((a, b) => Number(a) - Number(b))).toEqual(expected);
    }
    for (const { socket } of [sender, ...receivers]) await socket.close();
  });

  test("keeps each datagram of a batch apart, however many leave in one turn", async () => {
    const sender = await bind(udp);
    const receivers = await Promise.all(Array.from({ length: 10 }, () => bind(udp)));
    const batch = sender.socket.createBatch();
    const places = receivers.map(({ socket }) => batch.destination("127.0.0.1", socket.port));
    for (let index = 0; index < 1500; index++) {
      const place = places[index % 10];
      if (place !== undefined) batch.add(new Uint8Array(2 + (index % 7)).fill(index % 251), place);
    }
    batch.flush();
    for (const [first, { inbox }] of receivers.entries()) {
      await eventually("150 datagrams", () => inbox.arrivals.length === 150);
      const expected = Array.from({ length: 150 }, (_, i) => {
        const index = 10 * i + first;
        return new Array<number>(2 + (index % 7)).fill(index % 251).join();
      });
      expect(inbox.arrivals.map(({ bytes }) => bytes.join()).sort()).toEqual(expected.sort());
    }
    for (const { socket } of [sender, ...receivers]) await socket.close();
  });

  test("batches datagrams of up to 2,048 bytes", async () => {
    const a = await bind(udp);
    const b = await bind(udp);
    const batch = a.socket.createBatch();
    const place = batch.destination("127.0.0.1", b.socket.port);
    for (const size of [0, 1, BATCHED_DATAGRAM_SIZE_MAX]) batch.add(new Uint8Array(size), place);
    batch.flush();
    await eventually("datagrams", () => b.inbox.arrivals.length === 3);
    const sizes = b.inbox.arrivals.map(({ bytes }) => bytes.length).sort((x, y) => x - y);
    expect(sizes).toEqual([0, 1, BATCHED_DATAGRAM_SIZE_MAX]);
    const tooLong = new Uint8Array(BATCHED_DATAGRAM_SIZE_MAX + 1);
    expect(() => batch.add(tooLong, place)).toThrow("Assertion");
    await a.socket.close();
    await b.socket.close();
  });

  test("goes on after thousands of datagrams", async () => {
    const a = await bind(udp);
    const b = await bind(udp);
    for (let sentCount = 0; sentCount < 3000; ) {
      for (let i = 0; i < 50; i++) a.socket.send(Uint8Array.of(i), "127.0.0.1", b.socket.port);
      sentCount += 50;
      await eventually("50 datagrams", () => b.inbox.arrivals.length === sentCount);
    }
    await a.socket.close();
    await b.socket.close();
  });

  test("throws EADDRINUSE at a port that is taken", async () => {
    const { socket } = await bind(udp);
    const attempt = bind(udp, { port: socket.port });
    await expect(attempt).rejects.toMatchObject({ name: "SystemError", code: "EADDRINUSE" });
    await socket.close();
  });

  test("frees the port on close, and sends and delivers nothing afterwards", async () => {
    const a = await bind(udp);
    const b = await bind(udp);
    await b.socket.close();
    await b.socket.close();
    b.socket.send(Uint8Array.of(1), "127.0.0.1", a.socket.port);
    sendBatch(b.socket, [{ bytes: Uint8Array.of(2), address: "127.0.0.1", port: a.socket.port }]);
    const again = await bind(udp, { port: b.socket.port });
    a.socket.send(Uint8Array.of(3), "127.0.0.1", again.socket.port);
    await eventually("datagram", () => again.inbox.arrivals.length === 1);
    expect([a.inbox.arrivals.length, b.inbox.arrivals.length]).toEqual([0, 0]);
    await a.socket.close();
    await again.socket.close();
  });
});

describe.each(PORTS.slice(0, 2))("UDP on the network of $name", ({ udp, sizes }) => {
  const bind = (one: Udp, options: Partial<UdpOptions> = {}) =>
    bindPort(one, { ...sizes, ...options });

  testUnlessGap(runtime, "UDP order", "keeps the order of what is sent", async () => {
    const a = await bind(udp);
    const b = await bind(udp);
    for (let round = 1; round <= 5; round++) {
      for (let i = 0; i < 50; i++) a.socket.send(Uint8Array.of(i), "127.0.0.1", b.socket.port);
      const batch = Array.from({ length: 100 }, (_, index) => ({
        bytes: Uint8Array.of(50 + index),
        address: "127.0.0.1",
        port: b.socket.port,
      }));
      sendBatch(a.socket, batch);
      await eventually("150 datagrams", () => b.inbox.arrivals.length === round * 150);
    }
    expect(b.inbox.firstBytes).toEqual(Array.from({ length: 750 }, (_, index) => index % 150));
    await a.socket.close();
    await b.socket.close();
  });

  testUnlessGap(runtime, "UDP order", "cuts what left together where it was added", async () => {
    for (const host of ["127.0.0.1", "::1"]) {
      const sender = await bind(udp, { host });
      const receivers = await Promise.all([bind(udp, { host }), bind(udp, { host })]);
      const batch = sender.socket.createBatch();
      const places = receivers.map(({ socket }) => batch.destination(host, socket.port));
      // As frames are: packets of one size and a last one; and what does not fit together.
      const sizes = [1200, 1200, 1200, 1187, 90, 91, 90, 0, 90, 90, 1200, 1, 1, 1];
      for (const [index, size] of sizes.entries()) {
        for (const [receiver, place] of places.entries()) {
          batch.add(new Uint8Array(size).fill(16 * receiver + index), place);
        }
      }
      batch.flush();
      for (const [receiver, { inbox }] of receivers.entries()) {
        await eventually("all datagrams", () => inbox.arrivals.length === sizes.length);
        const expected = sizes.map((size, index) =>
          new Array<number>(size).fill(16 * receiver + index).join(),
        );
        expect(inbox.arrivals.map(({ bytes }) => bytes.join())).toEqual(expected);
        const { port } = sender.socket;
        expect(new Set(inbox.arrivals.map((arrival) => arrival.port))).toEqual(new Set([port]));
      }
      for (const { socket } of [sender, ...receivers]) await socket.close();
    }
  });

  test("speaks IPv6", async () => {
    const a = await bind(udp, { host: "::1" });
    const b = await bind(udp, { host: "::1" });
    a.socket.send(Uint8Array.of(1), "::1", b.socket.port);
    await eventually("datagram", () => b.inbox.arrivals.length === 1);
    expect(b.inbox.arrivals[0]).toMatchObject({ address: "::1", port: a.socket.port });
    await a.socket.close();
    await b.socket.close();
  });

  test("speaks both families at ::, and shows IPv4 as IPv4", async () => {
    const both = await bind(udp, { host: "::" });
    const four = await bind(udp);
    const six = await bind(udp, { host: "::1" });
    four.socket.send(Uint8Array.of(4), "127.0.0.1", both.socket.port);
    six.socket.send(Uint8Array.of(6), "::1", both.socket.port);
    await eventually("both", () => both.inbox.arrivals.length === 2);
    expect(both.inbox.arrivals.map(({ address }) => address).sort()).toEqual(["127.0.0.1", "::1"]);

    for (const { address, port } of both.inbox.arrivals) {
      both.socket.send(Uint8Array.of(1), address, port);
      sendBatch(both.socket, [{ bytes: Uint8Array.of(2), address, port }]);
    }
    await eventually("answers", () => four.inbox.arrivals.length === 2);
    await eventually("answers", () => six.inbox.arrivals.length === 2);
    expect(four.inbox.arrivals[0]).toMatchObject({ address: "127.0.0.1", port: both.socket.port });
    for (const { socket } of [both, four, six]) await socket.close();
  });

  test("loses what cannot be sent, and nothing else", async () => {
    const sender = await bind(udp);
    const receiver = await bind(udp);
    const gone = await bind(udp);
    await gone.socket.close();
    const good = (value: number): Arrival => ({
      bytes: Uint8Array.of(value),
      address: "127.0.0.1",
      port: receiver.socket.port,
    });
    const bad: Arrival[] = [
      { ...good(100), port: gone.socket.port },
      { ...good(101), address: "::1" },
      { ...good(102), address: "255.255.255.255" },
      { ...good(103), bytes: new Uint8Array(70_000) },
    ];
    let value = 0;
    for (let round = 0; round < 3; round++) {
      for (const datagram of bad) {
        const isBatched = datagram.bytes.length <= BATCHED_DATAGRAM_SIZE_MAX;
        sendBatch(sender.socket, [good(value++), ...(isBatched ? [datagram] : []), good(value++)]);
        sender.socket.send(datagram.bytes, datagram.address, datagram.port);
        const { bytes, address, port } = good(value++);
        sender.socket.send(bytes, address, port);
      }
      // Time for the kernel to hear that nobody listens at the port of the one that is gone.
      await pass(10);
    }
    await eventually(`${value} datagrams`, () => receiver.inbox.arrivals.length === value);
    expect([...sender.inbox.errors, ...receiver.inbox.errors]).toEqual([]);
    await sender.socket.close();
    await receiver.socket.close();
  });

  test("an error thrown in a handler is an uncaught one, and the socket lives on", async () => {
    const { child, printed } = await startProbe(runtime, "throwing-datagram");
    expect(await child.exited).toEqual({ code: 0, signal: undefined });
    expect(printed.stdout).toBe("uncaught in datagram 1\nuncaught in datagram 2\n");
  });

  test("throws EADDRNOTAVAIL at an address of somebody else", async () => {
    const attempt = bind(udp, { host: "192.0.2.1" });
    await expect(attempt).rejects.toMatchObject({ name: "SystemError", code: "EADDRNOTAVAIL" });
  });

  const hasSs = spawnSync("ss", ["-V"]).error === undefined;

  describe.skipIf(!hasSs)("the kernel's buffers", () => {
    testUnlessGap(runtime, "UDP buffer sizes", "have the sizes asked for", async () => {
      const few = { receiveBufferSize: 96 << 10, sendBufferSize: 80 << 10 };
      const { socket } = await bind(udp, few);
      const { stdout } = spawnSync("ss", ["-uanm", `sport = :${socket.port}`]);
      await socket.close();
      // Linux doubles what is asked for, for its own bookkeeping: socket(7), SO_RCVBUF.
      expect(stdout.toString()).toContain(`rb${2 * few.receiveBufferSize},`);
      expect(stdout.toString()).toContain(`tb${2 * few.sendBufferSize},`);
    });
  });
});
