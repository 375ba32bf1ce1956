/**
 * What was sent when, by transport-wide sequence number, until feedback tells what became of it.
 *
 * @module
 */

/** Room at first: 1 s of 2 Mbit/s. Doubles while packets younger than KEPT_MS would go. */
const CAPACITY_MIN = 256;
const CAPACITY_MAX = 8_192;
/** Feedback that comes later than that says nothing about the network as it is. */
const KEPT_MS = 1_000;

/** In a size: the packet was reported lost. It may come later. */
const LOST_FLAG = 0x8000;
const SIZE_MASK = 0x7fff;

/** One per viewer, for all of its tracks; allocates nothing for a packet. */
export class SentPackets {
  #timesMs = new Float64Array(CAPACITY_MIN);
  /** In bytes; 0 for what feedback has told of. */
  #sizes = new Uint16Array(CAPACITY_MIN);
  #mask = CAPACITY_MIN - 1;
  #next = 0;
  /** The oldest that is kept. */
  #first = 0;

  /** Packets sent so far. */
  get count(): number {
    return this.#next;
  }

  /** What it has room for. */
  get capacity(): number {
    return this.#mask + 1;
  }

  /**
   * @param size In bytes.
   * @returns The transport-wide sequence number for the packet, 16 bits.
   */
  add(size: number, nowMs: number): number {
    if (this.#next - this.#first > this.#mask) {
      const oldestMs = this.#timesMs[this.#first & this.#mask] ?? 0;
      if (nowMs - oldestMs < KEPT_MS && this.capacity < CAPACITY_MAX) this.#grow();
      else this.#first++;
    }
    const slot = this.#next & this.#mask;
    this.#timesMs[slot] = nowMs;
    this.#sizes[slot] = Math.min(size, SIZE_MASK);
    return this.#next++ & 0xffff;
  }

  /**
   * @param sequenceNumber 16 bits.
   * @returns The number as `add` counts it; `undefined` if it was not sent, or not lately.
   */
  find(sequenceNumber: number): number | undefined {
    const last = this.#next - 1;
    const sequence = last - ((last - sequenceNumber) & 0xffff);
    return sequence < this.#first ? undefined : sequence;
  }

  /** @param sequence As `find` gives it. */
  sentMs(sequence: number): number {
    return this.#timesMs[sequence & this.#mask] ?? 0;
  }

  /** @returns The size in bytes, once: then 0, as feedback may tell of a packet twice. */
  takeSize(sequence: number): number {
    const size = (this.#sizes[sequence & this.#mask] ?? 0) & SIZE_MASK;
    this.#sizes[sequence & this.#mask] = 0;
    return size;
  }

  /** Whether it was reported lost, and its size was not taken since. */
  isLost(sequence: number): boolean {
    return ((this.#sizes[sequence & this.#mask] ?? 0) & LOST_FLAG) !== 0;
  }

  /** @returns False if that was known, or if it arrived. */
  reportLost(sequence: number): boolean {
    const size = this.#sizes[sequence & this.#mask] ?? 0;
    if (size === 0 || (size & LOST_FLAG) !== 0) return false;
    this.#sizes[sequence & this.#mask] = size | LOST_FLAG;
    return true;
  }

  #grow(): void {
    const timesMs = new Float64Array(this.capacity * 2);
    const sizes = new Uint16Array(this.capacity * 2);
    const mask = this.capacity * 2 - 1;
    for (let sequence = this.#first; sequence < this.#next; sequence++) {
      timesMs[sequence & mask] = this.#timesMs[sequence & this.#mask] ?? 0;
      sizes[sequence & mask] = this.#sizes[sequence & this.#mask] ?? 0;
    }
    this.#timesMs = timesMs;
    this.#sizes = sizes;
    this.#mask = mask;
  }
}
