/**
 * The memory of the payloads of one frame, in one piece.
 *
 * @module
 */

/** Hands out bytes to be filled. Takes no memory before the first are asked for. */
export class PayloadBuffer {
  readonly #capacity: number;
  #bytes: Uint8Array | undefined;
  #used = 0;

  /** @param capacity Bytes that the frame is expected to take; if they are too few, there will be more. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  take(size: number): Uint8Array {
    if (this.#bytes === undefined || this.#used + size > this.#bytes.length) {
      this.#bytes = new Uint8Array(Math.max(this.#bytes === undefined ? this.#capacity : 0, size));
      this.#used = 0;
    }
    const start = this.#used;
    this.#used += size;
    return this.#bytes.subarray(start, this.#used);
  }
}
