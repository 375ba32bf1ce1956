/**
 * Values of the types that an MPD's schema uses: durations, frame rates.
 *
 * Spec: XML Schema Part 2: Datatypes, section 3.2.6 (duration); ISO/IEC 23009-1, annex B (frame rate).
 *
 * @module
 */

import { assert } from "../../base/assert.ts";

/** Television's rates of 24, 30, 60 frames are by this much slower, since colour was added. */
const NTSC_DENOMINATOR = 1001;
/** By how much a rate may be off what it is taken for, as one rounded to two digits is. */
const RATE_TOLERANCE = 0.005;

/** Seconds, to the millisecond: `PT4.004S`. */
export function formatDuration(seconds: number): string {
  assert(Number.isFinite(seconds) && seconds >= 0, "a duration is finite and not negative");
  return `PT${Math.round(seconds * 1_000) / 1_000}S`;
}

/** Frames per second as an integer or the ratio of two: `25`, `30000/1001`. */
export function formatFrameRate(rate: number): string {
  assert(Number.isFinite(rate) && rate > 0, "a frame rate is finite and positive");
  const whole = Math.round(rate);
  if (whole > 0 && Math.abs(rate - whole) < RATE_TOLERANCE) return `${whole}`;
  const nominal = Math.round((rate * NTSC_DENOMINATOR) / 1_000);
  const isNtsc = Math.abs((nominal * 1_000) / NTSC_DENOMINATOR - rate) < RATE_TOLERANCE;
  return isNtsc && nominal > 0
    ? `${nominal * 1_000}/${NTSC_DENOMINATOR}`
    : `${Math.max(1, Math.round(rate * 1_000))}/1000`;
}
