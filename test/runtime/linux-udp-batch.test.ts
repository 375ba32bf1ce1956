/**
 * Goal: what goes to one destination leaves as few messages, cut where it was added and in its order, and
 * nothing is lost because the kernel, the network card or the way there will not have it so.
 *
 * Method: a kernel of ours that reads the structures as the manual has them (sendmmsg(2), udp(7)), and
 * refuses what it is told to. And the real one, where the runtime can call it.
 */

import { describe, expect, test } from "vitest";
import { createRuntime } from "../../src/runtime/detect.ts";
import type { LibcCalls } from "../../src/runtime/node-compat/libc-calls.ts";
import {
  type BatchCalls,
  type BatchedSocket,
  LinuxUdpBatch,
} from "../../src/runtime/node-compat/linux-udp-batch.ts";
import { eventually } from "./support/eventually.ts";

/** Above 32 bits, as addresses are. */
const BASE = 0x7f12_ffff_f000;

interface Message {
  readonly to: string;
  /** The first byte of each datagram, and its size. */
  readonly datagrams: readonly string[];
}

/** A message as it was handed over: what it is cut into, if it is. */
interface Handed extends Message {
  readonly isCut: boolean;
}

/** What is done with a message: sent, or refused. */
type Judge = (message: Handed) => boolean;

class Kernel {
  readonly calls: Message[][] = [];
  readonly options: number[][] = [];
  knowsSegments = true;
  judge: Judge = () => true;

  get sent(): Message[] {
    return this.calls.flat();
  }

  setsockopt(fd: number, level: number, name: number, value: Int32Array): number {
    this.options.push([fd, level, name, ...value]);
    return this.knowsSegments ? 0 : -1;
  }

  sendto(): number {
    throw new Error("A batch sends all that it can in messages");
  }

  sendmmsg(_fd: number, messages: Uint8Array, count: number): number {
    const call: Message[] = [];
    for (let i = 0; i < count; i++) {
      const message = read(messages, i);
      if (!this.judge(message)) break;
      call.push({ to: message.to, datagrams: message.datagrams });
    }
    if (call.length > 0) this.calls.push(call);
    return call.length === 0 ? -1 : call.length;
  }
}

function read(messages: Uint8Array, index: number): Handed {
  const view = new DataView(messages.buffer);
  const pointer = (at: number): number => {
    const offset = Number(view.getBigUint64(at, true)) - BASE;
    expect(offset).toBeGreaterThanOrEqual(0);
    return offset;
  };
  const long = (at: number): number => Number(view.getBigUint64(at, true));
  const header = messages.byteOffset + index * 64;
  const name = pointer(header);
  const bytes: number[] = [];
  for (let i = 0; i < long(header + 24); i++) {
    const vector = pointer(header + 16) + i * 16;
    const start = pointer(vector);
    bytes.push(...new Uint8Array(view.buffer, start, long(vector + 8)));
  }
  const controlSize = long(header + 40);
  let size = bytes.length;
  if (controlSize > 0) {
    const control = pointer(header + 32);
    expect([controlSize, long(control)]).toEqual([24, 18]);
    // SOL_UDP and UDP_SEGMENT of Linux's include/uapi/linux/udp.h.
    expect([view.getInt32(control + 8, true), view.getInt32(control + 12, true)]).toEqual([
      17, 103,
    ]);
    size = view.getUint16(control + 16, true);
  }
  const datagrams: string[] = [];
  for (let at = 0; at < bytes.length || at === 0; at += size) {
    const datagram = bytes.slice(at, at + size);
    expect(new Set(datagram).size).toBeLessThanOrEqual(1);
    datagrams.push(`${datagram[0]} ${datagram.length}`);
    if (size === 0) break;
  }
  return { to: readAddress(view, name, long(header + 8)), datagrams, isCut: controlSize > 0 };
}

