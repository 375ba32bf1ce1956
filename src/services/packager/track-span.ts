/**
 * How long the frames of one track are that a segment has, whatever their timestamps count from: where a
 * stream leaves them as publishers sent them, the tracks may have starts of their own, and begin anew.
 *
 * @module
 */

import { APART_MS_MAX, isStepBack } from "./segment-cutter.ts";

export class TrackSpan {
  readonly #jumpMs: number;
  #startMs: number | undefined;
  #lastMs = 0;
  /** Of what was before its timestamps began anew. */
  #pastMs = 0;

  /** @param jumpMs Who goes on by more than this has begun to count anew. */
  constructor(jumpMs: number) {
    this.#jumpMs = jumpMs;
  }

  /** When the newest frame is decoded; `undefined` before the first. */
  get lastMs(): number | undefined {
    return this.#startMs === undefined ? undefined : this.#lastMs;
  }

  /** Another segment begins. */
  reset(): void {
    this.#startMs = undefined;
    this.#pastMs = 0;
  }

  /** How long the segment is at `dtsMs`, in milliseconds. @param segmentMs When its first frame was. */
  upTo(dtsMs: number, segmentMs: number): number {
    const startMs = this.#startMs ?? startOf(dtsMs, segmentMs);
    const endMs = this.#isJump(dtsMs) ? this.#lastMs : dtsMs;
    return this.#pastMs + endMs - startMs;
  }

  add(dtsMs: number, segmentMs: number): void {
    if (this.#startMs === undefined) {
      this.#startMs = startOf(dtsMs, segmentMs);
    } else if (this.#isJump(dtsMs)) {
      this.#pastMs += this.#lastMs - this.#startMs;
      this.#startMs = dtsMs;
    }
    this.#lastMs = dtsMs;
  }

  #isJump(dtsMs: number): boolean {
    if (this.#startMs === undefined) return false;
    return isStepBack(this.#lastMs, dtsMs) || dtsMs > this.#lastMs + this.#jumpMs;
  }
}

/** A track that counts as the segment's first frame does is as long as the segment. */
function startOf(dtsMs: number, segmentMs: number): number {
  return Math.abs(dtsMs - segmentMs) <= APART_MS_MAX ? segmentMs : dtsMs;
}
