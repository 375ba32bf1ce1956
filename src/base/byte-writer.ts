/**
 * A growing buffer of big-endian fields.
 *
 * @module
 */

import { assert } from "./assert.ts";

const TEXT_ENCODER = new TextEncoder();

/** Appends fields one after another; grows by doubling. */
export class ByteWriter {
  readonly #capacity: number;
  #bytes: Uint8Array;
  #view: DataView;
  #size = 0;

  /** @param capacity Bytes to reserve at first. */
  constructor(capacity = 256) {
    this.#capacity = capacity;
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Bytes written so far. */
  get size(): number {
    return this.#size;
  }

  writeUint8(value: number): void {
    const offset = this.#claim(1);
    this.#bytes[offset] = value;
  }

  writeUint16(value: number): void {
    const offset = this.#claim(2);
    this.#view.setUint16(offset, value);
  }

  writeUint24(value: number): void {
    const offset = this.#claim(3);
    this.#view.setUint8(offset, value >>> 16);
    this.#view.setUint16(offset + 1, value & 0xffff);
  }

  writeUint32(value: number): void {
    const offset = this.#claim(4);
    this.#view.setUint32(offset, value);
  }

  /** Little-endian, as RTMP's message stream id alone is. */
  writeUint32LittleEndian(value: number): void {
    const offset = this.#claim(4);
    this.#view.setUint32(offset, value, true);
  }

  /** @param value A whole number of at most 53 bits, which is what a number can hold. */
  writeUint64(value: number): void {
    const offset = this.#claim(8);
    this.#view.setUint32(offset, Math.floor(value / 0x1_0000_0000));
    this.#view.setUint32(offset + 4, value);
  }

  writeFloat64(value: number): void {
    const offset = this.#claim(8);
    this.#view.setFloat64(offset, value);
  }

  writeBytes(bytes: Uint8Array): void {
    const offset = this.#claim(bytes.length);
    this.#bytes.set(bytes, offset);
  }

  /** Writes UTF-8 without a length. */
  writeText(text: string): void {
    this.writeBytes(TEXT_ENCODER.encode(text));
  }

  /** Adds bytes to fill in through `view`, before anything else is written. */
  reserve(size: number): void {
    this.#claim(size);
  }

  /** Writes over a field from before, such as a size that is known only now. */
  setUint16At(offset: number, value: number): void {
    assert(offset >= 0 && offset + 2 <= this.#size, "the field has been written");
    this.#view.setUint16(offset, value);
  }

  /** Likewise for 32 bits. */
  setUint32At(offset: number, value: number): void {
    assert(offset >= 0 && offset + 4 <= this.#size, "the field has been written");
    this.#view.setUint32(offset, value);
  }

  /** What has been written, as a view that later writes do not move; valid for reading only. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#size);
  }

  /**
   * Gives away what has been written and starts anew. What is given away is kept by others for a
   * while, and the buffer for good, so neither is left much larger than it need be.
   */
  take(): Uint8Array {
    const size = this.#size;
    const isTight = size * 2 >= this.#bytes.length;
    const taken = isTight ? this.view() : this.#bytes.slice(0, size);
    const wanted = Math.max(this.#capacity, size);
    if (isTight || this.#bytes.length > wanted * 4) {
      this.#bytes = new Uint8Array(wanted);
      this.#view = new DataView(this.#bytes.buffer);
    }
    this.#size = 0;
    return taken;
  }

  /** Takes back what was written beyond `size` bytes; whoever has a view of it must be done with it. */
  truncate(size: number): void {
    assert(size >= 0 && size <= this.#size, "what is taken back has been written");
    this.#size = size;
  }

  #claim(size: number): number {
    const offset = this.#size;
    const end = offset + size;
    if (end > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(end, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, offset));
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    this.#size = end;
    return offset;
  }
}
