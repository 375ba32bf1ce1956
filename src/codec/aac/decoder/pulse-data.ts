/**
 * Pulses: a few large values of a long window, kept out of the codewords.
 *
 * Spec: ISO/IEC 14496-3, 4.4.2.2 (pulse_data, table 4.7), 4.6.3.3.
 *
 * @module
 */

import { MalformedError } from "../../../base/errors.ts";
import type { ChannelWindows } from "../spectrum/channel-windows.ts";
import { LONG_SIZE } from "../spectrum/window-shape.ts";
import type { AccessUnitBits } from "./access-unit-bits.ts";

export interface Pulse {
  /** Of the coefficient. */
  readonly position: number;
  /** What its magnitude grows by. */
  readonly amplitude: number;
}

/**
 * Reads pulses.
 *
 * ```text
 * |count minus 1 2|first band 6| then for each: |distance from the one before 5|amplitude 4|
 * ```
 *
 * @throws {MalformedError} If they are cut off or lie outside of the spectrum.
 */
export function readPulses(bits: AccessUnitBits, windows: ChannelWindows): Pulse[] {
  const count = bits.read(2) + 1;
  let position = windows.bandOffsets[bits.read(6)] ?? LONG_SIZE;
  const pulses: Pulse[] = [];
  for (let index = 0; index < count; index++) {
    position += bits.read(5);
    const amplitude = bits.read(4);
    if (position >= LONG_SIZE) {
      throw new MalformedError(`Cannot place pulse at ${position}`, bits.offset);
    }
    pulses.push({ position, amplitude });
  }
  return pulses;
}
