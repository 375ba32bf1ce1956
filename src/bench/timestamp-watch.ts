/**
 * The timestamps of one kind of media, as far as they show that something is missing.
 *
 * @module
 */

/** A step in timestamps is a gap if it is larger than the usual one by this much. */
export const GAP_MS = 200;
/** What is usual: the smallest of the last so many steps to twice as many. */
const WINDOW_STEPS = 16;

export class TimestampWatch {
  #last = -1;
  /** The smallest step of the steps that are being counted, and of those counted before; -1: none. */
  #smallest = -1;
  #smallestBefore = -1;
  #stepCount = 0;

  /** @returns 0, or the step in milliseconds that is a gap. */
  check(timestamp: number): number {
    const last = this.#last;
    this.#last = timestamp;
    if (last < 0) return 0;
    const step = (timestamp - last) | 0; // Times wrap at 32 bits.
    // Two messages of one time say nothing of how far pictures are apart.
    if (step <= 0) return step;
    const gap = this.#judge(step);
    this.#remember(step);
    return gap;
  }

  #judge(step: number): number {
    const usual = this.#usual;
    if (usual < 0) return 0;
    if (step > usual + GAP_MS) return step;
    // The first step is judged by the second.
    return this.#isFirst && usual > step + GAP_MS ? usual : 0;
  }

  get #usual(): number {
    if (this.#smallest < 0) return this.#smallestBefore;
    if (this.#smallestBefore < 0) return this.#smallest;
    return Math.min(this.#smallest, this.#smallestBefore);
  }

  get #isFirst(): boolean {
    return this.#stepCount === 1 && this.#smallestBefore < 0;
  }

  #remember(step: number): void {
    if (this.#stepCount === WINDOW_STEPS) {
      this.#smallestBefore = this.#smallest;
      this.#smallest = -1;
      this.#stepCount = 0;
    }
    if (this.#smallest < 0 || step < this.#smallest) this.#smallest = step;
    this.#stepCount += 1;
  }
}
