/**
 * A discrete cosine transform of 32 values, by Lee's way of halving.
 *
 * Spec: ISO/IEC 11172-3, 2.4.3.2.2, whose matrix is what it makes by symmetry. B. G. Lee, "A new
 * algorithm to compute the discrete cosine transform", IEEE Transactions on ASSP 32 (1984), 1243.
 *
 * @module
 */

const SIZE = 32;

/** A halving of blocks of one size. */
interface Stage {
  readonly size: number;
  /** 1 / (2 cos). */
  readonly factors: Float64Array;
}

/**
 * ```text
 * C[n] = sum x[k] cos(pi / 64 * n * (2k + 1))
 * ```
 *
 * The even C[n] are the transform of half the size of the sums x[k] + x[31 - k]. That of the
 * differences, each divided by twice the cosine for n = 1, gives the sums of neighbouring odd C[n].
 */
export class SubbandTransform {
  readonly #values = new Float64Array(SIZE);
  readonly #others = new Float64Array(SIZE);
  /** For blocks of 32, 16, 8, 4 and 2. */
  readonly #stages = createStages();

  /** @returns 32 values, overwritten by the next call. */
  run(samples: Float32Array, offset: number): Float64Array {
    let from = this.#values;
    let to = this.#others;
    for (let k = 0; k < SIZE; k++) from[k] = samples[offset + k] ?? 0;
    for (const { size, factors } of this.#stages) {
      split(from, to, size, factors);
      [from, to] = [to, from];
    }
    for (let size = 4; size <= SIZE; size <<= 1) {
      join(from, to, size);
      [from, to] = [to, from];
    }
    return from;
  }
}

/** Makes blocks of `size` to two each: sums, and scaled differences. */
function split(from: Float64Array, to: Float64Array, size: number, factors: Float64Array): void {
  const half = size >>> 1;
  for (let block = 0; block < SIZE; block += size) {
    for (let k = 0; k < half; k++) {
      const early = from[block + k] ?? 0;
      const late = from[block + size - 1 - k] ?? 0;
      to[block + k] = early + late;
      to[block + half + k] = (early - late) * (factors[k] ?? 0);
    }
  }
}

/** Makes a block of `size` of two each. */
function join(from: Float64Array, to: Float64Array, size: number): void {
  const half = size >>> 1;
  for (let block = 0; block < SIZE; block += size) {
    for (let n = 0; n < half; n++) {
      const odd = from[block + half + n] ?? 0;
      const next = n + 1 < half ? (from[block + half + n + 1] ?? 0) : 0;
      to[block + 2 * n] = from[block + n] ?? 0;
      to[block + 2 * n + 1] = odd + next;
    }
  }
}

function createStages(): Stage[] {
  return [32, 16, 8, 4, 2].map((size) => {
    const factors = Float64Array.from({ length: size / 2 }, (_, k) => {
      return 0.5 / Math.cos((Math.PI * (2 * k + 1)) / (2 * size));
    });
    return { size, factors };
  });
}
