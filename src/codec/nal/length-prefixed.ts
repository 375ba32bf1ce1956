/**
 * NAL units behind their sizes: as MP4, FLV and RTMP carry the access units of H.264 and HEVC.
 *
 * Spec: ISO/IEC 14496-15, section 5.3.4.2 (sample format: NALUnitLength) and 5.3.3.1 (lengthSizeMinusOne).
 *
 * @module
 */

import { MalformedError } from "../../base/errors.ts";

/** Bytes of the size in front of each NAL unit. 3 is reserved. */
export type LengthSize = 1 | 2 | 4;

/**
 * The most NAL units of one access unit. A picture has at most 600 slices (H.265, table A.8); whoever
 * sends some thousands wants us to make an object of every other byte.
 */
export const NAL_UNIT_COUNT_MAX = 4096;

/**
 * ```text
 * | size: 1, 2 or 4 bytes | NAL unit | size | NAL unit ...
 * ```
 *
 * @returns Views into the input: copy to keep. Units of no bytes are left out.
 * @throws {MalformedError} If a unit goes beyond the input, or there are absurdly many.
 */
export function splitLengthPrefixed(bytes: Uint8Array, lengthSize: LengthSize): Uint8Array[] {
  const nalUnits: Uint8Array[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    const start = offset + lengthSize;
    const end = start + readSize(bytes, offset, lengthSize);
    if (end > bytes.length) {
      throw new MalformedError(`Cannot take a NAL unit up to ${end} of ${bytes.length}`, offset);
    }
    if (end > start) nalUnits.push(bytes.subarray(start, end));
    checkNalUnitCount(nalUnits.length, offset);
    offset = end;
  }
  return nalUnits;
}

/** @throws {MalformedError} If there are more than NAL_UNIT_COUNT_MAX. */
export function checkNalUnitCount(count: number, offset: number): void {
  if (count <= NAL_UNIT_COUNT_MAX) return;
  throw new MalformedError(`Cannot take more than ${NAL_UNIT_COUNT_MAX} NAL units`, offset);
}

/**
 * Makes a `LengthSize` of lengthSizeMinusOne.
 *
 * @throws {MalformedError} If it is the reserved value.
 */
export function toLengthSize(lengthSizeMinusOne: number, offset: number): LengthSize {
  const lengthSize = lengthSizeMinusOne + 1;
  if (lengthSize === 1 || lengthSize === 2 || lengthSize === 4) return lengthSize;
  throw new MalformedError(`Cannot read NAL unit sizes of ${lengthSize} bytes`, offset);
}

/** A size that is cut off counts as if zeros followed; it goes beyond the input in any case. */
function readSize(bytes: Uint8Array, offset: number, lengthSize: LengthSize): number {
  let size = 0;
  for (let i = 0; i < lengthSize; i++) size = size * 256 + (bytes[offset + i] ?? 0);
  return size;
}
