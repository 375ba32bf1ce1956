/**
 * Lines of UTF-8 from a stream of bytes that is cut anywhere.
 *
 * @module
 */

import { MalformedError } from "../../base/errors.ts";
import { GrowingBuffer } from "../../base/growing-buffer.ts";

const LINE_FEED = 0x0a;
const CAPACITY_MIN = 4096;

export class LineReader {
  readonly #sizeMax: number;
  readonly #decoder = new TextDecoder("utf-8", { fatal: true });
  /** A line whose end has not come. */
  readonly #rest = new GrowingBuffer(CAPACITY_MIN);

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
      if (this.#rest.size + piece.length > this.#sizeMax) {
        throw new MalformedError(`Cannot read line of more than ${this.#sizeMax} bytes`, start);
      }
      if (end < 0) {
        this.#rest.append(piece);
        return;
      }
      line(this.#takeLine(piece, start));
      start = end + 1;
    }
  }

  #takeLine(piece: Uint8Array, offset: number): string {
    let whole = piece;
    if (this.#rest.size > 0) {
      this.#rest.append(piece);
      whole = this.#rest.view();
      this.#rest.clear();
    }
    try {
      return this.#decoder.decode(whole);
    } catch (cause) {
      throw noUtf8(offset, cause);
    }
  }
}

function noUtf8(offset: number, cause: unknown): MalformedError {
  return new MalformedError("Cannot read line: no UTF-8", offset, { cause });
}
