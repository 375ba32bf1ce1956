/**
 * Finds attacks: sudden loudness, which a long window would smear into the silence before it.
 *
 * Spec: ISO/IEC 14496-3, 4.6.11.3.2 (what short windows cover); the encoder decides by itself when
 * to use them.
 *
 * @module
 */

import { SHORT_SIZE } from "../spectrum/window-shape.ts";

/** How much louder than what was before it an attack is, in energy. */
const ATTACK_RATIO = 10;
/** Weight of the newest segment in what was before. */
const NEWEST_WEIGHT = 0.3;
/** Attacks below this are as good as silent: some -60 dB of full scale in 128 samples. */
const ENERGY_MIN = 1e-4;

/** Watches the segments of 128 samples of one channel, in order. */
export class AttackDetector {
  #average = 0;
  #before = 0;
  #sampleBefore = 0;
  #filteredBefore = 0;

  /**
   * Looks at 8 segments, which are the second halves of the short windows of an access unit.
   *
   * @returns The segment that an attack begins in; `undefined` without one.
   */
  find(samples: Float32Array, offset: number): number | undefined {
    let attack: number | undefined;
    for (let segment = 0; segment < 8; segment++) {
      const energy = this.#measure(samples, offset + segment * SHORT_SIZE);
      this.#average += NEWEST_WEIGHT * (this.#before - this.#average);
      this.#before = energy;
      if (energy > ENERGY_MIN && energy > ATTACK_RATIO * this.#average) attack ??= segment;
    }
    return attack;
  }

  /** Energy above some 1 kHz at 48 kHz: low tones sway too much to tell attacks by. */
  #measure(samples: Float32Array, offset: number): number {
    let energy = 0;
    let sampleBefore = this.#sampleBefore;
    let filtered = this.#filteredBefore;
    for (let n = offset; n < offset + SHORT_SIZE; n++) {
      const sample = samples[n] ?? 0;
      filtered = 0.75 * (sample - sampleBefore) + 0.5 * filtered;
      energy += filtered * filtered;
      sampleBefore = sample;
    }
    this.#sampleBefore = sampleBefore;
    this.#filteredBefore = filtered;
    return energy;
  }
}
