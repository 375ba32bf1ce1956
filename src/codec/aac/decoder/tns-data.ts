/**
 * Temporal noise shaping: the filters over a spectrum, as they are coded.
 *
 * Spec: ISO/IEC 14496-3, 4.4.2.2 (tns_data, table 4.54), 4.6.9.3 (tns_decode_coef).
 *
 * @module
 */

import { MalformedError } from "../../../base/errors.ts";
import type { ChannelWindows } from "../spectrum/channel-windows.ts";
import { WindowSequence } from "../spectrum/window-shape.ts";
import type { AccessUnitBits } from "./access-unit-bits.ts";

export interface TnsFilter {
  /** Bands it reaches over, downwards from where the one before ended. */
  readonly bandCount: number;
  /** From high coefficients to low ones. */
  readonly isDownward: boolean;
  /** Of the prediction, from a[1] on; none means that nothing is filtered. */
  readonly coefficients: Float64Array;
}

/** TNS_MAX_ORDER of AAC-LC in long windows. Short ones have 3 bits for it. */
const ORDER_MAX = 12;

/**
 * Reads the filters of each window.
 *
 * ```text
 * for each window: |filters 2 or 1|resolution 1, if any|
 *   for each: |bands 6 or 4|order 5 or 3|, unless the order is 0: |downward 1|compressed 1|order * [2-4]|
 * ```
 *
 * @throws {MalformedError} If they are cut off, or of an order that AAC-LC does not have.
 */
export function readTnsData(bits: AccessUnitBits, windows: ChannelWindows): TnsFilter[][] {
  const isShort = windows.sequence === WindowSequence.EightShort;
  const filters: TnsFilter[][] = [];
  for (let window = 0; window < windows.windowCount; window++) {
    const count = bits.read(isShort ? 1 : 2);
    const resolution = count > 0 ? bits.read(1) + 3 : 0;
    const ofWindow: TnsFilter[] = [];
    for (let index = 0; index < count; index++)
      ofWindow.push(readFilter(bits, isShort, resolution));
    filters.push(ofWindow);
  }
  return filters;
}

function readFilter(bits: AccessUnitBits, isShort: boolean, resolution: number): TnsFilter {
  const bandCount = bits.read(isShort ? 4 : 6);
  const order = bits.read(isShort ? 3 : 5);
  if (order === 0) return { bandCount, isDownward: false, coefficients: new Float64Array(0) };
  if (order > ORDER_MAX) {
    throw new MalformedError(`Cannot decode TNS filter of order ${order}`, bits.offset);
  }
  const isDownward = bits.readFlag();
  const width = resolution - bits.read(1);
  const reflections = new Float64Array(order);
  for (let index = 0; index < order; index++) {
    const coded = bits.read(width);
    const value = coded < 1 << (width - 1) ? coded : coded - (1 << width);
    const steps = (1 << (resolution - 1)) + (value >= 0 ? -0.5 : 0.5);
    reflections[index] = Math.sin((value * Math.PI) / (2 * steps));
  }
  return { bandCount, isDownward, coefficients: toPrediction(reflections) };
}

/** The direct form of a filter in lattice form: Levinson's recursion. */
function toPrediction(reflections: Float64Array): Float64Array {
  const order = reflections.length;
  const coefficients = new Float64Array(order);
  const before = new Float64Array(order);
  for (const [stage, reflection] of reflections.entries()) {
    before.set(coefficients);
    for (let k = 0; k < stage; k++) {
      coefficients[k] = (before[k] ?? 0) + reflection * (before[stage - 1 - k] ?? 0);
    }
    coefficients[stage] = reflection;
  }
  return coefficients;
}
