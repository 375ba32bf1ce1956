/**
 * Scale factors that make as much noise as is allowed, and values quantized by them.
 *
 * Spec: ISO/IEC 14496-3, 4.6.1.3, 4.6.2.3.3 (what a decoder makes of them), 4.B.12 (quantization,
 * informative); 3GPP TS 26.403, 5.6.2 (scale factors from thresholds).
 *
 * @module
 */

import type { CodedChannel } from "./coded-channel.ts";

/** SF_OFFSET: this scale factor multiplies by 1. */
const UNIT_SCALE_FACTOR = 100;
const SCALE_FACTOR_MAX = 255;
/** What one scale factor may differ from the one before by. */
const DIFFERENCE_MAX = 60;
/** Escapes end here. */
const MAGNITUDE_MAX = 8191;
/** Added before rounding down: small values are better too small than too large. */
const ROUNDING = 0.4054;
/** The largest value of a band that is to be heard must not be far below 1: its power, as quantized. */
const PEAK_MIN = 0.95;

/** Quantization steps by scale factor. */
export class Quantizer {
  /** By scale factor: what powers are multiplied by. */
  readonly #factors = Float64Array.from(
    { length: SCALE_FACTOR_MAX + 1 },
    (_, scaleFactor) => 2 ** ((-3 / 16) * (scaleFactor - UNIT_SCALE_FACTOR)),
  );

  /**
   * Chooses scale factors and quantizes.
   *
   * @param allowed By band: energy of noise; infinite for bands that are left out.
   */
  run(channel: CodedChannel, offsets: Uint16Array, allowed: Float64Array): void {
    const { scaleFactors, magnitudes } = channel;
    const count = offsets.length - 1;
    let highest = 0;
    for (let band = 0; band < count; band++) {
      const scaleFactor = this.#choose(channel, band, allowed[band] ?? 0);
      scaleFactors[band] = scaleFactor;
      if (scaleFactor <= SCALE_FACTOR_MAX) highest = Math.max(highest, scaleFactor);
    }
    for (let band = 0; band < count; band++) {
      const begin = offsets[band] ?? 0;
      const end = offsets[band + 1] ?? 0;
      const scaleFactor = scaleFactors[band] ?? 0;
      if (scaleFactor > SCALE_FACTOR_MAX) {
        channel.quantized.fill(0, begin, end);
        magnitudes[band] = 0;
      } else {
        const near = Math.max(scaleFactor, highest - DIFFERENCE_MAX);
        scaleFactors[band] = near;
        magnitudes[band] = quantize(channel, begin, end, this.#factors[near] ?? 0);
      }
    }
  }

  /** The scale factor of a band; more than any for a band of zeros. */
  #choose(channel: CodedChannel, band: number, allowed: number): number {
    const energy = channel.energies[band] ?? 0;
    const peak = channel.peaks[band] ?? 0;
    if (allowed >= energy || peak === 0) return SCALE_FACTOR_MAX + 1;
    // A step g makes noise of 4/27 g^1.5 sum |x|^0.5.
    const ideal = (8 / 3) * Math.log2((6.75 * allowed) / (channel.formFactors[band] ?? 1));
    const coarsest = (16 / 3) * Math.log2(peak / PEAK_MIN);
    const finest = (16 / 3) * Math.log2(peak / MAGNITUDE_MAX);
    const chosen = Math.max(Math.floor(Math.min(ideal, coarsest)), Math.ceil(finest));
    return Math.max(0, Math.min(SCALE_FACTOR_MAX, UNIT_SCALE_FACTOR + chosen));
  }
}

/** Quantizes a range; returns its largest magnitude. */
function quantize(channel: CodedChannel, begin: number, end: number, factor: number): number {
  const { powers, coefficients, quantized } = channel;
  let largest = 0;
  for (let k = begin; k < end; k++) {
    const magnitude = ((powers[k] ?? 0) * factor + ROUNDING) | 0;
    quantized[k] = (coefficients[k] ?? 0) < 0 ? -magnitude : magnitude;
    if (magnitude > largest) largest = magnitude;
  }
  return largest;
}
