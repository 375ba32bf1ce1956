/**
 * Writes boxes: begin, what is inside, end. The size, which stands first, is filled in at the end.
 *
 * Spec: ISO/IEC 14496-12, 4.2 (object structure).
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import type { ByteWriter } from "../../base/byte-writer.ts";

/**
 * Begins a box.
 *
 * ```text
 * | size 32, of all of it | type, four letters | what is inside |
 * ```
 *
 * @returns Where it starts, for `endBox`.
 */
export function beginBox(writer: ByteWriter, type: string): number {
  const start = writer.size;
  writer.writeUint32(0);
  writeFourCc(writer, type);
  return start;
}

/** Begins a box with a version and flags: `| version 8 | flags 24 |` behind the type. */
export function beginFullBox(
  writer: ByteWriter,
  type: string,
  version: number,
  flags: number,
): number {
  const start = beginBox(writer, type);
  writer.writeUint32((version << 24) | flags);
  return start;
}

/** Ends the box that starts at `start`. */
export function endBox(writer: ByteWriter, start: number): void {
  writer.setUint32At(start, writer.size - start);
}

/** Writes the four letters of a type or brand. */
export function writeFourCc(writer: ByteWriter, letters: string): void {
  assert(letters.length === 4, "a FourCC has four letters");
  const high = (letters.charCodeAt(0) << 8) | letters.charCodeAt(1);
  writer.writeUint32((high << 16) | (letters.charCodeAt(2) << 8) | letters.charCodeAt(3));
}

/** Writes reserved fields, and those that are 0 here. */
export function writeZeros(writer: ByteWriter, size: number): void {
  for (let index = 0; index < size; index++) writer.writeUint8(0);
}
