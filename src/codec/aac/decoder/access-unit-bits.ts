/**
 * A cursor over the bits of an access unit, made for many short fields.
 *
 * Spec: ISO/IEC 14496-3, 4.4.2.1 (raw_data_block), whose fields it reads.
 *
 * @module
 */

import { MalformedError } from "../../../base/errors.ts";
import { type HuffmanLookup, LOOKUP_BITS } from "../spectrum/huffman-code.ts";

/** Zeros behind the input, so that a look ahead needs no check. */
const PADDING_SIZE = 8;

/**
 * Reads fields of up to 25 bits, the most significant bit first. Unlike `BitReader` it copies its
 * input, is used for one after the other, and looks ahead.
 */
export class AccessUnitBits {
  #bytes = new Uint8Array(1024);
  #position = 0;
  #end = 0;

  /** Begins with another access unit. */
  load(accessUnit: Uint8Array): void {
    const size = accessUnit.length + PADDING_SIZE;
    if (this.#bytes.length < size) this.#bytes = new Uint8Array(size * 2);
    this.#bytes.set(accessUnit);
    this.#bytes.fill(0, accessUnit.length, size);
    this.#position = 0;
    this.#end = accessUnit.length * 8;
  }

  /** In bytes: where the next bit is. */
  get offset(): number {
    return this.#position >>> 3;
  }

  get bitsLeft(): number {
    return this.#end - this.#position;
  }

  /** @throws {MalformedError} If fewer bits are left. */
  read(count: number): number {
    const value = count === 0 ? 0 : this.#peek(count);
    this.skip(count);
    return value;
  }

  /** @throws {MalformedError} If no bit is left. */
  readFlag(): boolean {
    return this.read(1) === 1;
  }

  /** Reads a codeword. @throws {MalformedError} If it is cut off. */
  readSymbol(lookup: HuffmanLookup): number {
    const entry = lookup.find(this.#peek(LOOKUP_BITS));
    this.skip(entry & 0xff);
    return entry >>> 8;
  }

  /** @throws {MalformedError} If fewer bits are left. */
  skip(count: number): void {
    this.#position += count;
    if (this.#position <= this.#end) return;
    throw new MalformedError("Cannot read access unit: it is cut off", this.#end >>> 3);
  }

  /** Goes on to the start of a byte. */
  align(): void {
    this.#position = (this.#position + 7) & ~7;
  }

  /** The next 1 to 25 bits, zeros where there are none. */
  #peek(count: number): number {
    const bytes = this.#bytes;
    const offset = this.#position >>> 3;
    const word =
      ((bytes[offset] ?? 0) << 24) |
      ((bytes[offset + 1] ?? 0) << 16) |
      ((bytes[offset + 2] ?? 0) << 8) |
      (bytes[offset + 3] ?? 0);
    return (word << (this.#position & 7)) >>> (32 - count);
  }
}
