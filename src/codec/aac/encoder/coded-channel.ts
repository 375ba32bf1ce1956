/**
 * One channel of the access unit that is being encoded.
 *
 * Spec: ISO/IEC 14496-3, 4.5.2.3 (what a channel consists of).
 *
 * @module
 */

import type { ChannelWindows } from "../spectrum/channel-windows.ts";
import { LONG_SIZE } from "../spectrum/window-shape.ts";

/** Bands of all groups: eight short windows of 15 bands. */
export const BAND_COUNT_MAX: number = 8 * 15;

/**
 * Arrays by band have the index `group * bandCount + band`; arrays by coefficient are in the order
 * of coding, so that each band, with all windows of its group, is one range.
 */
export class CodedChannel {
  /** On the scale of 16 bit samples. */
  readonly coefficients: Float32Array = new Float32Array(LONG_SIZE);
  /** |coefficient|^(3/4), on which quantization is even. */
  readonly powers: Float32Array = new Float32Array(LONG_SIZE);
  readonly quantized: Int16Array = new Int16Array(LONG_SIZE);
  /** By band: the sum of the coefficients' squares. */
  readonly energies: Float64Array = new Float64Array(BAND_COUNT_MAX);
  /** By band: the energy of noise that is not heard. */
  readonly thresholds: Float64Array = new Float64Array(BAND_COUNT_MAX);
  /** By band: the sum of the roots of magnitudes; says how noise grows with the scale factor. */
  readonly formFactors: Float64Array = new Float64Array(BAND_COUNT_MAX);
  /** By band: the largest of `powers`. */
  readonly peaks: Float64Array = new Float64Array(BAND_COUNT_MAX);
  /** By band; of no meaning in bands of zeros. */
  readonly scaleFactors: Int16Array = new Int16Array(BAND_COUNT_MAX);
  /** By band: the largest quantized magnitude. */
  readonly magnitudes: Uint16Array = new Uint16Array(BAND_COUNT_MAX);
}

/** Where each band begins in the order of coding, and where the last one ends. */
export function toCodedOffsets(windows: ChannelWindows): Uint16Array {
  const { groupLengths, bandCount, bandOffsets } = windows;
  const offsets = new Uint16Array(groupLengths.length * bandCount + 1);
  let offset = 0;
  for (const [group, groupLength] of groupLengths.entries()) {
    for (let band = 0; band < bandCount; band++) {
      const width = (bandOffsets[band + 1] ?? 0) - (bandOffsets[band] ?? 0);
      offset += width * groupLength;
      offsets[group * bandCount + band + 1] = offset;
    }
  }
  return offsets;
}

/** Measures what the coefficients of a channel are like, band by band. */
export function measureEnergies(channel: CodedChannel, offsets: Uint16Array): void {
  const { coefficients, energies } = channel;
  for (let band = 0; band + 1 < offsets.length; band++) {
    let energy = 0;
    const end = offsets[band + 1] ?? 0;
    for (let k = offsets[band] ?? 0; k < end; k++) energy += (coefficients[k] ?? 0) ** 2;
    energies[band] = energy;
  }
}

/** Measures what quantization needs. */
export function measurePowers(channel: CodedChannel, offsets: Uint16Array): void {
  const { coefficients, powers, formFactors, peaks } = channel;
  for (let band = 0; band + 1 < offsets.length; band++) {
    let formFactor = 0;
    let peak = 0;
    const end = offsets[band + 1] ?? 0;
    for (let k = offsets[band] ?? 0; k < end; k++) {
      const magnitude = Math.abs(coefficients[k] ?? 0);
      const root = Math.sqrt(magnitude);
      const power = root * Math.sqrt(root);
      powers[k] = power;
      formFactor += root;
      if (power > peak) peak = power;
    }
    formFactors[band] = formFactor;
    peaks[band] = peak;
  }
}
