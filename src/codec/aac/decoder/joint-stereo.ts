/**
 * What two channels have in common: mid and side instead of left and right, and bands of which the
 * right channel has only a level.
 *
 * Spec: ISO/IEC 14496-3, 4.6.8.1 (M/S stereo), 4.6.8.2 (intensity stereo), 4.4.2.1 (table 4.5).
 *
 * @module
 */

import { MalformedError } from "../../../base/errors.ts";
import type { ChannelWindows } from "../spectrum/channel-windows.ts";
import { visitBands } from "../spectrum/channel-windows.ts";
import { SectionCodebook } from "../spectrum/spectral-codebooks.ts";
import type { AccessUnitBits } from "./access-unit-bits.ts";
import type { ChannelStream } from "./channel-stream.ts";

/** ms_mask_present. */
const MaskPresent = { None: 0, PerBand: 1, All: 2, Reserved: 3 } as const;

/** What a pair's ms_mask_present and ms_used say. */
export class StereoMask {
  /** By band: mid and side; of a band of noise: the same noise; of intensity: see `isInverting`. */
  readonly used: Uint8Array = new Uint8Array(8 * 15);
  /** Bands that are used turn the phase of intensity stereo. */
  isInverting = false;

  /** @throws {MalformedError} If it is cut off, or reserved. */
  read(bits: AccessUnitBits, windows: ChannelWindows): void {
    const count = windows.groupLengths.length * windows.bandCount;
    const present = bits.read(2);
    if (present === MaskPresent.Reserved) {
      throw new MalformedError("Cannot decode ms_mask_present 3", bits.offset);
    }
    this.isInverting = present === MaskPresent.PerBand;
    this.used.fill(present === MaskPresent.All ? 1 : 0);
    if (present !== MaskPresent.PerBand) return;
    for (let index = 0; index < count; index++) this.used[index] = bits.read(1);
  }
}

/** Makes left and right of what is coded, in place. Both channels have the same windows. */
export function applyJointStereo(
  left: ChannelStream,
  right: ChannelStream,
  mask: StereoMask,
): void {
  visitBands(left.windows, (index, begin, end) => {
    const apply = chooseTool(left, right, mask, index);
    apply?.(left.spectrum.subarray(begin, end), right.spectrum.subarray(begin, end));
  });
}

type StereoTool = (left: Float32Array, right: Float32Array) => void;

function chooseTool(
  left: ChannelStream,
  right: ChannelStream,
  mask: StereoMask,
  index: number,
): StereoTool | undefined {
  const isUsed = mask.used[index] === 1;
  const codebook = right.codebooks[index] ?? 0;
  if (codebook >= SectionCodebook.IntensityOutOfPhase) {
    const isOutOfPhase =
      (codebook === SectionCodebook.IntensityOutOfPhase) !== (isUsed && mask.isInverting);
    const level = 2 ** (-(right.scaleFactors[index] ?? 0) / 4);
    return (source, target) => scaleInto(source, target, isOutOfPhase ? -level : level);
  }
  const isNoise =
    codebook === SectionCodebook.Noise || left.codebooks[index] === SectionCodebook.Noise;
  return isUsed && !isNoise ? fromMidSide : undefined;
}

function fromMidSide(mid: Float32Array, side: Float32Array): void {
  for (let index = 0; index < mid.length; index++) {
    const sum = mid[index] ?? 0;
    const difference = side[index] ?? 0;
    mid[index] = sum + difference;
    side[index] = sum - difference;
  }
}

function scaleInto(source: Float32Array, target: Float32Array, level: number): void {
  for (let index = 0; index < source.length; index++) target[index] = (source[index] ?? 0) * level;
}
