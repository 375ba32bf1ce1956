/**
 * Those who want a stream's name that is still held at another worker.
 *
 * A publisher that goes from one worker to another is faster at times than the news that it has left:
 * both travel over connections of their own. So a claim waits for a moment before it is refused.
 *
 * @module
 */

import type { Clock, Timer } from "../../base/clock.ts";

/** Between workers of one machine the news takes a millisecond, and some more when all are busy. */
export const CLAIM_WAIT_MS_MAX = 400;

interface Waiter {
  readonly worker: number;
  readonly grant: () => void;
  readonly timer: Timer;
}

export class ClaimQueue {
  readonly #clock: Clock;
  readonly #byUrl = new Map<string, Waiter[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * @param grant The name is free, and this one's turn.
   * @param refuse It has not become free in time.
   */
  add(url: string, worker: number, { grant, refuse }: { grant(): void; refuse(): void }): void {
    const timer = this.#clock.setTimer(CLAIM_WAIT_MS_MAX, () => {
      this.#drop(url, (waiter) => waiter.timer === timer);
      refuse();
    });
    const waiters = this.#byUrl.get(url) ?? [];
    waiters.push({ worker, grant, timer });
    this.#byUrl.set(url, waiters);
  }

  /** The name has become free: it is the first one's. */
  released(url: string): void {
    const first = this.#byUrl.get(url)?.[0];
    if (first === undefined) return;
    this.#drop(url, (waiter) => waiter === first);
    first.grant();
  }

  /** The worker is gone, and with it those who waited there. */
  removeAll(worker: number): void {
    for (const url of [...this.#byUrl.keys()]) this.#drop(url, (other) => other.worker === worker);
  }

  #drop(url: string, isDropped: (waiter: Waiter) => boolean): void {
    const waiters = this.#byUrl.get(url) ?? [];
    const left = waiters.filter((waiter) => !isDropped(waiter));
    for (const waiter of waiters) if (isDropped(waiter)) waiter.timer.cancel();
    if (left.length > 0) this.#byUrl.set(url, left);
    else this.#byUrl.delete(url);
  }
}
