/**
 * A cursor over bits, with every read checked against the end.
 *
 * @module
 */

import { assert } from "./assert.ts";
import { MalformedError } from "./errors.ts";

/** Reads fields of any width, the most significant bit first. Every read throws past the end. */
export class BitReader {
  readonly #bytes: Uint8Array;
  #offset = 0; // Of the byte that holds the next bit.
  #used = 0; // Bits of it that have been read, 0 to 7.

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The byte that holds the next bit. */
  get offset(): number {
    return this.#offset;
  }

  get bitsLeft(): number {
    return (this.#bytes.length - this.#offset) * 8 - this.#used;
  }

  /**
   * Reads an unsigned integer of 0 to 32 bits.
   *
   * @throws {MalformedError} If fewer bits are left.
   */
  readBits(count: number): number {
    assert(count >= 0 && count <= 32, "a field has 0 to 32 bits");
    this.#check(count);
    let value = 0;
    let left = count;
    while (left > 0) {
      const available = 8 - this.#used;
      const taken = Math.min(available, left);
      const byte = this.#bytes[this.#offset] ?? 0;
      const bits = (byte >>> (available - taken)) & ((1 << taken) - 1);
      // By multiplication: a shift would make the 32nd bit a sign.
      value = value * (1 << taken) + bits;
      left -= taken;
      this.#advance(taken);
    }
    return value;
  }

  /** @throws {MalformedError} If no bit is left. */
  readFlag(): boolean {
    return this.readBits(1) === 1;
  }

  /** @throws {MalformedError} If fewer bits are left. */
  skipBits(count: number): void {
    assert(count >= 0, "a cursor goes forward");
    this.#check(count);
    this.#advance(count);
  }

  #check(count: number): void {
    if (count <= this.bitsLeft) return;
    throw new MalformedError(`Cannot read ${count} bits: ${this.bitsLeft} left`, this.#offset);
  }

  #advance(count: number): void {
    const used = this.#used + count;
    this.#offset += Math.floor(used / 8);
    this.#used = used % 8;
  }
}
