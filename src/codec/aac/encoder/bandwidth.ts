/**
 * How much of the spectrum a bit rate is enough for: better a dull sound than one full of holes.
 *
 * Spec: ISO/IEC 14496-3, 4.B (the encoder is free in this).
 *
 * @module
 */

/** Bit rate of a channel in bit/s, and bandwidth in Hz. */
const STEPS: readonly (readonly [bitrate: number, bandwidth: number])[] = [
  [8000, 3000],
  [16_000, 5500],
  [24_000, 8000],
  [32_000, 10_500],
  [48_000, 14_000],
  [64_000, 16_500],
  [80_000, 18_000],
  [96_000, 19_500],
  [128_000, 20_500],
];

/** Between the steps it grows evenly. Lower sampling rates need fewer bits for the same bandwidth. */
export function toBandwidth(bitratePerChannel: number, sampleRate: number): number {
  const bitrate = bitratePerChannel * Math.sqrt(Math.max(1, 44_100 / sampleRate));
  let [lowerRate, lower] = [0, 2000];
  for (const [rate, bandwidth] of STEPS) {
    if (bitrate < rate) {
      const share = (bitrate - lowerRate) / (rate - lowerRate);
      return Math.min(lower + share * (bandwidth - lower), sampleRate / 2);
    }
    [lowerRate, lower] = [rate, bandwidth];
  }
  return Math.min(lower, sampleRate / 2);
}
