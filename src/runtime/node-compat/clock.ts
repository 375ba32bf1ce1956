/**
 * The machine's clock and timers.
 *
 * @module
 */

import type { Clock, Timer } from "../../base/clock.ts";

/** The longest delay that timers take, 2^31 - 1 ms; with a longer one they fire at once. */
const DELAY_MS_MAX = 0x7fff_ffff;

/** A timer that hands a long delay to the system in pieces. */
class SystemTimer implements Timer {
  #handle: ReturnType<typeof setTimeout>;

  constructor(delayMs: number, callback: () => void) {
    this.#handle = this.#arm(Math.max(0, delayMs), callback);
  }

  cancel(): void {
    clearTimeout(this.#handle);
  }

  #arm(delayMs: number, callback: () => void): ReturnType<typeof setTimeout> {
    if (delayMs <= DELAY_MS_MAX) return setTimeout(callback, delayMs);
    return setTimeout(() => {
      this.#handle = this.#arm(delayMs - DELAY_MS_MAX, callback);
    }, DELAY_MS_MAX);
  }
}

export class SystemClock implements Clock {
  wallMs(): number {
    return Date.now();
  }

  monotonicMs(): number {
    return performance.now();
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    return new SystemTimer(delayMs, callback);
  }

  setInterval(periodMs: number, callback: () => void): Timer {
    const handle = setInterval(callback, Math.min(periodMs, DELAY_MS_MAX));
    return { cancel: () => clearInterval(handle) };
  }
}
