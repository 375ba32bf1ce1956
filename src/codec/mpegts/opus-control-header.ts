/**
 * What stands in front of each packet of Opus in MPEG-TS: where it ends, above all.
 *
 * Spec: "Opus in MPEG-TS" (Xiph), section 4 (opus_control_header).
 *
 * @module
 */

import type { ByteWriter } from "../../base/byte-writer.ts";

/** 11 bits of prefix, 0x3ff, and no flag. */
const PREFIX = 0x3ff << 5;
const SIZE_STEP = 0xff;

/**
 * Writes the header of a packet of `size` bytes.
 *
 * ```text
 * |01111111111|S|E|X|00| 0xff ... | rest of the size 8 |
 *  prefix      S, E samples to trim at start and end follow   X extension follows
 * ```
 *
 * The size is the sum of all bytes up to and including the first that is not 0xff.
 */
export function writeOpusControlHeader(writer: ByteWriter, size: number): void {
  writer.writeUint16(PREFIX);
  for (let left = size; ; left -= SIZE_STEP) {
    writer.writeUint8(Math.min(left, SIZE_STEP));
    if (left < SIZE_STEP) return;
  }
}
