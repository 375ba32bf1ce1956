/**
 * Which packets have been there before.
 *
 * Spec: RFC 3711, section 3.3.2.
 *
 * @module
 */

/**
 * How far behind the newest packet another may be, as a power of two. At least 64 are required; a
 * retransmission that was asked for a second ago is some 500 behind at 5 Mbps.
 */
const WINDOW_LENGTH = 1024;

const WORD_BITS = 32;

/** Of one source; by index, of 48 bits for RTP and 31 for RTCP. */
export class ReplayWindow {
  #highest = -1;
  /** A bit for each index modulo WINDOW_LENGTH, set for those that have been there. */
  #seen = new Uint32Array(WINDOW_LENGTH / WORD_BITS);

  /** The highest index that has been there, -1 at first. */
  get highest(): number {
    return this.#highest;
  }

  /** Whether the index is neither known nor too old to tell. */
  isFresh(index: number): boolean {
    if (index > this.#highest) return true;
    if (index < 0 || this.#highest - index >= WINDOW_LENGTH) return false;
    return ((this.#seen[wordOf(index)] ?? 0) & bitOf(index)) === 0;
  }

  /** Notes an index that is fresh, and whose packet is authentic. */
  add(index: number): void {
    const seen = this.#seen;
    if (index - this.#highest >= WINDOW_LENGTH) seen.fill(0);
    else {
      for (let i = this.#highest + 1; i < index; i++) {
        seen[wordOf(i)] = (seen[wordOf(i)] ?? 0) & ~bitOf(i);
      }
    }
    seen[wordOf(index)] = (seen[wordOf(index)] ?? 0) | bitOf(index);
    this.#highest = Math.max(this.#highest, index);
  }
}

function wordOf(index: number): number {
  return (index % WINDOW_LENGTH) >>> 5;
}

function bitOf(index: number): number {
  return 1 << (index % WORD_BITS);
}
