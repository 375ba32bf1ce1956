/**
 * The clock port: what tells time and wakes up, so that code that depends on time can be tested
 * without waiting.
 *
 * @module
 */

/** A timer that has been set. */
export interface Timer {
  /** Cancels the timer; does nothing if it has fired or was cancelled. */
  cancel(): void;
}

export interface Clock {
  /** Wall time in milliseconds since the Unix epoch. May jump. */
  wallMs(): number;
  /** Milliseconds since an arbitrary start, with a fraction. Never goes back. */
  monotonicMs(): number;
  /** Calls `callback` once, `delayMs` milliseconds from now. */
  setTimer(delayMs: number, callback: () => void): Timer;
  /** Calls `callback` every `periodMs` milliseconds, first after one period. */
  setInterval(periodMs: number, callback: () => void): Timer;
}

/** Resolves when `ms` milliseconds have passed. */
export function sleep(clock: Pick<Clock, "setTimer">, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.setTimer(ms, resolve));
}

/** Resolves when the promise does, or when `ms` milliseconds have passed. Leaves no timer behind. */
export async function within(
  clock: Pick<Clock, "setTimer">,
  ms: number,
  promise: Promise<unknown>,
): Promise<void> {
  const over = Promise.withResolvers<void>();
  const timer = clock.setTimer(ms, over.resolve);
  try {
    await Promise.race([promise, over.promise]);
  } finally {
    timer.cancel();
  }
}
