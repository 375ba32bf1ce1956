/**
 * Goal: time goes on, and timers fire in order, as often as they should, and not once cancelled.
 *
 * Method: short timers of the real clock, without a bound from above; the manual clock by the minute.
 */

import { describe, expect, test } from "vitest";
import { createRuntime } from "../../src/runtime/detect.ts";
import { ManualClock } from "../../src/runtime/memory.ts";
import { eventually, pass } from "./support/eventually.ts";

const { clock, name: runtimeName } = await createRuntime();

describe(`clock on ${runtimeName}`, () => {
  test("tells wall time and a time that never goes back", async () => {
    expect(Math.abs(clock.wallMs() - Date.now())).toBeLessThan(1000);
    let last = clock.monotonicMs();
    const startMs = last;
    for (let i = 0; i < 1000; i++) {
      const now = clock.monotonicMs();
      expect(now).toBeGreaterThanOrEqual(last);
      last = now;
    }
    await pass(20);
    expect(clock.monotonicMs() - startMs).toBeGreaterThan(15);
  });

  test("fires timers in the order of their delays, each once", async () => {
    const fired: string[] = [];
    clock.setTimer(30, () => fired.push("30"));
    clock.setTimer(1, () => fired.push("1"));
    clock.setTimer(0, () => fired.push("0"));
    clock.setTimer(-5, () => fired.push("-5"));
    expect(fired).toEqual([]);
    await eventually("all timers", () => fired.length === 4);
    await pass(20);
    expect(fired.length).toBe(4);
    expect(fired.indexOf("30")).toBe(3);
  });

  test("fires no timer that was cancelled", async () => {
    let count = 0;
    const fire = (): void => {
      count += 1;
    };
    const timer = clock.setTimer(5, fire);
    const interval = clock.setInterval(5, fire);
    timer.cancel();
    interval.cancel();
    interval.cancel();
    await pass(40);
    expect(count).toBe(0);
  });

  test("fires an interval again and again, until it is cancelled from within", async () => {
    let count = 0;
    const interval = clock.setInterval(2, () => {
      count += 1;
      if (count === 5) interval.cancel();
    });
    await eventually("5 times", () => count === 5);
    await pass(30);
    expect(count).toBe(5);
  });

  test("does not fire a timer of months at once", async () => {
    let isFired = false;
    const timer = clock.setTimer(90 * 86_400_000, () => {
      isFired = true;
    });
    await pass(30);
    timer.cancel();
    expect(isFired).toBe(false);
  });
});

describe("ManualClock", () => {
  test("fires what falls due, in order, at its time", () => {
    const manual = new ManualClock(1000);
    const fired: [string, number][] = [];
    const note = (what: string) => (): void => void fired.push([what, manual.monotonicMs()]);
    manual.setTimer(50, note("timer"));
    const interval = manual.setInterval(20, note("interval"));
    const cancelled = manual.setTimer(10, note("cancelled"));
    cancelled.cancel();
    manual.advance(65);
    expect(fired).toEqual([
      ["interval", 20],
      ["interval", 40],
      ["timer", 50],
      ["interval", 60],
    ]);
    expect(manual.wallMs()).toBe(1065);
    expect(manual.timerCount).toBe(1);
    interval.cancel();
    expect(manual.timerCount).toBe(0);
  });
});
