/**
 * Goal: packets come out in order; none in order waits; what is missing is waited for as long as
 * agreed and no longer; nothing grows without bound.
 *
 * Method: short scripts of arrivals with their times, and one long run of hostile numbers.
 */

import { expect, test } from "vitest";
import {
  REORDER_COUNT_MAX,
  ReorderBuffer,
} from "../../../../src/protocols/rtc/receive/reorder-buffer.ts";
import { createRandom } from "../../../support/seeded-random.ts";

const WAIT = { waitMsMin: 100, waitMsMax: 500 };

interface Packet {
  readonly payload: Uint8Array;
}

function createBuffer(sizeMax?: number) {
  const out: string[] = [];
  const buffer = new ReorderBuffer<Packet>(
    {
      packet: (_, sequence) => out.push(`${sequence}`),
      lost: (sequence, count) => out.push(`lost ${sequence}+${count}`),
    },
    WAIT,
    sizeMax,
  );
  const add = (sequence: number, nowMs = 0, size = 10) =>
    buffer.add(sequence, { payload: new Uint8Array(size) }, nowMs);
  return { out, buffer, add };
}

test("packets in order come out at once", () => {
  const { out, buffer, add } = createBuffer();
  for (const sequence of [-1, 0, 1]) expect(add(sequence)).toBe(true);
  expect(out).toEqual(["-1", "0", "1"]);
  expect(buffer.deadlineMs).toBeUndefined();
});

test("packets out of order come out in order", () => {
  const { out, buffer, add } = createBuffer();
  for (const sequence of [1, 4, 3]) add(sequence);
  expect(out).toEqual(["1"]);
  expect([buffer.count, buffer.size]).toEqual([2, 20]);
  add(2);
  expect(out).toEqual(["1", "2", "3", "4"]);
  expect([buffer.count, buffer.size]).toEqual([0, 0]);
});

test("duplicates and packets that come too late are dropped", () => {
  const { out, add } = createBuffer();
  for (const sequence of [1, 3]) add(sequence);
  expect(add(3)).toBe(false);
  expect(add(1)).toBe(false);
  expect(add(0)).toBe(false);
  add(2);
  expect(out).toEqual(["1", "2", "3"]);
});

test("what is missing is waited for, each for its own time", () => {
  const { out, buffer, add } = createBuffer();
  add(1, 0);
  add(3, 10);
  add(6, 60);
  expect(buffer.deadlineMs).toBe(110);
  buffer.expire(109);
  expect(out).toEqual(["1"]);
  buffer.expire(110);
  expect(out).toEqual(["1", "lost 2+1", "3"]);
  expect(buffer.deadlineMs).toBe(160);
  add(5, 120);
  buffer.expire(160);
  expect(out).toEqual(["1", "lost 2+1", "3", "lost 4+1", "5", "6"]);
});

test.each([
  [10, 100],
  [300, 300],
  [9_000, 500],
])("a repair that takes %i ms is waited for %i ms", (repairMs, expected) => {
  const { buffer, add } = createBuffer();
  buffer.setWait(repairMs);
  add(1, 0);
  add(3, 0);
  expect(buffer.deadlineMs).toBe(expected);
});

test("a jump beyond the reach gives up what is out of reach", () => {
  const { out, buffer, add } = createBuffer();
  for (const sequence of [1, 3]) add(sequence);
  add(REORDER_COUNT_MAX + 4);
  expect(out).toEqual(["1", "lost 2+1", "3", "lost 4+1"]);
  expect(buffer.nextSequence).toBe(5);
  expect(add(5)).toBe(true);
  buffer.expire(100);
  expect(out.slice(4)).toEqual([
    "5",
    `lost 6+${REORDER_COUNT_MAX - 2}`,
    `${REORDER_COUNT_MAX + 4}`,
  ]);
});

test("more bytes than the limit are not waited with", () => {
  const { out, buffer, add } = createBuffer(1_000);
  add(1);
  for (const sequence of [3, 4, 6]) add(sequence, 0, 400);
  expect(out).toEqual(["1", "lost 2+1", "3", "4", "lost 5+1", "6"]);
  expect(buffer.size).toBe(0);
});

test("a restart lets out what was held back, and says that something is missing", () => {
  const { out, buffer, add } = createBuffer();
  for (const sequence of [1, 3]) add(sequence);
  buffer.restart(70_000);
  add(70_000);
  add(70_001);
  expect(out).toEqual(["1", "lost 2+1", "3", "lost 70000+0", "70000", "70001"]);
});

test("whatever the numbers are, order holds and each is accounted for once", () => {
  const random = createRandom(7);
  let next: number | undefined;
  let payloadCount = 0;
  const buffer = new ReorderBuffer<Packet>(
    {
      packet: (_, sequence) => {
        if (sequence !== (next ?? sequence)) expect.fail(`${sequence} instead of ${next}`);
        next = sequence + 1;
        payloadCount++;
      },
      lost: (sequence, count) => {
        if (sequence !== next || count < 1) expect.fail(`lost ${sequence}+${count} at ${next}`);
        next = sequence + count;
      },
    },
    WAIT,
  );
  let sequence = 0;
  let acceptedCount = 0;
  for (let nowMs = 0; nowMs < 20_000; nowMs++) {
    sequence += random(5) - 1 + (random(500) === 0 ? random(4_000) : 0);
    const packet = { payload: new Uint8Array(random(4) === 0 ? 0 : 5_000) };
    if (buffer.add(sequence - random(6), packet, nowMs)) acceptedCount++;
    if (buffer.count > REORDER_COUNT_MAX || buffer.size > 2 * 1_024 * 1_024) expect.fail("bound");
  }
  buffer.expire(30_000);
  expect(payloadCount).toBe(acceptedCount);
  expect(buffer.count).toBe(0);
});
