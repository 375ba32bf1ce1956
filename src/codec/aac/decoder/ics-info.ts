/**
 * How an access unit's samples are cut into windows, and windows into groups and bands.
 *
 * Spec: ISO/IEC 14496-3, 4.4.2.2 (ics_info, table 4.6), 4.5.2.3.4 (grouping).
 *
 * @module
 */

import { MalformedError } from "../../../base/errors.ts";
import type { ChannelWindows } from "../spectrum/channel-windows.ts";
import type { ScaleFactorBands } from "../spectrum/scale-factor-bands.ts";
import { WindowSequence, WindowShape } from "../spectrum/window-shape.ts";
import type { AccessUnitBits } from "./access-unit-bits.ts";

const ONE_GROUP: readonly number[] = [1];

/**
 * Reads an ics_info.
 *
 * ```text
 * |reserved 1|sequence 2|shape 1|  long: |max_sfb 6|prediction 1|   short: |max_sfb 4|grouping 7|
 * ```
 *
 * @throws {MalformedError} If it is cut off, has more bands than its rate, or uses prediction.
 */
export function readIcsInfo(bits: AccessUnitBits, bands: ScaleFactorBands): ChannelWindows {
  bits.skip(1);
  const sequence = bits.read(2) as WindowSequence;
  const shape = bits.read(1) as WindowShape;
  const isShort = sequence === WindowSequence.EightShort;
  const bandOffsets = isShort ? bands.short : bands.long;
  const bandCount = bits.read(isShort ? 4 : 6);
  if (bandCount >= bandOffsets.length) {
    throw new MalformedError(`Cannot decode ${bandCount} scale factor bands`, bits.offset);
  }
  const groupLengths = isShort ? toGroupLengths(bits.read(7)) : ONE_GROUP;
  if (!isShort && bits.readFlag()) {
    throw new MalformedError("Cannot decode prediction in AAC-LC", bits.offset);
  }
  return {
    sequence,
    shape,
    windowCount: isShort ? 8 : 1,
    groupLengths,
    bandCount,
    bandOffsets,
    tnsBandCount: isShort ? bands.tnsBandCountShort : bands.tnsBandCountLong,
  };
}

/** Before anything is read: silence. */
export function silentWindows(bands: ScaleFactorBands): ChannelWindows {
  return {
    sequence: WindowSequence.OnlyLong,
    shape: WindowShape.Sine,
    windowCount: 1,
    groupLengths: ONE_GROUP,
    bandCount: 0,
    bandOffsets: bands.long,
    tnsBandCount: bands.tnsBandCountLong,
  };
}

/** scale_factor_grouping: a bit for each window but the first, set if it is of the group before. */
function toGroupLengths(grouping: number): number[] {
  const lengths: number[] = [];
  let length = 1;
  for (let bit = 6; bit >= 0; bit--) {
    if (((grouping >>> bit) & 1) === 1) {
      length++;
    } else {
      lengths.push(length);
      length = 1;
    }
  }
  lengths.push(length);
  return lengths;
}
