/**
 * The FLV header: the start of FLV files and of HTTP-FLV streams.
 *
 * Spec: Adobe Flash Video File Format Specification 10.1, Annex E.2 and E.3.
 *
 * @module
 */

import { MalformedError } from "../../base/errors.ts";

/** Which tags are to be expected. Players take it as a promise, so announce what will come. */
export interface FlvHeader {
  readonly hasAudio: boolean;
  readonly hasVideo: boolean;
}

const HEADER_SIZE = 9;
const TRAILER_SIZE = 4; // PreviousTagSize0, always 0.
const AUDIO_FLAG = 0b100;
const VIDEO_FLAG = 0b001;

/** DataOffset has 32 bits, though version 1 says 9; none is known to say more than this. */
const DATA_OFFSET_MAX = 1024;

/**
 * Decodes the header at the start of `input`, whose end may not have arrived yet.
 *
 * ```text
 * byte  0     3         4       5             9                     13
 *      +-----+---------+-------+-------------+---------------------+
 *      | FLV | version | flags | data offset | previous tag size 0 |
 *      +-----+---------+-------+-------------+---------------------+
 * ```
 *
 * @returns The header and the offset of the first tag, or `undefined` if more input is needed.
 * @throws {MalformedError} If it is not FLV.
 */
export function decodeFlvHeader(input: Uint8Array): [FlvHeader, number] | undefined {
  for (const [offset, letter] of [0x46, 0x4c, 0x56].entries()) {
    const byte = input[offset];
    if (byte === undefined) return undefined;
    if (byte !== letter) throw new MalformedError("Cannot decode FLV header: no signature", offset);
  }
  if (input.length < HEADER_SIZE) return undefined;
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  const dataOffset = view.getUint32(5);
  if (dataOffset < HEADER_SIZE || dataOffset > DATA_OFFSET_MAX) {
    throw new MalformedError(`Cannot decode FLV header of ${dataOffset} bytes`, 5);
  }
  if (input.length < dataOffset + TRAILER_SIZE) return undefined;
  const flags = view.getUint8(4);
  const header = { hasAudio: (flags & AUDIO_FLAG) !== 0, hasVideo: (flags & VIDEO_FLAG) !== 0 };
  return [header, dataOffset + TRAILER_SIZE];
}

/** Encodes the header together with the PreviousTagSize0 behind it. */
export function encodeFlvHeader(header: FlvHeader): Uint8Array {
  const flags = (header.hasAudio ? AUDIO_FLAG : 0) | (header.hasVideo ? VIDEO_FLAG : 0);
  return Uint8Array.of(0x46, 0x4c, 0x56, 1, flags, 0, 0, 0, HEADER_SIZE, 0, 0, 0, 0);
}
