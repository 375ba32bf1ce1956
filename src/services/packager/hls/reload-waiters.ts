/**
 * Requests that wait for what is yet to be packaged.
 *
 * @module
 */

import type { Clock } from "../../../base/clock.ts";

interface Waiter {
  readonly isDone: () => boolean;
  readonly deadlineMs: number;
  readonly resolve: (isDone: boolean) => void;
}

/**
 * So many are answered in one turn, and the next ones after whatever else is due: thousands of players
 * wait for the same part, and to answer them all takes some hundred milliseconds, which the publisher's
 * next frame and viewers by other protocols are not to wait for.
 */
const TURN_WAITERS_MAX = 64;

export class ReloadWaiters {
  readonly #clock: Pick<Clock, "setTimer">;
  #waiters: Waiter[] = [];
  /** Those who are about to be answered, and with what. */
  readonly #settled: [Waiter, boolean][] = [];
  #isTurnDue = false;
  #isClosed = false;

  constructor(clock: Pick<Clock, "setTimer">) {
    this.#clock = clock;
  }

  /** Those who wait. */
  get size(): number {
    return this.#waiters.length;
  }

  /**
   * @param deadlineMs Until when to wait, on the monotonic clock.
   * @returns Whether it is done; false at the deadline, or if it never will be.
   */
  wait(isDone: () => boolean, deadlineMs: number): Promise<boolean> {
    if (isDone()) return Promise.resolve(true);
    if (this.#isClosed) return Promise.resolve(false);
    return new Promise((resolve) => this.#waiters.push({ isDone, deadlineMs, resolve }));
  }

  /** Something has changed. */
  check(): void {
    this.#settle(({ isDone }) => (isDone() ? true : undefined));
  }

  /** Call every second or so. */
  sweep(nowMs: number): void {
    this.#settle(({ deadlineMs }) => (nowMs >= deadlineMs ? false : undefined));
  }

  /** Nothing will be done any more. */
  close(): void {
    this.#isClosed = true;
    this.#settle(() => false);
  }

  #settle(outcomeOf: (waiter: Waiter) => boolean | undefined): void {
    if (this.#waiters.length === 0) return;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) {
      const outcome = outcomeOf(waiter);
      if (outcome === undefined) this.#waiters.push(waiter);
      else this.#settled.push([waiter, outcome]);
    }
    if (!this.#isTurnDue) this.#takeTurn();
  }

  #takeTurn(): void {
    for (const [waiter, outcome] of this.#settled.splice(0, TURN_WAITERS_MAX)) {
      waiter.resolve(outcome);
    }
    this.#isTurnDue = this.#settled.length > 0;
    if (this.#isTurnDue) this.#clock.setTimer(0, () => this.#takeTurn());
  }
}
