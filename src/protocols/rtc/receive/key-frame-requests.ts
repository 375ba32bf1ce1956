/**
 * When to ask a source for a key frame.
 *
 * Spec: RFC 4585 section 6.3.1 (PLI), RFC 5104 section 4.3.1 (FIR).
 *
 * @module
 */

/** Encoders take a frame or two, and the network a round trip: asking earlier is for nothing. */
const REPEAT_MS = 500;
/** A source that has not answered so many is asked less and less often, ... */
const PATIENCE_COUNT = 4;
/** ... down to this. */
const REPEAT_MS_MAX = 4_000;

export class KeyFrameRequests {
  readonly #periodMs: number;
  #isWanted = false;
  /** Requests since the latest key frame. */
  #unansweredCount = 0;
  #askedMs = Number.NEGATIVE_INFINITY;
  /** Of the latest key frame, or when it was made. */
  #keyFrameMs: number | undefined;
  #firSequenceNumber = 0;
  #sentCount = 0;

  /** @param periodMs A key frame is asked for when there was none for so long; 0: never. */
  constructor(periodMs: number = 0) {
    this.#periodMs = periodMs;
  }

  /** Whether a key frame is waited for. */
  get isWanted(): boolean {
    return this.#isWanted;
  }

  /** For FIR: stays the same in repetitions. */
  get firSequenceNumber(): number {
    return this.#firSequenceNumber;
  }

  /** Requests sent so far. */
  get sentCount(): number {
    return this.#sentCount;
  }

  /** Somebody needs a key frame; `take` says when to ask. */
  want(): void {
    if (this.#isWanted) return;
    this.#isWanted = true;
    this.#firSequenceNumber = (this.#firSequenceNumber + 1) & 0xff;
  }

  keyFrameReceived(nowMs: number): void {
    this.#isWanted = false;
    this.#unansweredCount = 0;
    this.#keyFrameMs = nowMs;
  }

  /**
   * @returns Whether to ask now: true at once for the first, then at most every 500 ms until a key
   * frame has come. Reckons that the caller asks.
   */
  take(nowMs: number): boolean {
    this.#keyFrameMs ??= nowMs;
    if (this.#periodMs > 0 && nowMs - this.#keyFrameMs >= this.#periodMs) this.want();
    const doublings = Math.max(0, this.#unansweredCount - PATIENCE_COUNT);
    const pauseMs = Math.min(REPEAT_MS * 2 ** doublings, REPEAT_MS_MAX);
    if (!this.#isWanted || nowMs - this.#askedMs < pauseMs) return false;
    this.#unansweredCount++;
    this.#askedMs = nowMs;
    this.#sentCount++;
    return true;
  }
}
