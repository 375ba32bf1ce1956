/**
 * Tells for how long something has not moved on, from looks at it now and then: so that a connection
 * needs neither a timer of its own nor the time of each of its reads.
 *
 * @module
 */

export class StallWatch {
  #mark = Number.NaN; // Equal to nothing, so that the first look counts as a move.
  #sinceMs = 0;

  /** @param mark Any number that changes when things move on. */
  stalledMs(mark: number, nowMs: number): number {
    if (mark !== this.#mark) {
      this.#mark = mark;
      this.#sinceMs = nowMs;
    }
    return nowMs - this.#sinceMs;
  }

  /** Starts anew at the next look. */
  reset(): void {
    this.#mark = Number.NaN;
  }
}
