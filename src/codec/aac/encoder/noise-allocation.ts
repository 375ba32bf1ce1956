/**
 * How much noise each band gets, when there are more or fewer bits than it takes to hide all of it.
 *
 * Spec: ISO/IEC 14496-3, 4.B.12 (the encoder is free in this); 3GPP TS 26.403, 5.6.1.2 (thresholds
 * that grow by the fourth power, so that weak bands give way before strong ones).
 *
 * @module
 */

import type { CodedFrame } from "./coded-frame.ts";

/** A band that is to be heard keeps this distance: noise of so much of its energy at most. */
const NOISE_TO_SIGNAL_MAX = 0.6;
/** From this pressure on, in dB, bands are left out, beginning with the highest. */
const LEAVING_OUT_FROM = 18;
/** And from this one on any band may be. */
const LEAVING_OUT_ALL = 45;

/**
 * Writes the energy of noise that each band is allowed; infinity for bands that are left out.
 *
 * @param pressure In dB: how far noise is above the thresholds of a typical band.
 * @param allowed By channel and band.
 */
export function allocateNoise(
  frame: CodedFrame,
  pressure: number,
  allowed: readonly Float64Array[],
): void {
  const bandCount = frame.windows.bandCount;
  const growth = pressure > 0 ? typicalRoot(frame) * (10 ** (pressure / 40) - 1) : 0;
  const shrinking = pressure < 0 ? 10 ** (pressure / 10) : 1;
  const share = (LEAVING_OUT_ALL - pressure) / (LEAVING_OUT_ALL - LEAVING_OUT_FROM);
  const keptCount = Math.ceil(share * bandCount);
  for (const [index, { energies, thresholds }] of frame.channels.entries()) {
    const target = allowed[index];
    for (let band = 0; target !== undefined && band + 1 < frame.offsets.length; band++) {
      const energy = energies[band] ?? 0;
      // Where there are bits to spare, what is hidden is coded too.
      const threshold = (thresholds[band] ?? 0) * shrinking;
      if (energy <= threshold) {
        target[band] = Number.POSITIVE_INFINITY;
        continue;
      }
      const noise = growth > 0 ? (Math.sqrt(Math.sqrt(threshold)) + growth) ** 4 : threshold;
      const isKept = band % bandCount < keptCount;
      const most = isKept ? NOISE_TO_SIGNAL_MAX * energy : Number.POSITIVE_INFINITY;
      target[band] = Math.min(noise, most);
    }
  }
}

/** The mean of the fourth roots of thresholds of bands that are heard. */
function typicalRoot(frame: CodedFrame): number {
  let sum = 0;
  let count = 0;
  for (const { energies, thresholds } of frame.channels) {
    for (let band = 0; band + 1 < frame.offsets.length; band++) {
      const threshold = thresholds[band] ?? 0;
      if ((energies[band] ?? 0) <= threshold) continue;
      sum += Math.sqrt(Math.sqrt(threshold));
      count++;
    }
  }
  return count === 0 ? 0 : sum / count;
}

/** Bits that it would take to hide all noise, roughly. */
export function toPerceptualEntropy(frame: CodedFrame): number {
  let entropy = 0;
  for (const { energies, thresholds, formFactors } of frame.channels) {
    for (let band = 0; band + 1 < frame.offsets.length; band++) {
      const energy = energies[band] ?? 0;
      const threshold = thresholds[band] ?? 0;
      if (energy <= threshold) continue;
      const width = (frame.offsets[band + 1] ?? 0) - (frame.offsets[band] ?? 0);
      const lines = (formFactors[band] ?? 0) / Math.sqrt(Math.sqrt(energy / width));
      entropy += 0.5 * lines * Math.log2(energy / threshold);
    }
  }
  return entropy;
}
