/**
 * How long a recording is: a frame says when it begins, and only the next one of its track when it ends.
 *
 * @module
 */

import type { TrackKind } from "../../live/track.ts";

/** No camera is so slow: what lasts longer is a gap. */
const STEP_MS_MAX = 1_000;

export class TimeSpan {
  #startMs: number | undefined;
  #endMs = 0;
  readonly #lastMs = new Map<TrackKind, number>();
  readonly #stepMs = new Map<TrackKind, number>();

  /** From the first frame to the end of the last one, if that lasts as long as the one before. */
  get durationMs(): number {
    return this.#startMs === undefined ? 0 : this.#endMs - this.#startMs;
  }

  add(kind: TrackKind, atMs: number): void {
    const stepMs = atMs - (this.#lastMs.get(kind) ?? atMs);
    if (stepMs > 0 && stepMs < STEP_MS_MAX) this.#stepMs.set(kind, stepMs);
    this.#lastMs.set(kind, atMs);
    this.#startMs = Math.min(this.#startMs ?? atMs, atMs);
    this.#endMs = Math.max(this.#endMs, atMs + (this.#stepMs.get(kind) ?? 0));
  }
}
