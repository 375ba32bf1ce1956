/**
 * More or fewer channels of the same sound.
 *
 * Spec: ITU-R BS.775-3, annex 4, table 2 (downward mixing equations).
 *
 * @module
 */

import { assert } from "../../base/assert.ts";

const HALF_POWER = Math.SQRT1_2;
const CENTER: StereoGains = [HALF_POWER, HALF_POWER];
const LOW_FREQUENCY: StereoGains = [0, 0]; // It is to be left out, says the recommendation.
const BACK_CENTER: StereoGains = [0.5, 0.5];
const LEFT: StereoGains = [1, 0];
const RIGHT: StereoGains = [0, 1];
const LEFT_SURROUND: StereoGains = [HALF_POWER, 0];
const RIGHT_SURROUND: StereoGains = [0, HALF_POWER];

/** What a channel gives to the left and to the right one. */
type StereoGains = readonly [left: number, right: number];

/** By count of channels, each in the order of WAVE files. */
const STEREO_GAINS: readonly (readonly StereoGains[])[] = [
  [],
  [[1, 1]],
  [LEFT, RIGHT],
  [LEFT, RIGHT, CENTER],
  [LEFT, RIGHT, CENTER, BACK_CENTER],
  [LEFT, RIGHT, CENTER, LEFT_SURROUND, RIGHT_SURROUND],
  [LEFT, RIGHT, CENTER, LOW_FREQUENCY, LEFT_SURROUND, RIGHT_SURROUND],
  [LEFT, RIGHT, CENTER, LOW_FREQUENCY, BACK_CENTER, LEFT_SURROUND, RIGHT_SURROUND],
  [
    ...[LEFT, RIGHT, CENTER, LOW_FREQUENCY],
    ...[LEFT_SURROUND, RIGHT_SURROUND, LEFT_SURROUND, RIGHT_SURROUND],
  ],
];

/**
 * Mixes 1 to 8 channels, in the order of WAVE files, to one or two.
 *
 * Mono sounds from both sides at its own level, and stereo becomes mono as its mean. Surround keeps
 * the level of its front channels; where all are loud at once, the sum may go beyond full scale.
 *
 * @returns The given arrays themselves where nothing is to be mixed.
 */
export function mixChannels(
  channels: readonly Float32Array[],
  channelCount: 1 | 2,
): readonly Float32Array[] {
  const gains = STEREO_GAINS[channels.length];
  assert(gains !== undefined && gains.length > 0, "there are 1 to 8 channels");
  if (channels.length === channelCount) return channels;
  const [first] = channels;
  if (channels.length === 1 && first !== undefined) return [first, first];
  if (channelCount === 2)
    return [0, 1].map((side) => sum(channels, (at) => gains[at]?.[side] ?? 0));
  const meanOf = (at: number): number => ((gains[at]?.[0] ?? 0) + (gains[at]?.[1] ?? 0)) / 2;
  return [sum(channels, meanOf)];
}

function sum(channels: readonly Float32Array[], gainOf: (index: number) => number): Float32Array {
  const mixed = new Float32Array(channels[0]?.length ?? 0);
  for (const [index, samples] of channels.entries()) {
    const gain = gainOf(index);
    if (gain === 0) continue;
    for (let n = 0; n < mixed.length; n++) mixed[n] = (mixed[n] ?? 0) + gain * (samples[n] ?? 0);
  }
  return mixed;
}
