/**
 * Goal: a rate tells of the last half minute, and of less where there is no more.
 *
 * Method: counters that grow at a known rate, sampled every second.
 */

import { expect, test } from "vitest";
import { RateMeter } from "../../src/live/rate-meter.ts";

/** Lets `seconds` pass from `startSeconds` on. @returns Whatever `at` counts at the end. */
function run(
  meter: RateMeter,
  startSeconds: number,
  seconds: number,
  at: (second: number) => [number, number],
): void {
  for (let second = startSeconds; second < startSeconds + seconds; second++) {
    if (meter.isDue(second * 1_000)) meter.sample(second * 1_000, ...at(second));
  }
}

test("before any time has passed there is no rate", () => {
  expect(new RateMeter(5_000).rates(5_000, 10, 10)).toEqual({ first: 0, second: 0 });
});

test("at first it is the mean since the start", () => {
  const meter = new RateMeter(0);
  expect(meter.rates(2_000, 200, 10)).toEqual({ first: 100, second: 5 });
});

test("counters need not begin at 0", () => {
  const meter = new RateMeter(0, [1_000, 50]);
  expect(meter.rates(2_000, 1_200, 60)).toEqual({ first: 100, second: 5 });
});

test("later what was half a minute ago is forgotten", () => {
  const meter = new RateMeter(0);
  run(meter, 0, 100, (second) => [second * 1_000, 0]);
  run(meter, 100, 40, () => [100_000, 0]);
  expect(meter.rates(140_000, 100_000, 0).first).toBe(0);
  run(meter, 140, 40, (second) => [100_000 + (second - 140) * 7, second - 140]);
  const { first, second } = meter.rates(180_000, 100_000 + 40 * 7, 40);
  expect(first).toBeCloseTo(7);
  expect(second).toBeCloseTo(1);
});

test("samples are 3 s apart, or half a second less", () => {
  const meter = new RateMeter(0);
  expect([2_499, 2_500].map((nowMs) => meter.isDue(nowMs))).toEqual([false, true]);
  meter.sample(3_000, 0, 0);
  expect([5_499, 5_500].map((nowMs) => meter.isDue(nowMs))).toEqual([false, true]);
});

test("the window is half a minute although sweeps come some milliseconds early or late", () => {
  const meter = new RateMeter(0);
  // Counts from the 67th second on alone, so that the rate says how long the window is.
  const count = (ms: number): number => (ms < 67_000 ? 0 : 1);
  for (let second = 1; second <= 99; second++) {
    const nowMs = second * 1_000 + (second % 2 === 0 ? 7 : -7);
    if (meter.isDue(nowMs)) meter.sample(nowMs, count(nowMs), 0);
    const { first } = meter.rates(nowMs, count(nowMs), 0);
    if (first === 0) continue;
    expect(1 / first).toBeGreaterThan(29);
    expect(1 / first).toBeLessThan(33.1);
  }
  expect(meter.rates(100_500, 1, 0).first).toBe(0);
});
