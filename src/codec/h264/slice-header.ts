/**
 * The start of a slice of H.264: where it lies in the picture, and how it is predicted.
 *
 * Spec: ITU-T H.264, sections 7.3.3 (slice_header) and 7.4.3 (table 7-6).
 *
 * @module
 */

import { toRbsp } from "../nal/rbsp.ts";
import { RbspReader } from "../nal/rbsp-reader.ts";

/** slice_type without the 5 that says that all slices of the picture are of the same type. */
export const H264SliceType = { P: 0, B: 1, I: 2, Sp: 3, Si: 4 } as const;
export type H264SliceType = (typeof H264SliceType)[keyof typeof H264SliceType];

export interface H264SliceStart {
  /** The first macroblock of the slice; 0 for the first slice of a picture. */
  readonly firstMacroblock: number;
  readonly sliceType: H264SliceType;
}

const SLICE_TYPE_MAX = 9;
const SLICE_TYPE_COUNT = 5;
/** Two Exp-Golomb codes of 63 bits at most, a header, and what keeps them from looking like start codes. */
const SLICE_START_SIZE_MAX = 32;

/**
 * ```text
 * header 8 | first_mb_in_slice ue(v) | slice_type ue(v) | ...
 * ```
 *
 * @param nalUnit A slice, with its header.
 * @throws {MalformedError} If it is cut off before that, or is of no known type.
 */
export function decodeH264SliceStart(nalUnit: Uint8Array): H264SliceStart {
  const reader = new RbspReader(toRbsp(nalUnit.subarray(0, SLICE_START_SIZE_MAX)));
  reader.skipBits(8);
  const firstMacroblock = reader.readUnsignedExpGolomb();
  const sliceType = reader.readUnsignedExpGolomb(SLICE_TYPE_MAX) % SLICE_TYPE_COUNT;
  return { firstMacroblock, sliceType: sliceType as H264SliceType };
}
