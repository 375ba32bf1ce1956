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
/** What is made of each 32 samples, and for how many of them it is needed. */
const VECTOR_SIZE = 64;
const VECTOR_COUNT = 16;
/** Room to go on towards the front before what is needed has to be moved to the end. */
const ROOM_COUNT = 64;

/** What all channels share. */
export class PolyphaseTables {
  readonly transform: SubbandTransform = new SubbandTransform();
  readonly window: Float32Array = createSynthesisWindow();
}

/** The synthesis of one channel. */
export class PolyphaseSynthesis {
  readonly #tables: PolyphaseTables;
  /** Vectors, the latest one first. */
  readonly #vectors = new Float32Array((ROOM_COUNT + VECTOR_COUNT) * VECTOR_SIZE);
  #latest = ROOM_COUNT * VECTOR_SIZE;

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
      if (this.#latest === 0) this.#makeRoom();
      this.#latest -= VECTOR_SIZE;
      this.#spread(this.#tables.transform.run(subbands, begin), this.#latest);
      this.#sum(output, offset + begin);
    }
  }

  #makeRoom(): void {
    this.#latest = ROOM_COUNT * VECTOR_SIZE;
    this.#vectors.copyWithin(this.#latest, 0, VECTOR_COUNT * VECTOR_SIZE);
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
  #sum(output: Float32Array, offset: number): void {
    const vectors = this.#vectors;
    const { window } = this.#tables;
    for (let n = 0; n < SUBBAND_COUNT; n++) {
      let sum = 0;
      let early = this.#latest + n;
      for (let shape = n; shape < window.length; shape += VECTOR_SIZE) {
        const late = early + VECTOR_SIZE + VECTOR_SIZE / 2;
        sum += (vectors[early] ?? 0) * (window[shape] ?? 0);
        sum += (vectors[late] ?? 0) * (window[shape + VECTOR_SIZE / 2] ?? 0);
        early += 2 * VECTOR_SIZE;
      }
      output[offset + n] = sum;
    }
  }
}
