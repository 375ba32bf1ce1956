/**
 * How many bits per second have passed lately.
 *
 * @module
 */

/** Into so many steps the window is divided: a rate is up to a tenth old. */
const STEP_COUNT = 10;

/** Counts bytes over a sliding window, in constant memory. */
export class BitrateMeter {
  readonly #stepMs: number;
  readonly #sizes = new Float64Array(STEP_COUNT);
  #step = Number.NEGATIVE_INFINITY;
  #startMs: number | undefined;
  #sum = 0;

  constructor(windowMs: number) {
    this.#stepMs = windowMs / STEP_COUNT;
  }

  /** @param size In bytes. */
  add(size: number, nowMs: number): void {
    this.#startMs ??= nowMs;
    const index = this.#advance(nowMs);
    this.#sizes[index] = (this.#sizes[index] ?? 0) + size;
    this.#sum += size;
  }

  /** In bit/s over the window, or over the time since the first byte where that is shorter. */
  bitrate(nowMs: number): number {
    if (this.#startMs === undefined) return 0;
    this.#advance(nowMs);
    const windowMs = (STEP_COUNT - 1) * this.#stepMs + (nowMs - this.#step * this.#stepMs);
    const elapsedMs = Math.max(nowMs - this.#startMs, this.#stepMs);
    return (this.#sum * 8_000) / Math.min(windowMs, elapsedMs);
  }

  /** Forgets all, as for a clock that was set. */
  reset(): void {
    this.#sizes.fill(0);
    this.#sum = 0;
    this.#step = Number.NEGATIVE_INFINITY;
    this.#startMs = undefined;
  }

  /** Forgets what has left the window. */
  #advance(nowMs: number): number {
    const step = Math.floor(nowMs / this.#stepMs);
    const first = Math.max(this.#step + 1, step - STEP_COUNT + 1);
    for (let passed = first; passed <= step; passed++) {
      const index = toIndex(passed);
      this.#sum -= this.#sizes[index] ?? 0;
      this.#sizes[index] = 0;
    }
    this.#step = Math.max(this.#step, step);
    return toIndex(this.#step);
  }
}

/** Times may be below 0, by clocks that begin anywhere. */
function toIndex(step: number): number {
  return ((step % STEP_COUNT) + STEP_COUNT) % STEP_COUNT;
}
