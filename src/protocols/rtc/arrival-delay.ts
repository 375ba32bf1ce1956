/**
 * By how much arrivals lag behind timestamps at the least: the part that is no jitter.
 *
 * @module
 */

/** Long enough to meet a packet without jitter, short enough to follow a clock that drifts. */
const WINDOW_MS = 5_000;

/** The minimum over the present window and the one before it. */
export class ArrivalDelay {
  #startMs: number | undefined;
  #before = Number.POSITIVE_INFINITY;
  #current = Number.POSITIVE_INFINITY;

  /** The least difference, in milliseconds; `undefined` before the first. */
  get minimumMs(): number | undefined {
    const minimum = Math.min(this.#before, this.#current);
    return minimum === Number.POSITIVE_INFINITY ? undefined : minimum;
  }

  add(differenceMs: number, nowMs: number): void {
    this.#startMs ??= nowMs;
    if (nowMs - this.#startMs >= WINDOW_MS) {
      this.#before = this.#current;
      this.#current = Number.POSITIVE_INFINITY;
      this.#startMs = nowMs;
    }
    this.#current = Math.min(this.#current, differenceMs);
  }

  reset(): void {
    this.#startMs = undefined;
    this.#before = Number.POSITIVE_INFINITY;
    this.#current = Number.POSITIVE_INFINITY;
  }
}
