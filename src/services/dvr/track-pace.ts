/**
 * How a track goes on: when its next frame is to be expected.
 *
 * @module
 */

export class TrackPace {
  #lastMs: number | undefined;
  /** The distances of the latest frames. Of times in whole milliseconds one is longer than the next. */
  #stepMs = 0;
  #stepBeforeMs = 0;

  /** When the latest frame was; `undefined` before the first. */
  get lastMs(): number | undefined {
    return this.#lastMs;
  }

  /** The next frame is not earlier than that, if it is as far from the latest as those before. */
  get nextMs(): number | undefined {
    const stepMs = Math.max(0, Math.min(this.#stepMs, this.#stepBeforeMs));
    return this.#lastMs === undefined ? undefined : this.#lastMs + stepMs;
  }

  add(atMs: number): void {
    this.#stepBeforeMs = this.#stepMs;
    this.#stepMs = atMs - (this.#lastMs ?? atMs);
    this.#lastMs = atMs;
  }
}
