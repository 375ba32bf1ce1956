/**
 * How long the parts of a track may be: what players are told, and must rely on.
 *
 * Spec: draft-pantos-hls-rfc8216bis, sections 4.4.3.7 (PART-TARGET) and 4.4.4.9 (a part is no longer,
 * and but for the last of its segment no shorter than 85 % of it).
 *
 * @module
 */

/** By so much parts may be longer: what floating-point numbers are off. */
const ROUNDING_MS = 0.01;
/** Frames of the same duration differ by this much where timestamps are whole milliseconds. */
const FRAME_ROUNDING_MS = 1.5;
const SHARE_MIN = 0.85;
/** Where frames are so long that few of them make a part, they may last so many times longer. */
const FRAME_MARGIN = 1.1;

export class PartTarget {
  readonly #wantedMs: number;
  #ms: number;
  #isFitted = false;

  /** @param wantedMs Infinite: segments have one part. */
  constructor(wantedMs: number) {
    this.#wantedMs = wantedMs;
    this.#ms = wantedMs;
  }

  get ms(): number {
    return this.#ms;
  }

  isExceededBy(durationMs: number): boolean {
    return durationMs > this.#ms + ROUNDING_MS;
  }

  /** The same for a part with a frame more, which is taken to last as long as the one before. */
  isExceededSoonBy(durationMs: number): boolean {
    return durationMs > this.#ms + FRAME_ROUNDING_MS;
  }

  /** Fits the target to the duration of the first frame: parts hold whole frames. */
  framesLast(frameMs: number): void {
    if (this.#isFitted || frameMs <= 0 || !Number.isFinite(this.#wantedMs)) return;
    this.#isFitted = true;
    const filledMs = frameMs * Math.max(1, Math.floor((this.#wantedMs + ROUNDING_MS) / frameMs));
    const isFitting = filledMs >= SHARE_MIN * this.#wantedMs && !this.isExceededBy(filledMs);
    if (!isFitting) this.#ms = filledMs * FRAME_MARGIN;
  }

  /** A frame that lasts longer than the target makes a part that does: then it grows. */
  partLasted(durationMs: number): void {
    if (Number.isFinite(this.#ms) && this.isExceededBy(durationMs)) this.#ms = durationMs;
  }
}
