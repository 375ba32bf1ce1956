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
  #isPending = true;
  #settled: () => void;

  /** @param settled Called once, when the timer fires or is cancelled. */
  constructor(delayMs: number, callback: () => void, settled: () => void) {
    this.#settled = settled;
    const fire = (): void => {
      this.#settle();
      callback();
    };
    this.#handle = this.#arm(Math.max(0, delayMs), fire);
  }

  cancel(): void {
    clearTimeout(this.#handle);
    this.#settle();
  }

  #settle(): void {
    if (!this.#isPending) return;
    this.#isPending = false;
    this.#settled();
  }

  #arm(delayMs: number, callback: () => void): ReturnType<typeof setTimeout> {
    if (delayMs <= DELAY_MS_MAX) return setTimeout(callback, delayMs);
    return setTimeout(() => {
      this.#handle = this.#arm(delayMs - DELAY_MS_MAX, callback);
    }, DELAY_MS_MAX);
  }
}

export class SystemClock implements Clock {
  #timerCount = 0;

  /** Timers that are set: neither fired nor cancelled. */
  get timerCount(): number {
    return this.#timerCount;
  }

  wallMs(): number {
    return Date.now();
  }

  monotonicMs(): number {
    return performance.now();
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    this.#timerCount += 1;
    return new SystemTimer(delayMs, callback, this.#settled);
  }

  setInterval(periodMs: number, callback: () => void): Timer {
    this.#timerCount += 1;
    const handle = setInterval(callback, Math.min(periodMs, DELAY_MS_MAX));
    let isPending = true;
    const cancel = (): void => {
      clearInterval(handle);
      if (isPending) this.#settled();
      isPending = false;
    };
    return { cancel };
  }

  /** One closure for all timers. */
  #settled = (): void => {
    this.#timerCount -= 1;
  };
}
