/**
 * A file that is read forward in pieces, of which one is in memory.
 *
 * @module
 */

import { MalformedError } from "../../base/errors.ts";
import type { OpenFile } from "../../runtime/runtime.ts";

const PIECE_SIZE = 128 * 1024;
const EMPTY: Uint8Array = new Uint8Array(0);

export class FileWindow {
  readonly file: OpenFile;
  /** Bytes of the file. */
  readonly size: number;
  readonly #pieceSize: number;
  #piece = EMPTY;
  #pieceOffset = 0;

  /** @param size Bytes of the file. @param pieceSize So much is read at once. */
  constructor(file: OpenFile, size: number, pieceSize: number = PIECE_SIZE) {
    this.file = file;
    this.size = size;
    this.#pieceSize = pieceSize;
  }

  /** Bytes that are in memory: a view, which nobody overwrites; `undefined`: `read` has to be called. */
  peek(offset: number, size: number): Uint8Array | undefined {
    const start = offset - this.#pieceOffset;
    const isThere = start >= 0 && start + size <= this.#piece.length;
    return isThere ? this.#piece.subarray(start, start + size) : undefined;
  }

  /** Likewise, of the file. @throws {MalformedError} If it ends before. @throws {SystemError} */
  async read(offset: number, size: number): Promise<Uint8Array> {
    const known = this.peek(offset, size);
    if (known !== undefined) return known;
    if (offset < 0 || offset + size > this.size) throw cutOff(offset, size);
    const isLarge = size > this.#pieceSize;
    const bytes = await this.file.read(offset, isLarge ? size : this.#pieceSize);
    if (bytes.length < size) throw cutOff(offset, size); // It is shorter than it was.
    if (isLarge) return bytes;
    this.#piece = bytes;
    this.#pieceOffset = offset;
    return bytes.subarray(0, size);
  }

  /** Up to so many bytes, fewer at the end of the file. */
  readSome(offset: number, size: number): Promise<Uint8Array> {
    return this.read(offset, Math.max(0, Math.min(size, this.size - offset)));
  }
}

function cutOff(offset: number, size: number): MalformedError {
  return new MalformedError(`Cannot read ${size} bytes: the file ends before`, offset);
}
