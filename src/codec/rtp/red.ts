/**
 * Redundant payloads: a packet with what is new and, in front of it, what earlier packets had.
 *
 * Spec: RFC 2198, 3.
 *
 * @module
 */

import { ByteReader } from "../../base/byte-reader.ts";
import { MalformedError } from "../../base/errors.ts";

/** One of the payloads in a packet. */
export interface RedBlock {
  /** 7 bits. */
  readonly payloadType: number;
  /** How far the block's time is before that of the packet, in ticks; 0 for the primary block. */
  readonly timestampOffset: number;
  /** View into the input. */
  readonly payload: Uint8Array;
}

/** What a packet carries. */
export interface RedPayload {
  /** What the packet is for, at the packet's own timestamp. */
  readonly primary: RedBlock;
  /** What earlier packets had, as the sender has put them: the oldest first. */
  readonly redundant: readonly RedBlock[];
}

const MORE_FLAG = 0x80;
const TIMESTAMP_OFFSET_BITS = 14;
const SIZE_BITS = 10;

/**
 * Parses the payload of a packet.
 *
 * ```text
 * |1|block PT(7)|  timestamp offset(14)  | size(10) |  for each redundant block
 * |0|block PT(7)|                                      for the primary one, which takes the rest
 * ```
 *
 * @throws {MalformedError} If a header or a block is cut off.
 */
export function parseRed(payload: Uint8Array): RedPayload {
  const headers: { payloadType: number; timestampOffset: number; size: number }[] = [];
  const reader = new ByteReader(payload);
  while ((reader.peekUint8() & MORE_FLAG) !== 0) {
    const header = reader.readUint32();
    headers.push({
      payloadType: (header >>> (TIMESTAMP_OFFSET_BITS + SIZE_BITS)) & 0x7f,
      timestampOffset: (header >>> SIZE_BITS) & ((1 << TIMESTAMP_OFFSET_BITS) - 1),
      size: header & ((1 << SIZE_BITS) - 1),
    });
  }
  const payloadType = reader.readUint8();
  let offset = reader.offset;
  const redundant = headers.map(({ payloadType, timestampOffset, size }) => {
    const end = offset + size;
    if (end > payload.length) {
      throw new MalformedError(`Cannot read redundant block of ${size} bytes`, offset);
    }
    const block = { payloadType, timestampOffset, payload: payload.subarray(offset, end) };
    offset = end;
    return block;
  });
  const primary = { payloadType, timestampOffset: 0, payload: payload.subarray(offset) };
  return { primary, redundant };
}
