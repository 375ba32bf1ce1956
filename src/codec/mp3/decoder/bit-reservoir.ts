/**
 * The main data of layer III, which begins before the frame that it belongs to.
 *
 * Spec: ISO/IEC 11172-3, 2.4.2.7 (main_data_begin), 2.4.3.4 (the bit reservoir).
 *
 * @module
 */

/** main_data_begin has nine bits. */
const LOOK_BACK_MAX = 511;

export class BitReservoir {
  /** Room for the largest frame, 320 kbit/s at 32 kHz or 160 kbit/s at 8 kHz, and what is before. */
  readonly #bytes = new Uint8Array(LOOK_BACK_MAX + 1500);
  /** How many bytes of former frames are there, and with the latest. */
  #heldSize = 0;
  #size = 0;

  /** The main data of former frames and of the latest. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** How many of the bytes count. */
  get size(): number {
    return this.#size;
  }

  /** Forgets former frames. */
  clear(): void {
    this.#size = 0;
  }

  /** Takes what a frame has after its side information: at most 1,441 bytes. */
  push(mainData: Uint8Array): void {
    this.#heldSize = Math.min(LOOK_BACK_MAX, this.#size);
    this.#bytes.copyWithin(0, this.#size - this.#heldSize, this.#size);
    this.#bytes.set(mainData, this.#heldSize);
    this.#size = this.#heldSize + mainData.length;
  }

  /**
   * Where the main data of the latest frame begins, in bytes.
   *
   * @returns `undefined` if that is in a frame which has not been seen.
   */
  find(mainDataBegin: number): number | undefined {
    return mainDataBegin > this.#heldSize ? undefined : this.#heldSize - mainDataBegin;
  }
}
