/**
 * How long to wait before a worker that has ended is started again.
 *
 * @module
 */

const PAUSE_MS_MIN = 1_000;
const PAUSE_MS_MAX = 30_000;

/** One that has run for so long has not ended for the same cause as before. */
const STABLE_MS = 60_000;

/** Nothing at first, since viewers wait; then more and more, since the cause may stay. */
export class RestartPause {
  #restartCount = 0;

  /** @param ranMs How long the worker has run. */
  next(ranMs: number): number {
    if (ranMs >= STABLE_MS) this.#restartCount = 0;
    this.#restartCount += 1;
    if (this.#restartCount === 1) return 0;
    return Math.min(PAUSE_MS_MAX, PAUSE_MS_MIN * 2 ** (this.#restartCount - 2));
  }
}
