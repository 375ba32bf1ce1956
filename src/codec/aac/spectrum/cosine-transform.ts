/**
 * The modified discrete cosine transform, both ways, by way of a DCT-IV and that by way of a complex
 * Fourier transform of half its size.
 *
 * Spec: ISO/IEC 14496-3, 4.6.11.3.1 (IMDCT), 4.B.15 (MDCT).
 *
 * @module
 */

import { FourierTransform } from "./fourier-transform.ts";

/**
 * The MDCT of `size` coefficients, that is of windows of 2 * `size` samples.
 *
 * ```text
 * X[k] = sum x[n] cos(pi / size * (n + 1/2 + size/2) * (k + 1/2))    x[n] = the same sum over X[k]
 * ```
 *
 * Neither way is scaled: there and back, with overlap, makes `size` / 2 times the input.
 */
export class CosineTransform {
  readonly size: number;
  readonly #fourier: FourierTransform;
  readonly #cosines: Float64Array;
  readonly #sines: Float64Array;
  readonly #real: Float64Array;
  readonly #imaginary: Float64Array;
  /** What the DCT-IV takes and gives. */
  readonly #values: Float64Array;

  constructor(size: number) {
    this.size = size;
    const half = size >>> 1;
    const angle = (k: number): number => (Math.PI * (8 * k + 1)) / (8 * size);
    this.#fourier = new FourierTransform(half);
    this.#cosines = Float64Array.from({ length: half }, (_, k) => Math.cos(angle(k)));
    this.#sines = Float64Array.from({ length: half }, (_, k) => Math.sin(angle(k)));
    this.#real = new Float64Array(half);
    this.#imaginary = new Float64Array(half);
    this.#values = new Float64Array(size);
  }

  /** Reads `size` coefficients from `offset` on, writes 2 * `size` samples. */
  inverse(spectrum: Float32Array, offset: number, samples: Float32Array): void {
    const { size } = this;
    const half = size >>> 1;
    const values = this.#values;
    for (let k = 0; k < size; k++) values[k] = spectrum[offset + k] ?? 0;
    this.#transform();
    // The symmetries of the DCT-IV say what the samples beyond its own are.
    for (let n = 0; n < half; n++) {
      const early = values[n] ?? 0;
      const late = values[half + n] ?? 0;
      samples[n] = late;
      samples[size - 1 - n] = -late;
      samples[size + half - 1 - n] = -early;
      samples[size + half + n] = -early;
    }
  }

  /** Reads 2 * `size` samples from `offset` on, writes `size` coefficients from `target` on. */
  forward(
    samples: Float32Array,
    offset: number,
    spectrum: Float32Array | Float64Array,
    target: number,
  ): void {
    const { size } = this;
    const half = size >>> 1;
    const values = this.#values;
    const middle = offset + size;
    for (let n = 0; n < half; n++) {
      values[n] = -(samples[middle + half - 1 - n] ?? 0) - (samples[middle + half + n] ?? 0);
      values[half + n] = (samples[offset + n] ?? 0) - (samples[middle - 1 - n] ?? 0);
    }
    this.#transform();
    for (let k = 0; k < size; k++) spectrum[target + k] = values[k] ?? 0;
  }

  /** DCT-IV of `#values` in place. */
  #transform(): void {
    const { size } = this;
    const half = size >>> 1;
    const values = this.#values;
    const real = this.#real;
    const imaginary = this.#imaginary;
    const cosines = this.#cosines;
    const sines = this.#sines;
    const order = this.#fourier.order;
    for (let n = 0; n < half; n++) {
      const re = values[2 * n] ?? 0;
      const im = values[size - 1 - 2 * n] ?? 0;
      const cosine = cosines[n] ?? 0;
      const sine = sines[n] ?? 0;
      const at = order[n] ?? 0;
      real[at] = re * cosine + im * sine;
      imaginary[at] = im * cosine - re * sine;
    }
    this.#fourier.run(real, imaginary);
    for (let k = 0; k < half; k++) {
      const re = real[k] ?? 0;
      const im = imaginary[k] ?? 0;
      const cosine = cosines[k] ?? 0;
      const sine = sines[k] ?? 0;
      values[2 * k] = re * cosine + im * sine;
      values[size - 1 - 2 * k] = re * sine - im * cosine;
    }
  }
}
