/**
 * Goal: the memory of a datagram that waits for the kernel is not used for another.
 *
 * Method: a kernel of ours that takes its time.
 */

import { expect, test } from "vitest";
import { PooledUdpBatch } from "../../src/runtime/node-compat/udp-batch.ts";
import { CountedQueue, WAITING_COUNT_MAX } from "../../src/runtime/node-compat/udp-send-queue.ts";

function open() {
  const sent: { bytes: Uint8Array; address: string; port: number; done: () => void }[] = [];
  const kernel = { isBusy: false, sent };
  const batch = new PooledUdpBatch((bytes, address, port, done) => {
    sent.push({ bytes, address, port, done });
    return kernel.isBusy;
  });
  return { batch, kernel, sent };
}

test("uses the same memory again if nothing waits", () => {
  const { batch, sent } = open();
  for (let i = 0; i < 10; i++) batch.add(new Uint8Array(4 + i), batch.destination("a", i));
  batch.flush();
  expect(sent.map(({ port }) => port)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(sent.map(({ bytes }) => bytes.length)).toEqual([4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
  expect(new Set(sent.map(({ bytes }) => bytes.buffer)).size).toBe(1);
});

test("takes other memory while a datagram waits, and that again afterwards", () => {
  const { batch, kernel, sent } = open();
  kernel.isBusy = true;
  const place = batch.destination("a", 1);
  for (let i = 0; i < 5; i++) batch.add(new Uint8Array(3).fill(i), place);
  expect(sent.map(({ bytes }) => [...bytes])).toEqual([0, 1, 2, 3, 4].map((i) => [i, i, i]));
  sent[1]?.done();
  sent[3]?.done();
  for (let i = 5; i < 8; i++) batch.add(new Uint8Array(3).fill(i), place);
  const buffers = sent.map(({ bytes }) => bytes.buffer);
  expect(new Set(buffers).size).toBe(6);
  expect(new Set([buffers[1], buffers[3]])).toEqual(new Set([buffers[5], buffers[6]]));
  expect([0, 2, 4].map((i) => sent[i]?.bytes[0])).toEqual([0, 2, 4]);
});

/** A socket of node:dgram, which queues only what the kernel does not take. */
function openQueue() {
  const waiting: number[] = [];
  const kernel = { state: "free" as "free" | "full" | "failing", waiting };
  const queue = new CountedQueue({
    send: (bytes) => {
      if (kernel.state === "full") waiting.push(bytes[0] ?? -1);
    },
    getSendQueueCount: () => waiting.length,
  });
  const freed: number[] = [];
  const send = (value: number): boolean =>
    queue.send(Uint8Array.of(value), 1, "a", () => void freed.push(value));
  return { kernel, freed, send };
}

test("holds on Node what the kernel has not taken, until it has left", () => {
  const { kernel, freed, send } = openQueue();
  expect([send(1), send(2)]).toEqual([false, false]);
  kernel.state = "full";
  expect([send(3), send(4), send(5)]).toEqual([true, true, true]);
  // What fails is not held, and frees nobody's memory.
  kernel.state = "failing";
  expect([send(6), send(7)]).toEqual([false, false]);
  expect(freed).toEqual([]);
  kernel.waiting.shift();
  expect(send(8)).toBe(false);
  expect(freed).toEqual([3]);
  kernel.waiting.length = 0;
  kernel.state = "free";
  expect(send(9)).toBe(false);
  expect(freed).toEqual([3, 4, 5]);
});

test("drops on Node what would wait behind too many, and goes on afterwards", () => {
  const { kernel, freed, send } = openQueue();
  kernel.state = "full";
  for (let i = 0; i < WAITING_COUNT_MAX; i++) expect(send(i)).toBe(true);
  expect(send(0)).toBe(false);
  expect(kernel.waiting.length).toBe(WAITING_COUNT_MAX);
  kernel.waiting.length = 0;
  expect(send(0)).toBe(true);
  expect(freed.length).toBe(WAITING_COUNT_MAX);
});
