/**
 * The beginning of something whose end has not come: bytes that are kept until more follow.
 *
 * @module
 */

export class GrowingBuffer {
  readonly #capacityMin: number;
  #bytes: Uint8Array = new Uint8Array(0);
  #size = 0;

  /** @param capacityMin Room at first; it doubles as bytes arrive, so that no size is taken on trust. */
  constructor(capacityMin: number) {
    this.#capacityMin = capacityMin;
  }

  get size(): number {
    return this.#size;
  }

  append(bytes: Uint8Array): void {
    const size = this.#size + bytes.length;
    if (size > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(size, this.#bytes.length * 2, this.#capacityMin));
      grown.set(this.#bytes.subarray(0, this.#size));
      this.#bytes = grown;
    }
    this.#bytes.set(bytes, this.#size);
    this.#size = size;
  }

  /** What has been kept: a view, to be read before more is appended. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#size);
  }

  /** Begins anew, in other memory: whoever has a view of the old may keep it. */
  clear(): void {
    this.#bytes = new Uint8Array(0);
    this.#size = 0;
  }
}
