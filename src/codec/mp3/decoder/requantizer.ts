/**
 * Spectra of layer III from quantized values and scale factors, in the order of frequency.
 *
 * Spec: ISO/IEC 11172-3, 2.4.3.4.7 (requantization), 2.4.3.4.8 (reordering).
 *
 * @module
 */

import { MalformedError } from "../../../base/errors.ts";
import type { BandPlan } from "./scale-factor-bands.ts";
import type { ScaleFactors } from "./scale-factors.ts";
import type { GranuleChannel } from "./side-information.ts";

/** Values end at 15 and an escape of 13 bits. */
const POWER_COUNT = 8192 + 15;
/** Steps of a fourth of an octave: this gain multiplies by 1. */
const UNIT_GAIN = 210;
/** Gains reach from 0 less all that scale factors and subblock gains may take off, to 255. */
const GAIN_MIN = -8 * 7 - 4 * (15 + 3);
const GAIN_MAX = 255;
/** Values are below 2 in any sound up to full scale; this is 54 dB above, and bounds all filters. */
const MAGNITUDE_MAX = 1024;

/** What preflag adds to the scale factors of long blocks (table B.6). */
const PREEMPHASIS: readonly number[] = [
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 3, 2, 0,
];

export class Requantizer {
  /** n^(4/3). */
  readonly #powers = Float32Array.from({ length: POWER_COUNT }, (_, n) => n ** (4 / 3));
  readonly #gains = Float32Array.from(
    { length: GAIN_MAX - GAIN_MIN + 1 },
    (_, index) => 2 ** ((index + GAIN_MIN - UNIT_GAIN) / 4),
  );

  /** @throws {MalformedError} If it is louder than any sound. */
  run(
    granule: GranuleChannel,
    plan: BandPlan,
    scaleFactors: ScaleFactors,
    { values, spectrum }: { readonly values: Int16Array; readonly spectrum: Float32Array },
  ): void {
    const { begins, targets, longCount } = plan;
    const powers = this.#powers;
    let peak = 0;
    for (let band = 0; band < targets.length; band++) {
      const factor = this.#gains[gainOf(band, granule, plan, scaleFactors) - GAIN_MIN] ?? 0;
      const step = band < longCount ? 1 : 3;
      const end = begins[band + 1] ?? 0;
      let target = targets[band] ?? 0;
      for (let position = begins[band] ?? 0; position < end; position++) {
        const value = values[position] ?? 0;
        const magnitude = (powers[value < 0 ? -value : value] ?? 0) * factor;
        peak = Math.max(peak, magnitude);
        spectrum[target] = value < 0 ? -magnitude : magnitude;
        target += step;
      }
    }
    if (peak > MAGNITUDE_MAX) {
      throw new MalformedError("Cannot decode spectrum: it is louder than any sound", 0);
    }
  }
}

/** In fourths of an octave. */
function gainOf(
  band: number,
  { globalGain, subblockGain, hasCoarseScale }: GranuleChannel,
  { longCount }: BandPlan,
  { values, hasPreemphasis }: ScaleFactors,
): number {
  const scaleFactor = values[band] ?? 0;
  const shift = hasCoarseScale ? 2 : 1;
  if (band < longCount) {
    const emphasis = hasPreemphasis ? (PREEMPHASIS[band] ?? 0) : 0;
    return globalGain - ((scaleFactor + emphasis) << shift);
  }
  const windowGain = subblockGain[(band - longCount) % 3] ?? 0;
  return globalGain - 8 * windowGain - (scaleFactor << shift);
}
