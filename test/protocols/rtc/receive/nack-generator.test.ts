/**
 * Goal: what is missing is asked for once reordering does not explain it, again after a round trip,
 * and given up at last; the list is bounded.
 *
 * Method: arrivals and times by hand. How it fares on a bad network is in track-receiver.test.ts.
 */

import { expect, test } from "vitest";
import { NackGenerator } from "../../../../src/protocols/rtc/receive/nack-generator.ts";

function create(...sequences: readonly number[]) {
  const nacks = new NackGenerator();
  for (const sequence of sequences) nacks.received(sequence, 0);
  const collect = (nowMs: number): number[] => {
    const asked: number[] = [];
    nacks.collect(nowMs, asked);
    return asked;
  };
  return { nacks, collect };
}

test("nothing is asked for in order", () => {
  const { nacks, collect } = create(-1, 0, 1, 2);
  expect([collect(1_000), nacks.missingCount]).toEqual([[], 0]);
});

test("three later packets, or 10 ms, say that a packet is lost", () => {
  const { nacks, collect } = create(1, 3, 4);
  expect(collect(9)).toEqual([]);
  nacks.received(5, 9);
  expect(collect(9)).toEqual([2]);
  const rare = create(1, 3);
  expect(rare.collect(9)).toEqual([]);
  expect(rare.collect(10)).toEqual([2]);
});

test("a packet that comes by itself is not asked for", () => {
  const { nacks, collect } = create(1, 3, 2, 4, 5);
  expect(collect(100)).toEqual([]);
  expect(nacks.recoveredCount).toBe(0);
});

test("is asked for again after a round trip, as far as one was measured", () => {
  const { nacks, collect } = create(1, 3, 5);
  expect(collect(10)).toEqual([2, 4]);
  expect(collect(259)).toEqual([]);
  nacks.received(2, 50);
  expect(nacks.roundTripMs).toBe(40);
  // The mean and twice its variation, which is at first half of it.
  expect(collect(89)).toEqual([]);
  expect(collect(90)).toEqual([4]);
  expect([nacks.recoveredCount, nacks.askedCount]).toEqual([1, 3]);
});

test("is given up after ten requests", () => {
  const { nacks, collect } = create(1, 3);
  let count = 0;
  for (let nowMs = 0; nowMs < 10_000; nowMs += 10) count += collect(nowMs).length;
  expect([count, nacks.missingCount]).toEqual([10, 0]);
  expect([nacks.takeAbandonedCount(), nacks.takeAbandonedCount()]).toEqual([1, 0]);
});

test("more than 512 are not asked for: a key frame is cheaper", () => {
  const { nacks, collect } = create(1, 514);
  expect(nacks.missingCount).toBe(512);
  nacks.received(516, 0);
  expect([nacks.missingCount, nacks.takeAbandonedCount()]).toEqual([0, 513]);
  nacks.received(518, 0);
  expect(collect(10)).toEqual([517]);
});

test("one call gives no more than 256, and the rest with the next", () => {
  const { collect } = create(1, 402);
  expect(collect(10)).toHaveLength(256);
  expect(collect(10)).toHaveLength(144);
  expect(collect(10)).toHaveLength(0);
});

test("the time may come for the packets that nobody waits for", () => {
  const { nacks, collect } = create(1, 3, 5);
  nacks.abandonBefore(4);
  expect([nacks.isMissing(2), nacks.isMissing(4)]).toEqual([false, true]);
  expect(collect(10)).toEqual([4]);
  expect(nacks.takeAbandonedCount()).toBe(1);
});

test("a longer round trip is found though no answer is clear", () => {
  const { nacks, collect } = create();
  // Every tenth packet is lost, and its repair comes 300 ms later, with the network or without.
  let asked = 0;
  for (let sequence = 0; sequence < 2_000; sequence++) {
    const nowMs = sequence * 10;
    const repairMs = nowMs < 5_000 ? 40 : 300;
    if (sequence % 10 !== 0) nacks.received(sequence, nowMs);
    const repaired = sequence - repairMs / 10;
    if (repaired % 10 === 0) nacks.received(repaired, nowMs);
    asked += collect(nowMs).length;
  }
  expect(nacks.roundTripMs).toBeGreaterThan(250);
  expect(nacks.roundTripMs).toBeLessThan(320);
  expect(asked).toBeLessThan(450);
});

test("what is out of reach is given up", () => {
  const { nacks } = create(1);
  for (let sequence = 3; sequence < 1_025; sequence++) nacks.received(sequence, 0);
  expect(nacks.missingCount).toBe(1);
  for (let sequence = 1_025; sequence < 3_000; sequence++) nacks.received(sequence, 0);
  expect([nacks.missingCount, nacks.takeAbandonedCount()]).toEqual([0, 1]);
});
