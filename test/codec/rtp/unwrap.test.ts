/**
 * Goal: counters that wrap become numbers that do not, whatever is lost, reordered or repeated.
 *
 * Method: wraps upwards and back, distances on both sides of half of the range, and a long walk with
 * reordering, which is compared with the numbers it was made from.
 */

import { describe, expect, test } from "vitest";
import { SequenceUnwrapper, TimestampUnwrapper } from "../../../src/codec/rtp/unwrap.ts";
import { createRandom } from "../../support/seeded-random.ts";

describe("SequenceUnwrapper", () => {
  function unwrapAll(...sequenceNumbers: number[]): number[] {
    const unwrapper = new SequenceUnwrapper();
    return sequenceNumbers.map((sequenceNumber) => unwrapper.unwrap(sequenceNumber));
  }

  test("goes on over the wrap and back", () => {
    expect(unwrapAll(65_534, 65_535, 0, 65_535, 1, 65_534)).toEqual([
      65_534, 65_535, 65_536, 65_535, 65_537, 65_534,
    ]);
  });

  test("goes below 0 for what was before the first", () => {
    expect(unwrapAll(1, 65_535, 2)).toEqual([1, -1, 2]);
  });

  test("takes the nearest to the highest, not to the latest", () => {
    expect(unwrapAll(30_000, 100, 62_000)).toEqual([30_000, 100, 62_000]);
    expect(unwrapAll(0, 32_767)).toEqual([0, 32_767]);
    expect(unwrapAll(0, 32_768)).toEqual([0, -32_768]);
    expect(unwrapAll(0, 32_769)).toEqual([0, -32_767]);
  });

  test("follows a long walk", () => {
    const random = createRandom(7);
    const unwrapper = new SequenceUnwrapper();
    for (let base = 60_000; base < 60_000 + 65_536 * 40; base += random(20_000)) {
      const expected = Math.max(base - random(10_000), 0);
      unwrapper.unwrap(base & 0xffff);
      expect(unwrapper.unwrap(expected & 0xffff)).toBe(expected);
    }
  });
});

describe("TimestampUnwrapper", () => {
  test("goes on over the wrap and back", () => {
    const unwrapper = new TimestampUnwrapper();
    const timestamps = [0xffff_f000, 0x0000_0fff, 0xffff_ffff, 0x8000_0000, 0xffff_ffff, 5];
    expect(timestamps.map((timestamp) => unwrapper.unwrap(timestamp))).toEqual([
      0xffff_f000, 0x1_0000_0fff, 0xffff_ffff, 0x1_8000_0000, 0x1_ffff_ffff, 0x2_0000_0005,
    ]);
  });

  test("goes below 0 for what was before the first", () => {
    const unwrapper = new TimestampUnwrapper();
    expect(unwrapper.unwrap(10)).toBe(10);
    expect(unwrapper.unwrap(0xffff_ffff)).toBe(-1);
  });

  test("follows many wraps", () => {
    const unwrapper = new TimestampUnwrapper();
    for (let timestamp = 0; timestamp < 2 ** 40; timestamp += 2 ** 31 - 1) {
      expect(unwrapper.unwrap(timestamp % 2 ** 32)).toBe(timestamp);
    }
  });
});
