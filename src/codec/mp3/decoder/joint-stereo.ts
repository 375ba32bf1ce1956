/**
 * Joint stereo of layer III: middle and side, and intensity.
 *
 * Spec: ISO/IEC 11172-3, 2.4.3.4.9; ISO/IEC 13818-3, 2.4.3.2 (intensity at lower sampling
 * frequencies).
 *
 * @module
 */

import type { BandPlan } from "./scale-factor-bands.ts";
import type { ScaleFactors } from "./scale-factors.ts";

/** What the two bits of mode_extension switch on. */
const INTENSITY = 0b01;
const MID_SIDE = 0b10;

/** What a position makes of the sound that both channels have in common. */
export type IntensityGains = (position: number) => readonly [left: number, right: number];

/** Both channels of a granule. */
export interface StereoGranule {
  readonly modeExtension: number;
  readonly left: Float32Array;
  readonly right: Float32Array;
  /** Of the right channel, whose scale factors are positions where it has no values. */
  readonly plan: BandPlan;
  readonly scaleFactors: ScaleFactors;
  readonly gainsOf: IntensityGains;
}

export function hasIntensity(modeExtension: number): boolean {
  return (modeExtension & INTENSITY) !== 0;
}

/** At the sampling frequencies of MPEG-1. */
export function intensityGains(position: number): readonly [number, number] {
  if (position === 6) return [1, 0];
  const ratio = Math.tan((position * Math.PI) / 12);
  return [ratio / (1 + ratio), 1 / (1 + ratio)];
}

/** @param hasCoarseSteps The lowest bit of scalefac_compress (intensity_scale). */
export function lowFrequencyIntensityGains(hasCoarseSteps: boolean): IntensityGains {
  const exponent = hasCoarseSteps ? -1 / 2 : -1 / 4;
  return (position) => {
    const gain = 2 ** (exponent * ((position + 1) >>> 1));
    return position % 2 === 1 ? [gain, 1] : [1, gain];
  };
}

/** Makes left and right of what is coded, in place. */
export function applyJointStereo(granule: StereoGranule): void {
  const { modeExtension, left, right } = granule;
  const isMidSide = (modeExtension & MID_SIDE) !== 0;
  if (hasIntensity(modeExtension)) applyBands(granule, isMidSide);
  else if (isMidSide) applyMidSide(left, right, { begin: 0, end: left.length, step: 1 });
}

interface Lines {
  readonly begin: number;
  readonly end: number;
  readonly step: number;
}

/** From the highest band on, those are by intensity in which the right channel has no value. */
function applyBands(granule: StereoGranule, isMidSide: boolean): void {
  const { left, right, plan, gainsOf } = granule;
  const { longCount } = plan;
  const hasValues: [boolean, boolean, boolean] = [false, false, false];
  for (let band = plan.targets.length - 1; band >= 0; band--) {
    const isLong = band < longCount;
    const window = isLong ? 0 : (band - longCount) % 3;
    const lines = linesOf(plan, band);
    // Long bands are below all short ones of a mixed block.
    const isBelow = isLong ? hasValues.includes(true) : hasValues[window];
    if (isBelow || !isZero(right, lines)) hasValues[window] = true;
    const position = hasValues[window] ? undefined : positionOf(granule, band);
    if (position !== undefined) applyIntensity(left, right, lines, gainsOf(position));
    else if (isMidSide) applyMidSide(left, right, lines);
  }
}

/** The position of a band, `undefined` if it has none. */
function positionOf({ plan, scaleFactors }: StereoGranule, band: number): number | undefined {
  const { longCount, scaledCount } = plan;
  // The highest bands have no scale factors, and the position of those below.
  const positioned = band < scaledCount ? band : band - (band < longCount ? 1 : 3);
  const position = scaleFactors.values[positioned] ?? 0;
  return position < (scaleFactors.positionLimits[positioned] ?? 0) ? position : undefined;
}

function linesOf({ begins, targets, longCount }: BandPlan, band: number): Lines {
  const begin = targets[band] ?? 0;
  const width = (begins[band + 1] ?? 0) - (begins[band] ?? 0);
  const step = band < longCount ? 1 : 3;
  return { begin, end: begin + width * step, step };
}

function isZero(spectrum: Float32Array, { begin, end, step }: Lines): boolean {
  for (let line = begin; line < end; line += step) if (spectrum[line] !== 0) return false;
  return true;
}

function applyMidSide(left: Float32Array, right: Float32Array, { begin, end, step }: Lines): void {
  for (let line = begin; line < end; line += step) {
    const middle = left[line] ?? 0;
    const side = right[line] ?? 0;
    left[line] = (middle + side) * Math.SQRT1_2;
    right[line] = (middle - side) * Math.SQRT1_2;
  }
}

function applyIntensity(
  left: Float32Array,
  right: Float32Array,
  { begin, end, step }: Lines,
  [leftGain, rightGain]: readonly [number, number],
): void {
  for (let line = begin; line < end; line += step) {
    const value = left[line] ?? 0;
    left[line] = value * leftGain;
    right[line] = value * rightGain;
  }
}
