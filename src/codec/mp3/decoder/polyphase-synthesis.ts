/**
 * From samples of 32 subbands to sound: the last step of all layers.
 *
 * Spec: ISO/IEC 11172-3, 2.4.3.2.2 (synthesis subband filter), annex B, table B.3.
 *
 * @module
 */

import { SubbandTransform } from "./subband-transform.ts";
import { createSynthesisWindow } from "./synthesis-window.ts";

const SUBBAND_COUNT = 32;
/** What is made of each 32 samples, and for how many of them it is kept. */
const VECTOR_SIZE = 64;
const VECTOR_COUNT = 16;

/** What all channels share. */
export class PolyphaseTables {
  readonly transform: SubbandTransform = new SubbandTransform();
  readonly window: Float32Array = createSynthesisWindow();
}

/** The synthesis of one channel. */
export class PolyphaseSynthesis {
  readonly #tables: PolyphaseTables;
  /** A ring of vectors. */
  readonly #vectors = new Float32Array(VECTOR_COUNT * VECTOR_SIZE);
  #latest = 0;
  readonly #sums = new Float64Array(SUBBAND_COUNT);

  constructor(tables: PolyphaseTables) {
    this.#tables = tables;
  }

  /** Forgets what was before. */
  reset(): void {
    this.#vectors.fill(0);
  }

  /**
   * Makes 32 samples of each 32 values of `subbands`.
   *
   * @param output Is written from `offset` on.
   */
  run(subbands: Float32Array, output: Float32Array, offset: number): void {
    for (let begin = 0; begin < subbands.length; begin += SUBBAND_COUNT) {
      this.#latest = (this.#latest + VECTOR_COUNT - 1) % VECTOR_COUNT;
      this.#spread(this.#tables.transform.run(subbands, begin), this.#latest * VECTOR_SIZE);
      this.#sum();
      for (let n = 0; n < SUBBAND_COUNT; n++) output[offset + begin + n] = this.#sums[n] ?? 0;
    }
  }

  /** V[i] = sum S[k] cos(pi / 64 * (16 + i) * (2k + 1)), by the symmetries of what is given of it. */
  #spread(cosines: Float64Array, at: number): void {
    const vectors = this.#vectors;
    for (let i = 0; i < 16; i++) {
      vectors[at + i] = cosines[16 + i] ?? 0;
      vectors[at + 17 + i] = -(cosines[31 - i] ?? 0);
      vectors[at + 32 + i] = -(cosines[16 - i] ?? 0);
      vectors[at + 48 + i] = -(cosines[i] ?? 0);
    }
    vectors[at + 16] = 0;
  }

  /** The window takes the first half of one vector, the second half of the one before, and so on. */
  #sum(): void {
    const vectors = this.#vectors;
    const { window } = this.#tables;
    const sums = this.#sums.fill(0);
    for (let age = 0; age < VECTOR_COUNT; age++) {
      const half = age % 2 === 0 ? 0 : VECTOR_SIZE / 2;
      const vector = ((this.#latest + age) % VECTOR_COUNT) * VECTOR_SIZE + half;
      const shape = age * SUBBAND_COUNT;
      for (let n = 0; n < SUBBAND_COUNT; n++) {
        sums[n] = (sums[n] ?? 0) + (vectors[vector + n] ?? 0) * (window[shape + n] ?? 0);
      }
    }
  }
}
