/**
 * Times of frames that come at an even pace, more exactly than any one of them says: FLV and RTMP round each
 * to a millisecond.
 *
 * @module
 */

/** What the times of frames at an even pace may be apart from it: two roundings to a millisecond. */
const ROUNDING_MS_MAX = 2.5;
/** No camera is so slow: what lasts longer is a gap. */
const STEP_MS_MAX = 1_000;
/** What a frame lasts after which no other one of its track has come. */
const STEP_MS_DEFAULT = 40;

/** Frames that are looked at. */
export const TIMES_MAX = 32;

/** How far apart frames are, if that is known; else by the times themselves. */
export function stepOf(times: readonly number[], knownMs: number | undefined): number {
  if (knownMs !== undefined) return knownMs;
  if (times.length < 2) return STEP_MS_DEFAULT;
  const evenMs = slopeOf(times);
  if (average(times, evenMs) !== undefined) return evenMs;
  const lastMs = (times.at(-1) ?? 0) - (times.at(-2) ?? 0);
  return lastMs > 0 && lastMs < STEP_MS_MAX ? lastMs : STEP_MS_DEFAULT;
}

/** The even step that is nearest to all of the times (least squares). */
function slopeOf(times: readonly number[]): number {
  const middle = (times.length - 1) / 2;
  let sum = 0;
  let squares = 0;
  for (const [i, time] of times.entries()) {
    sum += (i - middle) * time;
    squares += (i - middle) ** 2;
  }
  return sum / squares;
}

/** When the first of some frames is. @param times At least one. */
export function firstTime(times: readonly number[], stepMs: number): number {
  return average(times, stepMs) ?? times[0] ?? 0;
}

/** When the frame behind some others is to come. @param times At least one. */
export function nextTime(times: readonly number[], stepMs: number): number {
  const first = average(times, stepMs);
  return first === undefined ? (times.at(-1) ?? 0) + stepMs : first + times.length * stepMs;
}

/** When the first of them is as all of them have it; `undefined` if they are not at that pace. */
function average(times: readonly number[], stepMs: number): number | undefined {
  let sum = 0;
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const [i, time] of times.entries()) {
    const firstMs = time - i * stepMs;
    sum += firstMs;
    min = Math.min(min, firstMs);
    max = Math.max(max, firstMs);
  }
  return times.length > 0 && max - min <= ROUNDING_MS_MAX ? sum / times.length : undefined;
}
