/**
 * A file from its beginning to its end, in pieces.
 *
 * @module
 */

import type { OpenFile } from "../../../runtime/runtime.ts";

const PIECE_SIZE = 1 << 20;

/** Yields the bytes of a file, of which `size` are to be read. @throws {SystemError} */
export async function* readFile(file: OpenFile, size: number): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < size; ) {
    const piece = await file.read(offset, Math.min(PIECE_SIZE, size - offset));
    if (piece.length === 0) return;
    offset += piece.length;
    yield piece;
  }
}
