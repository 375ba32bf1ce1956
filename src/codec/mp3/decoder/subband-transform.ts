/**
 * A discrete cosine transform of 32 values, by Lee's way of halving.
 *
 * Spec: ISO/IEC 11172-3, 2.4.3.2.2, whose matrix is what it makes by symmetry. B. G. Lee, "A new
 * algorithm to compute the discrete cosine transform", IEEE Transactions on ASSP 32 (1984), 1243.
 *
 * @module
 */

const SIZE = 32;

/**
 * ```text
 * C[n] = sum x[k] cos(pi / 64 * n * (2k + 1))
 * ```
 *
 * The even C[n] are the transform of half the size of the sums x[k] + x[31 - k]. That of the
 * differences, each divided by twice the cosine for n = 1, gives the sums of neighbouring odd C[n].
 */
export class SubbandTransform {
  #values = new Float64Array(SIZE);
  #others = new Float64Array(SIZE);
  /** 1 / (2 cos), for blocks of 32, 16, 8, 4 and 2 one behind the other. */
  readonly #factors = createFactors();

  /** @returns 32 values, overwritten by the next call. */
  run(samples: Float32Array, offset: number): Float64Array {
    for (let k = 0; k < SIZE; k++) this.#values[k] = samples[offset + k] ?? 0;
    let factor = 0;
    for (let size = SIZE; size > 1; size >>>= 1) {
      this.#split(size, factor);
      factor += size >>> 1;
    }
    for (let size = 4; size <= SIZE; size <<= 1) this.#join(size);
    return this.#values;
  }

  /** Makes blocks of `size` to two each: sums, and scaled differences. */
  #split(size: number, factor: number): void {
    const values = this.#values;
    const others = this.#others;
    const factors = this.#factors;
    const half = size >>> 1;
    for (let block = 0; block < SIZE; block += size) {
      for (let k = 0; k < half; k++) {
        const early = values[block + k] ?? 0;
        const late = values[block + size - 1 - k] ?? 0;
        others[block + k] = early + late;
        others[block + half + k] = (early - late) * (factors[factor + k] ?? 0);
      }
    }
    this.#values = others;
    this.#others = values;
  }

  /** Makes a block of `size` of two each. */
  #join(size: number): void {
    const values = this.#values;
    const others = this.#others;
    const half = size >>> 1;
    for (let block = 0; block < SIZE; block += size) {
      for (let n = 0; n < half; n++) {
        const odd = values[block + half + n] ?? 0;
        const next = n + 1 < half ? (values[block + half + n + 1] ?? 0) : 0;
        others[block + 2 * n] = values[block + n] ?? 0;
        others[block + 2 * n + 1] = odd + next;
      }
    }
    this.#values = others;
    this.#others = values;
  }
}

function createFactors(): Float64Array {
  const factors: number[] = [];
  for (let size = SIZE; size > 1; size >>>= 1) {
    for (let k = 0; k < size / 2; k++) {
      factors.push(0.5 / Math.cos((Math.PI * (2 * k + 1)) / (2 * size)));
    }
  }
  return Float64Array.from(factors);
}
