/**
 * Goal: a wait with a limit ends by what comes first, and leaves no timer behind that would keep a
 * process alive, or ring in the middle of something else.
 *
 * Method: a clock moved by hand, whose timers are counted.
 */

import { expect, test } from "vitest";
import { within } from "../../src/base/clock.ts";
import { ManualClock } from "../../src/runtime/memory.ts";

test("ends with the promise", async () => {
  const clock = new ManualClock();
  const { promise, resolve } = Promise.withResolvers<void>();
  const waited = within(clock, 1_000, promise);
  expect(clock.timerCount).toBe(1);
  resolve();
  await waited;
  expect(clock.timerCount).toBe(0);
});

test("ends when the time is over", async () => {
  const clock = new ManualClock();
  let isOver = false;
  const waited = within(clock, 1_000, new Promise(() => undefined)).then(() => (isOver = true));
  clock.advance(999);
  await new Promise((resolve) => setTimeout(resolve));
  expect([isOver, clock.timerCount]).toEqual([false, 1]);
  clock.advance(1);
  await waited;
  expect(clock.timerCount).toBe(0);
});

test("fails as the promise does", async () => {
  const clock = new ManualClock();
  await expect(within(clock, 1_000, Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(clock.timerCount).toBe(0);
});
