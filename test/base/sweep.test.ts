/**
 * Goal: deadlines are looked at every second, but not right after the process stood still, when what
 * peers have sent in the meantime lies unread.
 *
 * Method: a clock moved by hand, and one that jumps as after a suspension.
 */

import { expect, test } from "vitest";
import { startSweep } from "../../src/base/sweep.ts";
import { ManualClock } from "../../src/runtime/memory.ts";

test("comes every second, with the time", () => {
  const clock = new ManualClock();
  const seen: number[] = [];
  const sweep = startSweep(clock, (nowMs) => seen.push(nowMs));
  clock.advance(3_000);
  sweep.cancel();
  clock.advance(3_000);
  expect(seen).toEqual([1_000, 2_000, 3_000]);
});

test("leaves out the first look after a standstill, and no more", () => {
  const clock = new ManualClock();
  let standstillMs = 0;
  const jumping = {
    wallMs: () => clock.wallMs(),
    monotonicMs: () => clock.monotonicMs() + standstillMs,
    setTimer: clock.setTimer.bind(clock),
    setInterval: clock.setInterval.bind(clock),
  };
  const seen: number[] = [];
  startSweep(jumping, (nowMs) => seen.push(nowMs));
  clock.advance(1_000);
  standstillMs = 7_000;
  clock.advance(2_000);
  expect(seen).toEqual([1_000, 10_000]);
});
