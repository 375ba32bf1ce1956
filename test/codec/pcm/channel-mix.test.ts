/**
 * Goal: channels are mixed as ITU-R BS.775-3 has it, and samples keep their values in 16 bits.
 *
 * Method: each channel alone, so that its gain is seen; values at the ends of the range.
 */

import { describe, expect, test } from "vitest";
import { mixChannels } from "../../../src/codec/pcm/channel-mix.ts";
import { fromInt16, toInt16 } from "../../../src/codec/pcm/sample-format.ts";

const H = Math.SQRT1_2;

/** What each of `count` channels gives to the left and the right one. */
function gainsOf(count: number, mixedCount: 1 | 2): number[][] {
  return Array.from({ length: count }, (_, loud) => {
    const channels = Array.from({ length: count }, (_, at) => Float32Array.of(at === loud ? 1 : 0));
    return mixChannels(channels, mixedCount).map(
      ([sample]) => Math.round((sample ?? 0) * 1e4) / 1e4,
    );
  });
}

const rounded = (gains: readonly number[][]): number[][] =>
  gains.map((row) => row.map((gain) => Math.round(gain * 1e4) / 1e4));

describe("mixing", () => {
  test("mono sounds from both sides", () => {
    expect(gainsOf(1, 2)).toEqual([[1, 1]]);
  });

  test("stereo becomes mono as its mean", () => {
    expect(gainsOf(2, 1)).toEqual([[0.5], [0.5]]);
  });

  test("5.1 becomes stereo, without low frequency", () => {
    const expected = [
      [1, 0],
      [0, 1],
      [H, H],
      [0, 0],
      [H, 0],
      [0, H],
    ];
    expect(gainsOf(6, 2)).toEqual(rounded(expected));
  });

  test.each([3, 4, 5, 6, 7, 8])("%i channels are as loud on the left as on the right", (count) => {
    const gains = gainsOf(count, 2);
    const total = (side: number): number => gains.reduce((sum, row) => sum + (row[side] ?? 0), 0);
    expect(total(0)).toBeCloseTo(total(1), 6);
    expect(total(0)).toBeGreaterThan(1.6);
  });

  test("nothing is copied where nothing is mixed", () => {
    const channels = [Float32Array.of(1), Float32Array.of(2)];
    expect(mixChannels(channels, 2)).toBe(channels);
  });
});

describe("samples of 16 bits", () => {
  test("every one there and back", () => {
    const all = Int16Array.from({ length: 65_536 }, (_, index) => index - 32_768);
    expect(toInt16(fromInt16(all))).toEqual(all);
  });

  test("what is too loud is clipped, what is no number is silent", () => {
    const samples = toInt16(Float32Array.of(1, 1.5, -1, -2, 0.5 / 32_768, Number.NaN));
    expect([...samples]).toEqual([32_767, 32_767, -32_768, -32_768, 1, 0]);
  });
});