/** As hexadecimal digits: the family, the port, the address. */
function readAddress(view: DataView, start: number, size: number): string {
  expect([16, 28]).toContain(size);
  const hex = Buffer.from(new Uint8Array(view.buffer, start, size)).toString("hex");
  return size === 16
    ? [hex.slice(0, 4), hex.slice(4, 8), hex.slice(8, 16)].join(" ")
    : [hex.slice(0, 4), hex.slice(4, 8), hex.slice(16, 48)].join(" ");
}

function open(setUp: Partial<Kernel> = {}, isIpv6 = false) {
  const kernel = Object.assign(new Kernel(), setUp);
  const state = { isClosed: false };
  const alone: string[] = [];
  const socket: BatchedSocket = {
    ...{ fd: 7, isIpv6, isClosed: () => state.isClosed },
    send: (bytes, address, port) => void alone.push(`${address} ${port} ${bytes.join()}`),
  };
  const batch = new LinuxUdpBatch(socket, { libc: kernel, addressOf: () => BASE });
  const places = [1, 2, 3].map((port) => batch.destination("10.0.0.1", port));
  /** Adds datagrams of these sizes, filled with their number. */
  const add = (place: number, ...sizes: readonly number[]): void => {
    for (const [index, size] of sizes.entries()) {
      const destination = places[place];
      if (destination !== undefined) batch.add(new Uint8Array(size).fill(index), destination);
    }
  };
  const send = (place: number, ...sizes: readonly number[]): string[][] => {
    kernel.calls.length = 0;
    add(place, ...sizes);
    batch.flush();
    return kernel.sent.map(({ datagrams }) => [...datagrams]);
  };
  return { alone, batch, kernel, state, add, send };
}

describe("what goes together", () => {
  test("datagrams of one size, and a shorter one at the end", () => {
    const { send } = open();
    expect(send(0, 9, 9, 9, 4)).toEqual([["0 9", "1 9", "2 9", "3 4"]]);
  });

  test("not a longer one, nor any behind a shorter one, nor one without bytes", () => {
    const { send } = open();
    expect(send(0, 9, 10, 10)).toEqual([["0 9"], ["1 10", "2 10"]]);
    expect(send(0, 9, 4, 4, 9)).toEqual([["0 9", "1 4"], ["2 4"], ["3 9"]]);
    expect(send(0, 9, 0, 9)).toEqual([["0 9"], ["undefined 0"], ["2 9"]]);
    expect(send(0, 0, 0)).toEqual([["undefined 0"], ["undefined 0"]]);
  });

  test("what is for others in between does not matter", () => {
    const { batch, kernel, add } = open();
    for (let round = 0; round < 3; round++) for (const place of [0, 1, 2]) add(place, 5);
    batch.flush();
    expect(kernel.calls).toEqual([
      [1, 2, 3].map((port) => ({
        to: `0200 000${port} 0a000001`,
        datagrams: ["0 5", "0 5", "0 5"],
      })),
    ]);
  });

  test("at most 63, and 65,507 bytes, as one datagram could have", () => {
    const { send } = open();
    const lengths = (messages: string[][]): number[] => messages.map(({ length }) => length);
    expect(lengths(send(0, ...new Array<number>(150).fill(7)))).toEqual([63, 63, 24]);
    expect(lengths(send(0, ...new Array<number>(60).fill(1250)))).toEqual([52, 8]);
  });

  test("nothing of before", () => {
    const { send } = open();
    expect(send(0, 9, 9)).toEqual([["0 9", "1 9"]]);
    expect(send(0, 9)).toEqual([["0 9"]]);
    expect(send(0)).toEqual([]);
  });

  test("what has no room any more begins the next batch", () => {
    const { batch, kernel, add } = open();
    for (let i = 0; i < 800; i++) add(i % 3, 2048);
    batch.flush();
    expect(kernel.calls.length).toBe(2);
    for (const port of [1, 2, 3]) {
      const own = kernel.sent.filter(({ to }) => to === `0200 000${port} 0a000001`);
      expect(own.flatMap(({ datagrams }) => datagrams).length).toBe(port === 3 ? 266 : 267);
    }
  });

  test("more destinations than messages", () => {
    const { batch, kernel } = open();
    const many = Array.from({ length: 100 }, (_, port) => batch.destination("10.0.0.1", port));
    for (let round = 0; round < 2; round++) {
      for (const [index, one] of many.entries()) batch.add(Uint8Array.of(index), one);
    }
    batch.flush();
    expect(kernel.calls.map(({ length }) => length)).toEqual([64, 64, 64, 8]);
    expect(kernel.sent.map(({ datagrams }) => datagrams[0])).toEqual(
      Array.from({ length: 200 }, (_, index) => `${index % 100} 1`),
    );
  });
});

