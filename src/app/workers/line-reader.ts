/**
 * Lines of UTF-8 from a stream of bytes that is cut anywhere.
 *
 * @module
 */

import { MalformedError } from "../../base/errors.ts";

const LINE_FEED = 0x0a;
const CAPACITY_MIN = 4096;

export class LineReader {
  readonly #sizeMax: number;
  readonly #decoder = new TextDecoder("utf-8", { fatal: true });
  /** A line whose end has not come. */
  #rest: Uint8Array = new Uint8Array(0);
  #restSize = 0;

  /** @param sizeMax Bytes of a line, its end excluded. */
  constructor(sizeMax: number) {
    this.#sizeMax = sizeMax;
  }

  /**
   * Takes the next bytes and hands on each line that is complete, without its end.
   *
   * @throws {MalformedError} If a line is too long or no UTF-8. Nothing can be read after that.
   */
  read(bytes: Uint8Array, line: (text: string) => void): void {
    let start = 0;
    for (;;) {
      const end = bytes.indexOf(LINE_FEED, start);
      const piece = bytes.subarray(start, end < 0 ? bytes.length : end);
      if (this.#restSize + piece.length > this.#sizeMax) {
        throw new MalformedError(`Cannot read line of more than ${this.#sizeMax} bytes`, start);
      }
      if (end < 0) {
        this.#append(piece);
        return;
      }
      line(this.#takeLine(piece, start));
      start = end + 1;
    }
  }

  #takeLine(piece: Uint8Array, offset: number): string {
    let whole = piece;
    if (this.#restSize > 0) {
      this.#append(piece);
      whole = this.#rest.subarray(0, this.#restSize);
      this.#rest = new Uint8Array(0);
      this.#restSize = 0;
    }
    try {
      return this.#decoder.decode(whole);
    } catch (cause) {
      throw noUtf8(offset, cause);
    }
  }

  #append(piece: Uint8Array): void {
    const size = this.#restSize + piece.length;
    if (size > this.#rest.length) {
      const grown = new Uint8Array(Math.max(size, this.#rest.length * 2, CAPACITY_MIN));
      grown.set(this.#rest.subarray(0, this.#restSize));
      this.#rest = grown;
    }
    this.#rest.set(piece, this.#restSize);
    this.#restSize = size;
  }
}

function noUtf8(offset: number, cause: unknown): MalformedError {
  return new MalformedError("Cannot read line: no UTF-8", offset, { cause });
}
