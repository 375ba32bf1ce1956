/**
 * How many bits an access unit gets: more where the sound needs them, but in the mean no more than
 * the bit rate.
 *
 * Spec: ISO/IEC 14496-3, 4.5.3.1 (6,144 bits a channel are the most), 4.B.14 (bit reservoir).
 *
 * @module
 */

import { LONG_SIZE } from "../spectrum/window-shape.ts";

/** Of an access unit, for each channel. */
const BITS_MAX = 6144;
/** So much of it is used at most, so that there is something to save. */
const LOAD_MAX = 0.9;
/** Not even silence takes less, for each channel. */
const BITS_MIN = 64;
/** Weight of the newest access unit in what is usual. */
const NEWEST_WEIGHT = 0.03;
/** How far bits follow the need. */
const NEED_WEIGHT = 0.6;
/** And up to how much more than usual. */
const NEED_MAX = 2;
/** How fast the reservoir strives for its middle. */
const RESERVOIR_WEIGHT = 0.15;

export interface BitGrant {
  readonly wanted: number;
  /** Never more. */
  readonly max: number;
}

export class RateControl {
  readonly #mean: number;
  readonly #max: number;
  readonly #reservoirSize: number;
  #reservoir: number;
  #usualEntropy: number;

  /** @param bitrate In bit/s, of all channels; held to what access units can be. */
  constructor(bitrate: number, sampleRate: number, channelCount: number) {
    this.#max = BITS_MAX * channelCount;
    const mean = (bitrate * LONG_SIZE) / sampleRate;
    this.#mean = Math.max(BITS_MIN * channelCount, Math.min(mean, this.#max * LOAD_MAX));
    this.#reservoirSize = this.#max - this.#mean;
    this.#reservoir = this.#reservoirSize / 2;
    this.#usualEntropy = this.#mean;
  }

  /** @param entropy What the access unit needs, in bits, if only roughly. */
  grant(entropy: number): BitGrant {
    const usual = this.#usualEntropy;
    // Silence is not what is usual: sound after it would else seem to need anything.
    this.#usualEntropy = Math.max(usual + NEWEST_WEIGHT * (entropy - usual), this.#mean / 4);
    const need = entropy / usual - 1;
    const max = Math.min(this.#max, this.#mean + this.#reservoir);
    const share = 1 + NEED_WEIGHT * Math.max(-0.5, Math.min(need, NEED_MAX));
    const surplus = RESERVOIR_WEIGHT * (this.#reservoir - this.#reservoirSize / 2);
    return { wanted: Math.min(this.#mean * share + surplus, max * 0.97), max };
  }

  /** Is told what the access unit took. */
  account(bits: number): void {
    this.#reservoir = Math.min(this.#reservoir + this.#mean - bits, this.#reservoirSize);
  }
}
