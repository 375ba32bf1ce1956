/**
 * What stands in front of each packet of Opus in MPEG-TS: where it ends, above all.
 *
 * Spec: "Opus in MPEG-TS" (Xiph), section 4 (opus_control_header).
 *
 * @module
 */

import { ByteReader } from "../../base/byte-reader.ts";
import type { ByteWriter } from "../../base/byte-writer.ts";
import { MalformedError } from "../../base/errors.ts";

/** 11 bits of prefix, 0x3ff, and no flag. */
const PREFIX = 0x3ff << 5;
const SIZE_STEP = 0xff;
/** Of a packet, in bytes: more than 120 ms of 8 channels have at 510 kbps each (RFC 6716, section 2.1.1). */
const SIZE_MAX = 65_536;

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

export interface OpusControlHeader {
  readonly headerSize: number;
  /** Of the packet behind it, in bytes. */
  readonly packetSize: number;
}

const PREFIX_MASK = 0xffe0;
const START_TRIM = 0x10;
const END_TRIM = 0x08;
const EXTENSION = 0x04;
const TRIM_SIZE = 2;

/**
 * The reverse of `writeOpusControlHeader`; what it says to trim is for a decoder to find out.
 *
 * @throws {MalformedError} If there is none, it is cut off, or the packet is too large.
 */
export function decodeOpusControlHeader(bytes: Uint8Array): OpusControlHeader {
  const reader = new ByteReader(bytes);
  const flags = reader.readUint16();
  if ((flags & PREFIX_MASK) !== PREFIX) throw new MalformedError("Cannot find Opus in MPEG-TS", 0);
  let packetSize = 0;
  for (;;) {
    const step = reader.readUint8();
    packetSize += step;
    if (packetSize > SIZE_MAX) throw new MalformedError("Cannot take Opus: too large", 0);
    if (step < SIZE_STEP) break;
  }
  if ((flags & START_TRIM) !== 0) reader.skip(TRIM_SIZE);
  if ((flags & END_TRIM) !== 0) reader.skip(TRIM_SIZE);
  if ((flags & EXTENSION) !== 0) reader.skip(reader.readUint8());
  return { headerSize: reader.offset, packetSize };
}
