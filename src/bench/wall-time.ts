/**
 * Wall time in microseconds: what publishers write into the stream and players compare with, be they
 * in one process or in two.
 *
 * The clock tells wall time in whole milliseconds and monotonic time in fractions of one. So this
 * waits for the wall clock's next tick once, and counts on from there by the monotonic clock.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";

/** Looks at the clocks while waiting for a tick: several milliseconds on any machine. */
const LOOK_COUNT_MAX = 100_000;

export class WallTime {
  readonly #clock: Clock;
  readonly #offsetMs: number;

  /** Takes up to a millisecond or so. */
  constructor(clock: Clock) {
    this.#clock = clock;
    const start = clock.wallMs();
    let wallMs = start;
    for (let i = 0; i < LOOK_COUNT_MAX && wallMs === start; i++) wallMs = clock.wallMs();
    this.#offsetMs = wallMs - clock.monotonicMs();
  }

  /** Microseconds since the Unix epoch, a whole number. */
  nowUs(): number {
    return this.atUs(this.#clock.monotonicMs());
  }

  /** The same for a time of the monotonic clock. */
  atUs(monotonicMs: number): number {
    return Math.round((monotonicMs + this.#offsetMs) * 1_000);
  }
}
