/**
 * The windows of AAC's filter bank: their rising halves, of which the falling ones are the mirror.
 *
 * Spec: ISO/IEC 14496-3, 4.6.11.3.2 (windowing and block switching).
 *
 * @module
 */

import { besselI0 } from "../../../base/bessel.ts";

/** window_sequence (table 4.128). */
export const WindowSequence = {
  OnlyLong: 0,
  /** From a long window to short ones. */
  LongStart: 1,
  EightShort: 2,
  /** From short windows back to a long one. */
  LongStop: 3,
} as const;
export type WindowSequence = (typeof WindowSequence)[keyof typeof WindowSequence];

/** window_shape: what the slopes look like. */
export const WindowShape = { Sine: 0, KaiserBessel: 1 } as const;
export type WindowShape = (typeof WindowShape)[keyof typeof WindowShape];

/** Coefficients of a long window, and samples of an access unit. */
export const LONG_SIZE = 1024;
/** Coefficients of each of the eight short windows. */
export const SHORT_SIZE = 128;
/** Samples from the start of an access unit's window to that of the first short slope. */
export const SHORT_START: number = (LONG_SIZE - SHORT_SIZE) / 2;

/** Rising halves, by window shape. */
export interface WindowSlopes {
  readonly long: readonly [sine: Float32Array, kaiserBessel: Float32Array];
  readonly short: readonly [sine: Float32Array, kaiserBessel: Float32Array];
}

export function createWindowSlopes(): WindowSlopes {
  return {
    long: [sineSlope(LONG_SIZE), kaiserBesselSlope(LONG_SIZE, 4)],
    short: [sineSlope(SHORT_SIZE), kaiserBesselSlope(SHORT_SIZE, 6)],
  };
}

function sineSlope(size: number): Float32Array {
  return Float32Array.from({ length: size }, (_, n) =>
    Math.sin((Math.PI * (n + 0.5)) / (2 * size)),
  );
}

/** Kaiser-Bessel derived: the running sum of a Kaiser window of `size` + 1 points. */
function kaiserBesselSlope(size: number, alpha: number): Float32Array {
  const kaiser = Float64Array.from({ length: size + 1 }, (_, n) =>
    besselI0(Math.PI * alpha * Math.sqrt(1 - ((2 * n) / size - 1) ** 2)),
  );
  const total = kaiser.reduce((sum, value) => sum + value, 0);
  let sum = 0;
  return Float32Array.from({ length: size }, (_, n) => {
    sum += kaiser[n] ?? 0;
    return Math.sqrt(sum / total);
  });
}

/** Applies a slope from `offset` on. */
export function rise(samples: Float32Array, offset: number, slope: Float32Array): void {
  for (let n = 0; n < slope.length; n++) {
    samples[offset + n] = (samples[offset + n] ?? 0) * (slope[n] ?? 0);
  }
}

/** Applies the mirror of a slope from `offset` on. */
export function fall(samples: Float32Array, offset: number, slope: Float32Array): void {
  const last = offset + slope.length - 1;
  for (let n = 0; n < slope.length; n++) {
    samples[last - n] = (samples[last - n] ?? 0) * (slope[n] ?? 0);
  }
}
