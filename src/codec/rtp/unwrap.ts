/**
 * Numbers that only grow from counters that wrap.
 *
 * Spec: RFC 3550, 5.1 (sequence number, timestamp) and A.1.
 *
 * @module
 */

/**
 * Sequence numbers of 16 bits. Each is taken for the one that is nearest to the highest so far, so
 * reordering and loss of up to half of the range are understood.
 */
export class SequenceUnwrapper {
  #highest: number | undefined;

  /**
   * @returns `sequenceNumber` plus a multiple of 65,536. It may be negative for what came before
   * the first.
   */
  unwrap(sequenceNumber: number): number {
    if (this.#highest === undefined) {
      this.#highest = sequenceNumber;
      return sequenceNumber;
    }
    const unwrapped = this.#highest + (((sequenceNumber - this.#highest) << 16) >> 16);
    if (unwrapped > this.#highest) this.#highest = unwrapped;
    return unwrapped;
  }
}

/** Likewise for timestamps of 32 bits, whatever their clock rate. */
export class TimestampUnwrapper {
  #highest: number | undefined;

  /** @returns `timestamp` plus a multiple of 2^32. It may be negative for what is before the first. */
  unwrap(timestamp: number): number {
    if (this.#highest === undefined) {
      this.#highest = timestamp;
      return timestamp;
    }
    const unwrapped = this.#highest + ((timestamp - this.#highest) | 0);
    if (unwrapped > this.#highest) this.#highest = unwrapped;
    return unwrapped;
  }
}
