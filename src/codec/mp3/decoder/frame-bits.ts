/**
 * A cursor over the bits of a frame, made for many short fields.
 *
 * Spec: ISO/IEC 11172-3, 2.4.1 (syntax), whose fields it reads.
 *
 * @module
 */

import { MalformedError } from "../../../base/errors.ts";
import { type HuffmanLookup, LOOKUP_BITS } from "./huffman-lookup.ts";

/** Positions and sizes are in bits, from the start of the bytes. */
export class FrameBits {
  #bytes: Uint8Array = new Uint8Array();
  #position = 0;
  #end = 0;

  /** Goes over the bits from `position` up to `end`. */
  load(bytes: Uint8Array, position: number, end: number): void {
    this.#bytes = bytes;
    this.#position = position;
    this.#end = end;
    this.check();
  }

  get position(): number {
    return this.#position;
  }

  /** Negative once `readSymbol` or `readAhead` have gone too far. */
  get bitsLeft(): number {
    return this.#end - this.#position;
  }

  /** Reads 0 to 25 bits. @throws {MalformedError} If fewer bits are left. */
  read(count: number): number {
    const value = this.readAhead(count);
    this.check();
    return value;
  }

  /** @throws {MalformedError} If no bit is left. */
  readFlag(): boolean {
    return this.read(1) === 1;
  }

  /** As `read`, but what is beyond the end is found out by `bitsLeft` or `check` only. */
  readAhead(count: number): number {
    if (count === 0) return 0;
    const value = this.#peek(count);
    this.#position += count;
    return value;
  }

  /** Reads a codeword; what is beyond the end is found out by `bitsLeft` or `check` only. */
  readSymbol(lookup: HuffmanLookup): number {
    const entry = lookup.find(this.#peek(LOOKUP_BITS));
    this.#position += entry & 0xff;
    return entry >>> 8;
  }

  /** @throws {MalformedError} If more has been read than there is. */
  check(): void {
    if (this.#position <= this.#end) return;
    throw new MalformedError("Cannot read frame of MPEG audio: it is cut off", this.#end >>> 3);
  }

  /** The next 1 to 25 bits; whatever is there, or zeros, beyond the end. */
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
