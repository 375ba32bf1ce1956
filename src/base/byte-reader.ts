/**
 * A cursor over bytes that have all arrived, with every read checked against the end.
 *
 * @module
 */

import { MalformedError } from "./errors.ts";

const TEXT_DECODER = new TextDecoder();

/** Reads big-endian fields one after another. Every read throws MalformedError past the end. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #offset: number;

  constructor(bytes: Uint8Array, offset = 0) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#offset = offset;
  }

  /** The next field's offset in bytes. */
  get offset(): number {
    return this.#offset;
  }

  /** Bytes left. */
  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  readUint8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  readUint16(): number {
    return this.#view.getUint16(this.#take(2));
  }

  readInt16(): number {
    return this.#view.getInt16(this.#take(2));
  }

  readUint24(): number {
    const offset = this.#take(3);
    return (this.#view.getUint8(offset) << 16) | this.#view.getUint16(offset + 1);
  }

  readUint32(): number {
    return this.#view.getUint32(this.#take(4));
  }

  readInt32(): number {
    return this.#view.getInt32(this.#take(4));
  }

  readFloat64(): number {
    return this.#view.getFloat64(this.#take(8));
  }

  /** Reads `size` bytes as a view into the input: copy to keep. */
  readBytes(size: number): Uint8Array {
    const offset = this.#take(size);
    return this.#bytes.subarray(offset, offset + size);
  }

  /** Reads `size` bytes of UTF-8; what is not UTF-8 becomes U+FFFD. */
  readText(size: number): string {
    return TEXT_DECODER.decode(this.readBytes(size));
  }

  skip(size: number): void {
    this.#take(size);
  }

  /** The next byte without moving on. */
  peekUint8(): number {
    const byte = this.readUint8();
    this.#offset -= 1;
    return byte;
  }

  #take(size: number): number {
    const offset = this.#offset;
    if (size < 0 || offset + size > this.#bytes.length) {
      throw new MalformedError(
        `Cannot read ${size} bytes: only ${this.#bytes.length - offset} left`,
        offset,
      );
    }
    this.#offset = offset + size;
    return offset;
  }
}
