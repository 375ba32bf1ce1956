/**
 * Requests that wait for what is yet to be packaged.
 *
 * @module
 */

interface Waiter {
  readonly isDone: () => boolean;
  readonly deadlineMs: number;
  readonly resolve: (isDone: boolean) => void;
}

export class ReloadWaiters {
  #waiters: Waiter[] = [];

  get size(): number {
    return this.#waiters.length;
  }

  /**
   * @param deadlineMs Until when to wait, on the monotonic clock.
   * @returns Whether it is done; false at the deadline, or if it never will be.
   */
  wait(isDone: () => boolean, deadlineMs: number): Promise<boolean> {
    if (isDone()) return Promise.resolve(true);
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
    this.#settle(() => false);
  }

  #settle(outcomeOf: (waiter: Waiter) => boolean | undefined): void {
    if (this.#waiters.length === 0) return;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) {
      const outcome = outcomeOf(waiter);
      if (outcome === undefined) this.#waiters.push(waiter);
      else waiter.resolve(outcome);
    }
  }
}
