/**
 * How long to wait before what has ended is started again.
 *
 * @module
 */

const PAUSE_MS_MIN = 1_000;
const PAUSE_MS_MAX = 30_000;

/** What has run for so long has not ended for the same cause as before. */
const STABLE_MS = 60_000;

/** Nothing at first, since somebody waits; then more and more, since the cause may stay. */
export class RestartPause {
  readonly #maxMs: number;
  #restartCount = 0;

  constructor(maxMs: number = PAUSE_MS_MAX) {
    this.#maxMs = maxMs;
  }

  /** @param ranMs How long it has run. */
  next(ranMs: number): number {
    if (ranMs >= STABLE_MS) this.#restartCount = 0;
    this.#restartCount += 1;
    if (this.#restartCount === 1) return 0;
    return Math.min(this.#maxMs, PAUSE_MS_MIN * 2 ** (this.#restartCount - 2));
  }
}
