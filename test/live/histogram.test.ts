/**
 * Goal: histograms count every value once, in the bucket that Prometheus means, and the event loop's
 * delay is the time that something held it up.
 *
 * Method: values on, between and beyond the bounds; a clock that is moved by hand.
 */

import { describe, expect, test } from "vitest";
import type { Clock, Timer } from "../../src/base/clock.ts";
import { EventLoopDelay } from "../../src/live/event-loop-delay.ts";
import { Histogram, Histograms } from "../../src/live/histogram.ts";

describe("a histogram", () => {
  test("of values on, between and beyond the bounds", () => {
    const histogram = new Histogram([1, 2, 4]);
    for (const value of [0, 1, 1.5, 2, 3, 4, 5, 100]) histogram.observe(value);
    expect(histogram.report()).toEqual({
      bounds: [1, 2, 4],
      buckets: [2, 4, 6],
      sum: 116.5,
      count: 8,
    });
  });

  test("of nothing", () => {
    const bounds = [0.5];
    expect(new Histogram(bounds).report()).toEqual({ bounds, buckets: [0], sum: 0, count: 0 });
  });

  test("for each name", () => {
    const all = new Histograms([1]);
    all.of("a").observe(3);
    all.of("b").observe(0.5);
    all.of("a").observe(1);
    expect(all.report()).toEqual({
      a: { bounds: [1], buckets: [1], sum: 4, count: 2 },
      b: { bounds: [1], buckets: [1], sum: 0.5, count: 1 },
    });
  });
});

describe("the event loop's delay", () => {
  /** Its one timer comes when a test says so. */
  function setUp() {
    let nowMs = 0;
    let fire = (): void => undefined;
    let isCancelled = false;
    const timer: Timer = {
      cancel: () => {
        isCancelled = true;
      },
    };
    const clock: Clock = {
      wallMs: () => nowMs,
      monotonicMs: () => nowMs,
      setTimer: () => timer,
      setInterval: (_, callback) => {
        fire = callback;
        return timer;
      },
    };
    const delay = new EventLoopDelay(clock);
    const pass = (ms: number): void => {
      nowMs += ms;
      fire();
    };
    return { delay, pass, isCancelled: () => isCancelled };
  }

  test("is how much later than meant a timer comes", () => {
    const { delay, pass } = setUp();
    pass(100);
    pass(99); // Clocks are not exact.
    pass(130);
    pass(5_100);
    const { sum, count, buckets } = delay.report();
    expect(sum).toBeCloseTo(5.03);
    expect(count).toBe(4);
    expect(buckets).toEqual([2, 2, 2, 2, 3, 3, 3, 3]);
  });

  test("ends with its owner", () => {
    const { delay, isCancelled } = setUp();
    delay.close();
    expect(isCancelled()).toBe(true);
  });
});
