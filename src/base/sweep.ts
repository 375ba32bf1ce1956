/**
 * Sweeps: the regular look at everything that has a deadline, in place of a timer each.
 *
 * @module
 */

import type { Clock, Timer } from "./clock.ts";

const PERIOD_MS = 1_000;

/**
 * A sweep that comes so much too late says that this process stood still (it was suspended, or the
 * machine was). What peers have sent meanwhile lies unread, so nobody may be judged by it yet.
 */
const LATE_MS = 1_500;

/** Calls `sweep` with the monotonic time every second or so, unless the process has just stood still. */
export function startSweep(clock: Clock, sweep: (nowMs: number) => void): Timer {
  let lastMs = clock.monotonicMs();
  return clock.setInterval(PERIOD_MS, () => {
    const nowMs = clock.monotonicMs();
    const isLate = nowMs - lastMs > PERIOD_MS + LATE_MS;
    lastMs = nowMs;
    if (!isLate) sweep(nowMs);
  });
}
