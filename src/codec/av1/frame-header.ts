/**
 * The start of a frame header of AV1: whether decoding can begin with the frame.
 *
 * Spec: AV1 Bitstream & Decoding Process Specification, sections 5.9.2 (uncompressed_header) and 6.8.2
 * (frame_type).
 *
 * @module
 */

import { type Obu, ObuType } from "./obu.ts";

const SHOW_EXISTING_FRAME = 0x80;
const FRAME_TYPE_MASK = 0x60;

/**
 * Whether the first frame of a temporal unit is a key frame that is shown.
 *
 * ```text
 * show_existing_frame 1 | frame_type 2, 0 for key | show_frame 1 | ...
 * ```
 *
 * @param obus All of the temporal unit, as `splitTemporalUnit` found them in it.
 */
export function isAv1KeyFrame(temporalUnit: Uint8Array, obus: readonly Obu[]): boolean {
  const first = obus.find(({ type }) => type === ObuType.Frame || type === ObuType.FrameHeader);
  if (first === undefined || first.payloadStart >= first.end) return false;
  const bits = temporalUnit[first.payloadStart] ?? 0;
  return (bits & (SHOW_EXISTING_FRAME | FRAME_TYPE_MASK)) === 0;
}
