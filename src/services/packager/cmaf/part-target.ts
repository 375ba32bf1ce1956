/**
 * How long the parts of a track are to be: what players are told, as long as no frame lasts longer.
 *
 * Spec: draft-pantos-hls-rfc8216bis, sections 4.4.3.7 (PART-TARGET) and 4.4.4.9 (a part is no longer,
 * and but for the last of its segment no shorter than 85 % of it).
 *
 * @module
 */

/**
 * By so much parts may be longer: frames of the same duration differ where timestamps are whole
 * milliseconds.
 */
const ROUNDING_MS = 1.5;
const SHARE_MIN = 0.85;
/** Where frames are so long that few of them make a part, they may last so many times longer. */
const FRAME_MARGIN = 1.1;
/** The shortest of so many frames tells how long they are: where a stream begins there may be a gap. */
const FITTING_FRAMES = 25;
/**
 * The last part of a segment is to be longer than this, if it can be. For hls.js (1.7) a segment of
 * which 0.2 s are missing in its buffer is complete: who has all but a shorter last part, when the next
 * segment has begun, waits for it until the playlist has no parts of this segment any more.
 */
const LAST_PART_MS_MIN = 250;

export class PartTarget {
  readonly #wantedMs: number;
  #ms: number;
  /** Longer by what frames were rounded to. */
  #toldMs: number;
  /** When a part is full: not more than that, and not much less. */
  #fullMs: number;
  /** Of the first frames: the shortest, and how many there have been. */
  #frameMs = Number.POSITIVE_INFINITY;
  #frameCount = 0;

  /** @param wantedMs Infinite: segments have one part. */
  constructor(wantedMs: number) {
    this.#wantedMs = wantedMs;
    this.#ms = wantedMs;
    this.#toldMs = wantedMs;
    this.#fullMs = wantedMs;
  }

  /** What players are told. */
  get ms(): number {
    return this.#toldMs;
  }

  isExceededBy(durationMs: number): boolean {
    return durationMs > this.#ms + ROUNDING_MS;
  }

  /** Whether a part is full. One more frame is taken to last as long as its last one. */
  isFull(durationMs: number, frameMs: number): boolean {
    const nextMs = durationMs + frameMs;
    if (nextMs > this.#ms + ROUNDING_MS) return true;
    return nextMs > this.#fullMs + ROUNDING_MS && durationMs >= SHARE_MIN * this.#ms;
  }

  /**
   * Chooses when parts are full, so that the last one of the next segment is not too short, if that has
   * as many frames as the one that has ended, or differs by up to `slackCount`.
   */
  segmentLasted(durationMs: number, frameCount: number, slackCount: number): void {
    if (frameCount <= slackCount || !Number.isFinite(this.#ms)) return;
    const frameMs = durationMs / frameCount;
    const countMax = Math.floor((this.#ms + ROUNDING_MS) / frameMs);
    const countMin = Math.ceil((SHARE_MIN * this.#ms + ROUNDING_MS) / frameMs);
    let lastMsBest = 0;
    this.#fullMs = this.#ms;
    for (let count = countMax; count >= countMin && lastMsBest < LAST_PART_MS_MIN; count--) {
      const lastMs = frameMs * shortestRest(frameCount, slackCount, count);
      if (lastMs <= lastMsBest) continue;
      lastMsBest = lastMs;
      this.#fullMs = Math.min(this.#ms, frameMs * count);
    }
  }

  /** Fits the target to the duration of the first frames: parts hold whole frames. */
  framesLast(frameMs: number): void {
    if (this.#frameCount >= FITTING_FRAMES || !Number.isFinite(this.#wantedMs)) return;
    this.#frameCount += 1;
    if (frameMs <= 0 || frameMs >= this.#frameMs) return;
    this.#frameMs = frameMs;
    const filledMs = frameMs * Math.max(1, Math.floor((this.#wantedMs + ROUNDING_MS) / frameMs));
    const isLong = filledMs > this.#wantedMs + ROUNDING_MS;
    const isFitting = !isLong && filledMs >= SHARE_MIN * this.#wantedMs;
    this.#ms = isFitting ? this.#wantedMs : filledMs * FRAME_MARGIN;
    this.#toldMs = this.#ms;
    this.#fullMs = this.#ms;
  }

  partLasted(durationMs: number): void {
    if (!this.isExceededBy(durationMs)) this.#toldMs = Math.max(this.#toldMs, durationMs);
  }
}

/** Frames of the last part, if segments of about `frameCount` frames have parts of `count`. */
function shortestRest(frameCount: number, slackCount: number, count: number): number {
  let shortest = count;
  for (let i = frameCount - slackCount; i <= frameCount + slackCount; i++) {
    const rest = i % count;
    if (rest > 0) shortest = Math.min(shortest, rest);
  }
  return shortest;
}
