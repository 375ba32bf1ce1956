/**
 * Goal: sequence numbers are extended across wraps, late packets and restarts, and one stray packet
 * changes nothing.
 *
 * Method: the cases of RFC 3550 appendix A.1 by hand, then ten wraps.
 */

import { expect, test } from "vitest";
import {
  SequenceTracker,
  sequenceDistance,
} from "../../../../src/protocols/rtc/receive/sequence-tracker.ts";

function trackAll(sequenceNumbers: readonly number[]): (number | undefined)[] {
  const tracker = new SequenceTracker();
  return sequenceNumbers.map((sequenceNumber) => tracker.track(sequenceNumber, 0));
}

test.each([
  ["in order", [5, 6, 7], [5, 6, 7]],
  ["a wrap", [65_534, 65_535, 0, 1], [65_534, 65_535, 65_536, 65_537]],
  ["late around a wrap", [65_535, 1, 0, 65_534], [65_535, 65_537, 65_536, 65_534]],
  ["before the first", [1, 0, 65_535], [1, 0, -1]],
  ["the largest gap", [0, 3_000], [0, 3_000]],
  ["the latest that is late", [2_000, 976], [2_000, 976]],
  ["a stray packet", [10, 5_000, 11], [10, undefined, 11]],
  ["two strays that do not agree", [10, 5_000, 20_000, 11], [10, undefined, undefined, 11]],
  ["a stray packet twice", [10, 5_000, 5_000, 11], [10, undefined, undefined, 11]],
])("%s", (_, sequenceNumbers, expected) => {
  expect(trackAll(sequenceNumbers)).toEqual(expected);
});

test.each([
  ["forward", 10, 5_000, 5_000],
  ["back", 30_000, 20_000, 85_536],
  ["back, hardly out of reach", 40_000, 38_900, 104_436],
])("a restart %s", (_, last, first, expected) => {
  const tracker = new SequenceTracker();
  tracker.track(last, 0);
  expect(tracker.track(first, 0)).toBeUndefined();
  expect(tracker.restartSequence).toBeUndefined();
  expect(tracker.track(first + 1, 0)).toBe(expected + 1);
  expect(tracker.restartSequence).toBe(expected);
  expect(tracker.track(first + 2, 0)).toBe(expected + 2);
  expect(tracker.restartSequence).toBeUndefined();
  expect(expected % 65_536).toBe(first);
});

test("a restart so near that its packets look late is found within half a second", () => {
  const tracker = new SequenceTracker();
  tracker.track(40_000, 0);
  for (let count = 0; count < 25; count++) {
    expect(tracker.track(39_500 + count, 100 + count * 20)).toBe(39_500 + count);
  }
  expect(tracker.track(39_525, 600)).toBe(65_536 + 39_525);
  expect(tracker.restartSequence).toBe(65_536 + 39_525);
  expect(tracker.track(39_526, 620)).toBe(65_536 + 39_526);
});

test("repairs are none, be they many at once or for long", () => {
  const tracker = new SequenceTracker();
  tracker.track(1_000, 0);
  for (let count = 0; count < 400; count++) {
    expect(tracker.track(500 + count, 700)).toBe(500 + count);
  }
  for (let count = 1; count < 500; count++) {
    const nowMs = 700 + count * 10;
    if (count % 30 === 0) expect(tracker.track(1_000 + count, nowMs)).toBe(1_000 + count);
    else expect(tracker.track(600 + count, nowMs)).toBe(600 + count);
  }
});

test("ten wraps", () => {
  const tracker = new SequenceTracker();
  for (let sequence = 100; sequence < 655_460; sequence += 7) {
    if (tracker.track(sequence & 0xffff, 0) !== sequence) expect.fail(`at ${sequence}`);
  }
});

test("distances are those of 16 bits, however large the numbers", () => {
  expect(sequenceDistance(65_535, 0)).toBe(1);
  expect(sequenceDistance(0, 65_535)).toBe(-1);
  expect(sequenceDistance(2 ** 40 + 5, 3)).toBe(-2);
});
