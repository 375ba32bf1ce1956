/**
 * Sequence numbers of one RTP source as numbers that only grow, across wraps and restarts.
 *
 * Spec: RFC 3550 appendix A.1 (large jumps need a second packet that agrees).
 *
 * @module
 */

/** A step forward that loss alone may explain, as in RFC 3550 (MAX_DROPOUT): a minute at 50/s. */
const DROPOUT_MAX = 3_000;
/** How far behind a packet is still late, and not of a source that began anew. */
const MISORDER_MAX = 1_024;
/** The packet that proves a restart follows the first of it within so many. */
const PROBATION_SPAN = 100;

/**
 * A source that begins anew so near that its packets look late sends nothing but late ones. So many
 * for so long are no burst of repairs, between which there would be new packets.
 */
const LATE_COUNT = 8;
const LATE_MS = 500;

/** @returns `to - from` of numbers of 16 bits, from -32,768 to 32,767. */
export function sequenceDistance(from: number, to: number): number {
  return ((to - from) << 16) >> 16;
}

/**
 * Extends sequence numbers. The low 16 bits of what it gives are always those of the packet. One
 * packet that is far off may be damage or an attack, so it waits until a second one agrees.
 */
export class SequenceTracker {
  #highest: number | undefined;
  #probation: number | undefined;
  #restartSequence: number | undefined;
  /** The latest late packet; how many there were in a row, and since when. */
  #lateSequence = 0;
  #lateCount = 0;
  #lateSinceMs = 0;

  /** The highest number so far. */
  get highest(): number | undefined {
    return this.#highest;
  }

  /**
   * Set when the latest call of `track` found that the source has begun anew: the number of the
   * packet for which it had given `undefined` before, or of this one.
   */
  get restartSequence(): number | undefined {
    return this.#restartSequence;
  }

  /** @returns The extended number; `undefined` for a packet that is far off and alone so far. */
  track(sequenceNumber: number, nowMs: number): number | undefined {
    this.#restartSequence = undefined;
    const highest = this.#highest;
    if (highest === undefined) return this.#advance(sequenceNumber);
    const distance = sequenceDistance(highest, sequenceNumber);
    if (distance >= -MISORDER_MAX && distance <= DROPOUT_MAX) {
      return this.#trackNear(highest, distance, nowMs);
    }
    const step = this.#probation === undefined ? 0 : this.#step(sequenceNumber);
    if (this.#probation === undefined || step < 0 || step > PROBATION_SPAN) {
      this.#probation = sequenceNumber;
      return undefined;
    }
    return step === 0 ? undefined : this.#restart(highest, this.#probation, step);
  }

  #trackNear(highest: number, distance: number, nowMs: number): number {
    const sequence = highest + distance;
    if (distance > 0) {
      this.#lateCount = 0;
      return this.#advance(sequence);
    }
    if (this.#lateCount === 0 || sequence <= this.#lateSequence) {
      this.#lateCount = 0;
      this.#lateSinceMs = nowMs;
    }
    this.#lateSequence = sequence;
    this.#lateCount++;
    if (this.#lateCount <= LATE_COUNT || nowMs - this.#lateSinceMs < LATE_MS) return sequence;
    this.#lateCount = 0;
    const from = highest + 2;
    this.#restartSequence = from + ((sequence - from) & 0xffff);
    return this.#advance(this.#restartSequence);
  }

  #step(sequenceNumber: number): number {
    return sequenceDistance(this.#probation ?? 0, sequenceNumber);
  }

  /** Leaves at least one number out, so that nobody takes the two sources for one. */
  #restart(highest: number, first: number, step: number): number {
    const from = highest + 2;
    this.#probation = undefined;
    this.#restartSequence = from + ((first - from) & 0xffff);
    return this.#advance(this.#restartSequence + step);
  }

  #advance(sequence: number): number {
    if (this.#highest === undefined || sequence > this.#highest) this.#highest = sequence;
    return sequence;
  }
}
