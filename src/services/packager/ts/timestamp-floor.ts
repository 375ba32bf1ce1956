/**
 * The variable [timestamp] with `hls_ts_floor`: it counts segments instead of milliseconds, so that
 * several servers that package the same stream give their segments the same names.
 *
 * @module
 */

/** How far, in segments, the count may be from the clock before it is set anew. As in SRS. */
const DEVIATION_MAX = 0.3;

export class TimestampFloor {
  readonly #segmentMs: number;
  #last: number | undefined;

  constructor(segmentMs: number) {
    this.#segmentMs = segmentMs;
  }

  /** The count of a segment that begins now. */
  next(wallMs: number): number {
    const exact = wallMs / this.#segmentMs;
    const expected = this.#last === undefined ? Math.floor(exact) : this.#last + 1;
    const isOff = expected - exact > DEVIATION_MAX || exact - expected > 1 + DEVIATION_MAX;
    const floor = Math.floor(exact);
    // Never the same twice: it would be the same file.
    return isOff && this.#last !== undefined && floor > this.#last ? floor : expected;
  }

  /** There is a segment with that count. */
  used(count: number): void {
    this.#last = count;
  }
}