describe("what is not to be had", () => {
  test("a kernel that cuts nothing is given datagrams", () => {
    const { kernel, send } = open({ knowsSegments: false });
    expect(send(0, 9, 9, 4)).toEqual([["0 9"], ["1 9"], ["2 4"]]);
    expect(kernel.options).toEqual([[7, 17, 103, 0]]);
  });

  test("what will not be cut goes one by one, and is not tried for ever", () => {
    const { kernel, send } = open();
    let triedCount = 0;
    kernel.judge = ({ isCut }) => {
      if (isCut) triedCount += 1;
      return !isCut;
    };
    for (let i = 0; i < 20; i++) expect(send(0, 9, 9, 4)).toEqual([["0 9"], ["1 9"], ["2 4"]]);
    expect(triedCount).toBe(8 * 2);
    // Others may go another way.
    kernel.judge = () => true;
    expect(send(1, 9, 9)).toEqual([["0 9", "1 9"]]);
  });

  test("a fault of an earlier datagram costs none", () => {
    const { kernel, send } = open();
    let faultCount = 0;
    kernel.judge = () => faultCount++ % 2 === 1;
    for (let i = 0; i < 20; i++)
      expect(send(0, 9, 9, 4, 5)).toEqual([["0 9", "1 9", "2 4"], ["3 5"]]);
  });

  test("who cannot be reached is left out, and nobody else, however many they are", () => {
    const { batch, kernel } = open();
    const many = Array.from({ length: 30 }, (_, port) => batch.destination("10.0.0.1", port));
    kernel.judge = ({ to }) => Number.parseInt(to.slice(5, 9), 16) >= 25;
    for (const one of [...many, ...many]) batch.add(Uint8Array.of(1), one);
    batch.flush();
    expect(kernel.sent.map(({ to }) => Number.parseInt(to.slice(5, 9), 16))).toEqual([
      25, 26, 27, 28, 29,
    ]);
  });

  test("want of room is no refusal: what follows goes together again", () => {
    const { kernel, send } = open();
    for (let i = 0; i < 20; i++) {
      kernel.judge = () => false;
      expect(send(0, 9, 9)).toEqual([]);
      kernel.judge = () => true;
      expect(send(0, 9, 9)).toEqual([["0 9", "1 9"]]);
    }
  });

  test("nor is room that has come between two attempts, as often as it may", () => {
    const { kernel, send } = open();
    for (let i = 0; i < 20; i++) {
      kernel.judge = ({ isCut }) => !isCut;
      expect(send(0, 9, 9)).toEqual([["0 9"], ["1 9"]]);
      kernel.judge = () => true;
      expect(send(0, 9, 9)).toEqual([["0 9", "1 9"]]);
    }
  });

  test("room for some of a message is used", () => {
    const { kernel, send } = open();
    let roomCount = 2;
    kernel.judge = ({ isCut }) => !isCut && roomCount-- > 0;
    expect(send(0, 9, 9, 9)).toEqual([["0 9"], ["1 9"]]);
    kernel.judge = () => true;
    for (let i = 0; i < 10; i++) expect(send(0, 9, 9)).toEqual([["0 9", "1 9"]]);
  });

  test("nothing is sent by a descriptor that is closed", () => {
    const { alone, batch, kernel, state, send } = open();
    state.isClosed = true;
    batch.add(Uint8Array.of(1), batch.destination("fe80::1%eth0", 5));
    expect(send(0, 9, 9)).toEqual([]);
    expect(kernel.sent).toEqual([]);
    // Nor is it kept.
    state.isClosed = false;
    expect(send(0, 9)).toEqual([["0 9"]]);
    expect(alone).toEqual([]);
  });
});

