/**
 * Goal: percentiles are those of the values, to within the histogram's step, and counts are exact.
 *
 * Method: known sets of values against the nearest-rank rule done by sorting; borders of steps.
 */

import { describe, expect, test } from "vitest";
import { Histogram } from "../../src/bench/histogram.ts";

/** What the histogram may be above the true value: one step. */
const STEP = 1 / 128;

function histogramOf(values: readonly number[]): Histogram {
  const histogram = new Histogram();
  for (const value of values) histogram.add(value);
  return histogram;
}

/** The nearest-rank percentile, by the book. */
function exact(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? Number.NaN;
}

/** Values of all sizes, the same each time. */
function spread(count: number): number[] {
  let state = 7;
  return Array.from({ length: count }, () => {
    state = (state * 48_271) % 0x7fff_ffff;
    return Math.floor(2 ** ((state % 4_000) / 100));
  });
}

describe("Histogram", () => {
  test("is empty at first", () => {
    const histogram = new Histogram();
    expect([histogram.count, histogram.mean, histogram.max]).toEqual([0, 0, 0]);
    expect([0, 50, 100].map((percent) => histogram.percentile(percent))).toEqual([0, 0, 0]);
  });

  test("is exact for small values", () => {
    const histogram = histogramOf([5, 1, 4, 2, 3, 127]);
    expect([1, 17, 50, 51, 83, 84, 100].map((p) => histogram.percentile(p))).toEqual([
      1, 2, 3, 4, 5, 127, 127,
    ]);
    expect(histogram.mean).toBeCloseTo(142 / 6, 9);
  });

  test.each([1, 2, 10, 1_000, 20_000])("agrees with sorting for %i values", (count) => {
    const values = spread(count);
    const histogram = histogramOf(values);
    expect(histogram.count).toBe(count);
    expect(histogram.max).toBe(Math.max(...values));
    for (const percent of [0.1, 1, 25, 50, 75, 90, 95, 99, 99.9, 100]) {
      const wanted = exact(values, percent);
      expect(histogram.percentile(percent)).toBeGreaterThanOrEqual(wanted);
      expect(histogram.percentile(percent)).toBeLessThanOrEqual(wanted * (1 + STEP));
    }
  });

  test.each([127, 128, 129, 255, 256, 257, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, 2 ** 40])(
    "keeps %i in its step",
    (value) => {
      const histogram = histogramOf([value, value * 4]);
      expect(histogram.percentile(50)).toBeGreaterThanOrEqual(value);
      expect(histogram.percentile(50)).toBeLessThanOrEqual(value * (1 + STEP));
    },
  );

  test("takes what is out of range at its border", () => {
    const histogram = histogramOf([-3, 2 ** 60]);
    expect(histogram.percentile(50)).toBe(0);
    expect(histogram.max).toBe(2 ** 42 - 1);
  });

  test("adds up and is cleared", () => {
    const [first, second] = [spread(100), spread(300).slice(100)];
    const sum = histogramOf(first);
    sum.addAll(histogramOf(second));
    const both = histogramOf([...first, ...second]);
    for (const percent of [1, 50, 99])
      expect(sum.percentile(percent)).toBe(both.percentile(percent));
    expect([sum.count, sum.max, sum.mean]).toEqual([both.count, both.max, both.mean]);
    sum.clear();
    expect([sum.count, sum.max, sum.percentile(99)]).toEqual([0, 0, 0]);
  });
});
