/**
 * A cursor that writes the bits of an access unit.
 *
 * Spec: ISO/IEC 14496-3, 4.4.2.1 (raw_data_block), whose fields it writes.
 *
 * @module
 */

/** Of an access unit of two channels at most (6,144 bits a channel), and some more. */
const INITIAL_SIZE = 2048;

/** Writes fields of up to 24 bits, the most significant bit first. */
export class AccessUnitWriter {
  #bytes = new Uint8Array(INITIAL_SIZE);
  /** Whole bytes that are written. */
  #size = 0;
  /** Bits behind them, and how many. */
  #rest = 0;
  #restCount = 0;

  get bitCount(): number {
    return this.#size * 8 + this.#restCount;
  }

  write(count: number, value: number): void {
    this.#rest = (this.#rest << count) | value;
    this.#restCount += count;
    while (this.#restCount >= 8) {
      this.#restCount -= 8;
      this.#append(this.#rest >>> this.#restCount);
      this.#rest &= (1 << this.#restCount) - 1;
    }
  }

  /** Fills the last byte with zeros, gives all, and begins anew. */
  take(): Uint8Array {
    if (this.#restCount > 0) this.#append(this.#rest << (8 - this.#restCount));
    const taken = this.#bytes.slice(0, this.#size);
    this.#size = 0;
    this.#rest = 0;
    this.#restCount = 0;
    return taken;
  }

  #append(byte: number): void {
    if (this.#size === this.#bytes.length) {
      const grown = new Uint8Array(this.#size * 2);
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    this.#bytes[this.#size] = byte;
    this.#size++;
  }
}