describe("addresses", () => {
  test("of both families from an IPv6 socket", () => {
    const { batch, kernel } = open({}, true);
    batch.add(Uint8Array.of(1), batch.destination("192.0.2.7", 0x1234));
    batch.add(Uint8Array.of(1), batch.destination("2001:db8::9", 0xfedc));
    batch.flush();
    expect(kernel.sent.map(({ to }) => to)).toEqual([
      "0a00 1234 00000000000000000000ffffc0000207",
      "0a00 fedc 20010db8000000000000000000000009",
    ]);
  });

  test("that are no numbers, or of the other family, go the other way", () => {
    const { alone, batch, kernel } = open();
    for (const address of ["::1", "fe80::1%eth0"]) {
      const bytes = Uint8Array.of(1, 2);
      batch.add(bytes, batch.destination(address, 5));
      bytes.fill(9);
    }
    expect(alone).toEqual([]);
    batch.flush();
    batch.flush();
    expect(alone).toEqual(["::1 5 1,2", "fe80::1%eth0 5 1,2"]);
    expect(kernel.sent).toEqual([]);
  });

  test("of another batch are refused", () => {
    const { batch } = open();
    const other = open().batch.destination("10.0.0.1", 1);
    expect(() => batch.add(Uint8Array.of(1), other)).toThrow("Assertion");
    expect(() => batch.add(Uint8Array.of(1), { address: "10.0.0.1", port: 1 })).toThrow(
      "Assertion",
    );
  });
});

/** Of the runtime that the tests run on; `undefined` on Node, and elsewhere than on Linux. */
async function loadCalls(): Promise<BatchCalls | undefined> {
  if ("Bun" in globalThis) return (await import("../../src/runtime/bun/libc.ts")).loadBatchCalls();
  if ("Deno" in globalThis)
    return (await import("../../src/runtime/deno/libc.ts")).loadBatchCalls();
  return undefined;
}

const calls = await loadCalls();

describe.skipIf(calls === undefined)("the real kernel", () => {
  test("takes what goes together as one message, and cuts it", async () => {
    if (calls === undefined) return;
    const runtime = await createRuntime();
    const arrived: string[] = [];
    const receiver = await runtime.udp.bind(
      { host: "127.0.0.1", port: 0 },
      {
        datagram: (bytes) => void arrived.push(`${bytes[0]} ${bytes.length}`),
        error: (error) => void arrived.push(error.message),
      },
    );
    const libc = calls.libc as LibcCalls;
    // AF_INET, SOCK_DGRAM.
    const fd = libc.socket(2, 2, 0);
    const taken: (readonly [count: number, taken: number])[] = [];
    const counted = {
      setsockopt: libc.setsockopt,
      sendto: libc.sendto,
      sendmmsg: (...args: Parameters<LibcCalls["sendmmsg"]>): number => {
        const count = libc.sendmmsg(...args);
        taken.push([args[2], count]);
        return count;
      },
    };
    const socket: BatchedSocket = {
      ...{ fd, isIpv6: false, isClosed: () => false },
      send: () => undefined,
    };
    const batch = new LinuxUdpBatch(socket, { libc: counted, addressOf: calls.addressOf });
    const place = batch.destination("127.0.0.1", receiver.port);
    for (const [index, size] of [1200, 1200, 1200, 700].entries()) {
      batch.add(new Uint8Array(size).fill(index), place);
    }
    batch.flush();
    await eventually("four datagrams", () => arrived.length === 4);
    expect(arrived).toEqual(["0 1200", "1 1200", "2 1200", "3 700"]);
    expect(taken).toEqual([[1, 1]]);
    libc.close(fd);
    await receiver.close();
  });
});
