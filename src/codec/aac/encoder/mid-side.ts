/**
 * Where mid and side are cheaper to code than left and right.
 *
 * Spec: ISO/IEC 14496-3, 4.6.8.1 (M/S stereo); 3GPP TS 26.403, 5.2 (the decision).
 *
 * @module
 */

import type { CodedChannel } from "./coded-channel.ts";

/**
 * Makes mid and side of left and right, in place, in the bands where this saves bits.
 *
 * @param used Is told which bands they are.
 * @returns Whether there is any.
 */
export function chooseMidSide(
  left: CodedChannel,
  right: CodedChannel,
  offsets: Uint16Array,
  used: Uint8Array,
): boolean {
  let hasAny = false;
  for (let band = 0; band + 1 < offsets.length; band++) {
    const begin = offsets[band] ?? 0;
    const end = offsets[band + 1] ?? 0;
    const mid = measureSum(left, right, [begin, end], 1);
    const side = measureSum(left, right, [begin, end], -1);
    const thresholdLeft = left.thresholds[band] ?? 0;
    const thresholdRight = right.thresholds[band] ?? 0;
    // Noise of mid and side adds up in both left and right.
    const threshold = Math.min(thresholdLeft, thresholdRight) / 2;
    const asLeftRight =
      toAudible(left.energies[band] ?? 0, thresholdLeft) *
      toAudible(right.energies[band] ?? 0, thresholdRight);
    const isUsed = toAudible(mid, threshold) * toAudible(side, threshold) < asLeftRight;
    used[band] = isUsed ? 1 : 0;
    if (!isUsed) continue;
    hasAny = true;
    left.thresholds[band] = threshold;
    right.thresholds[band] = threshold;
    left.energies[band] = mid;
    right.energies[band] = side;
    rotate(left.coefficients.subarray(begin, end), right.coefficients.subarray(begin, end));
  }
  return hasAny;
}

/** The energy of half the sum of both channels, or of half their difference (`sign` -1). */
function measureSum(
  left: CodedChannel,
  right: CodedChannel,
  [begin, end]: readonly [number, number],
  sign: 1 | -1,
): number {
  let energy = 0;
  for (let k = begin; k < end; k++) {
    energy += ((left.coefficients[k] ?? 0) + sign * (right.coefficients[k] ?? 0)) ** 2;
  }
  return energy / 4;
}

function rotate(left: Float32Array, right: Float32Array): void {
  for (let k = 0; k < left.length; k++) {
    const a = left[k] ?? 0;
    const b = right[k] ?? 0;
    left[k] = (a + b) / 2;
    right[k] = (a - b) / 2;
  }
}

/** How far a sound is above what may be noise; its logarithm is bits. */
function toAudible(energy: number, threshold: number): number {
  return Math.max(energy / threshold, 1);
}
