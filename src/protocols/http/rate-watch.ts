/**
 * Tells a slow transfer from a peer that only keeps a connection busy.
 *
 * @module
 */

/** Watches, by a sweep, that a count of bytes grows by at least so much in each window of time. */
export class RateWatch {
  readonly #windowMs: number;
  readonly #sizeMin: number;
  #startMs: number | undefined;
  #startSize = 0;

  constructor(windowMs: number, sizeMin: number) {
    this.#windowMs = windowMs;
    this.#sizeMin = sizeMin;
  }

  /** @param size The count so far. */
  isTooSlow(nowMs: number, size: number): boolean {
    if (this.#startMs !== undefined && nowMs - this.#startMs < this.#windowMs) return false;
    const isTooSlow = this.#startMs !== undefined && size - this.#startSize < this.#sizeMin;
    this.#startMs = nowMs;
    this.#startSize = size;
    return isTooSlow;
  }

  /** The peer is not waited for at present: the next check starts a window. */
  reset(): void {
    this.#startMs = undefined;
  }
}
