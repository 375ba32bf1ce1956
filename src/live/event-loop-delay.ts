/**
 * How late the process does what it meant to do: while it is busy with one thing, everything else
 * waits. A timer is set for a moment, and comes so much later.
 *
 * @module
 */

import type { Clock, Timer } from "../base/clock.ts";
import { Histogram, type HistogramReport } from "./histogram.ts";

/** Often enough to see a stall of a tenth of a second, and nothing beside what a server does. */
const PERIOD_MS = 100;
/** In seconds. Timers are exact to a millisecond; a second is what viewers see. */
const BOUNDS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1] as const;

export class EventLoopDelay {
  readonly #histogram = new Histogram(BOUNDS);
  readonly #timer: Timer;

  constructor(clock: Clock) {
    let lastMs = clock.monotonicMs();
    this.#timer = clock.setInterval(PERIOD_MS, () => {
      const nowMs = clock.monotonicMs();
      this.#histogram.observe(Math.max(0, nowMs - lastMs - PERIOD_MS) / 1_000);
      lastMs = nowMs;
    });
  }

  report(): HistogramReport {
    return this.#histogram.report();
  }

  close(): void {
    this.#timer.cancel();
  }
}
