/**
 * When what has come so far is over: a frame says when it begins, and only the next one says when it
 * ends.
 *
 * @module
 */

/** What a frame lasts of which there is only one; 25 a second is a common rate. */
const STEP_MS_DEFAULT = 40;

export class FrameStep {
  #lastMs: number | undefined;
  #stepMs = STEP_MS_DEFAULT;

  /** When the latest frame is decoded; `undefined` before the first. */
  get lastMs(): number | undefined {
    return this.#lastMs;
  }

  /** When the latest frame will be over, if it lasts as long as the one before. */
  get endMs(): number | undefined {
    return this.#lastMs === undefined ? undefined : this.#lastMs + this.#stepMs;
  }

  add(dtsMs: number): void {
    const stepMs = dtsMs - (this.#lastMs ?? dtsMs);
    // Steps over a second are gaps; no camera is so slow.
    if (stepMs > 0 && stepMs < 1_000) this.#stepMs = stepMs;
    this.#lastMs = dtsMs;
  }

  reset(): void {
    this.#lastMs = undefined;
  }
}
