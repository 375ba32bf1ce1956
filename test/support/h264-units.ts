/**
 * NAL units of H.264 with pictures of any size.
 *
 * @module
 */

import { BitWriter, toNalUnit } from "./bit-writer.ts";

const MACROBLOCK_SIDE = 16;

/**
 * Baseline profile, level 6.2, one reference frame, one picture after the other (7.3.2.1.1).
 *
 * @param cropped The side of the square that is shown of it; absent: all.
 */
export function h264Sps(width: number, height: number, cropped?: number): Uint8Array {
  const writer = new BitWriter().u(8, 0x67).u(8, 66).u(8, 0).u(8, 62);
  writer.ue(0, 0, 2, 1).flags(0);
  writer.ue(width / MACROBLOCK_SIDE - 1, height / MACROBLOCK_SIDE - 1).flags(1, 1);
  if (cropped === undefined) writer.flags(0);
  else writer.flags(1).ue(0, (width - cropped) / 2, 0, (height - cropped) / 2);
  return toNalUnit(writer.flags(0).trailing());
}

/** CAVLC (7.3.2.2). */
export const H264_PPS: Uint8Array = toNalUnit(
  new BitWriter()
    .u(8, 0x68)
    .ue(0, 0)
    .flags(0, 0)
    .ue(0, 0, 0)
    .flags(0)
    .u(2, 0)
    .se(0, 0, 0)
    .flags(1, 0, 0)
    .trailing(),
);

/** A key frame, grey: one slice, of which the first macroblocks are there, as many as `count`. */
export function h264KeyFrame(count: number): Uint8Array {
  const writer = new BitWriter().u(8, 0x65);
  writer.ue(0, 7, 0).u(4, 0).ue(0).flags(0, 0).se(0).ue(1);
  // I_16x16_2_0_0, predicted chroma DC, no change of the quantizer, no coefficients.
  for (let i = 0; i < count; i++) writer.ue(3, 0).se(0).raw("1");
  return toNalUnit(writer.trailing());
}

/** With the size of each in front, in four bytes. */
export function lengthPrefixed(...units: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(
    units.flatMap((unit) => {
      const size = Buffer.alloc(4);
      size.writeUInt32BE(unit.length);
      return [size, unit];
    }),
  );
}
