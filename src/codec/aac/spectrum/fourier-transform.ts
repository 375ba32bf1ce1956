/**
 * The fast Fourier transform of complex values, in place.
 *
 * Spec: ISO/IEC 14496-3, 4.6.11 (filter bank), whose transform is reckoned by way of this one.
 *
 * @module
 */

import { assert } from "../../../base/assert.ts";

/** The forward transform of one size, a power of 2. */
export class FourierTransform {
  readonly size: number;
  readonly #reversed: Uint16Array;
  readonly #cosines: Float64Array;
  readonly #sines: Float64Array;

  constructor(size: number) {
    assert(size >= 4 && (size & (size - 1)) === 0, "the size is a power of 2");
    this.size = size;
    const bits = Math.log2(size);
    this.#reversed = Uint16Array.from({ length: size }, (_, index) => reverseBits(index, bits));
    const half = size >>> 1;
    this.#cosines = Float64Array.from({ length: half }, (_, k) =>
      Math.cos((2 * Math.PI * k) / size),
    );
    this.#sines = Float64Array.from({ length: half }, (_, k) => Math.sin((2 * Math.PI * k) / size));
  }

  /** Where the value of an index must stand in the arrays that `run` takes. */
  get order(): Uint16Array {
    return this.#reversed;
  }

  /** Transforms values that stand in `order` (bit-reversed) into spectra in natural order. */
  run(real: Float64Array, imaginary: Float64Array): void {
    this.#runFirstStages(real, imaginary);
    const { size } = this;
    const cosines = this.#cosines;
    const sines = this.#sines;
    for (let span = 8; span <= size; span <<= 1) {
      const half = span >>> 1;
      const step = size / span;
      for (let k = 0; k < half; k++) {
        const cosine = cosines[k * step] ?? 0;
        const sine = sines[k * step] ?? 0;
        for (let upper = k; upper < size; upper += span) {
          const lower = upper + half;
          const re = real[lower] ?? 0;
          const im = imaginary[lower] ?? 0;
          const turnedRe = re * cosine + im * sine;
          const turnedIm = im * cosine - re * sine;
          const upperRe = real[upper] ?? 0;
          const upperIm = imaginary[upper] ?? 0;
          real[lower] = upperRe - turnedRe;
          imaginary[lower] = upperIm - turnedIm;
          real[upper] = upperRe + turnedRe;
          imaginary[upper] = upperIm + turnedIm;
        }
      }
    }
  }

  /** The transforms of 4, whose factors are 1 and -i. */
  #runFirstStages(real: Float64Array, imaginary: Float64Array): void {
    for (let at = 0; at < this.size; at += 4) {
      const re0 = real[at] ?? 0;
      const re1 = real[at + 1] ?? 0;
      const re2 = real[at + 2] ?? 0;
      const re3 = real[at + 3] ?? 0;
      const im0 = imaginary[at] ?? 0;
      const im1 = imaginary[at + 1] ?? 0;
      const im2 = imaginary[at + 2] ?? 0;
      const im3 = imaginary[at + 3] ?? 0;
      const sumRe = re0 + re1;
      const sumIm = im0 + im1;
      const differenceRe = re0 - re1;
      const differenceIm = im0 - im1;
      const otherSumRe = re2 + re3;
      const otherSumIm = im2 + im3;
      const otherDifferenceRe = re2 - re3;
      const otherDifferenceIm = im2 - im3;
      real[at] = sumRe + otherSumRe;
      imaginary[at] = sumIm + otherSumIm;
      real[at + 1] = differenceRe + otherDifferenceIm;
      imaginary[at + 1] = differenceIm - otherDifferenceRe;
      real[at + 2] = sumRe - otherSumRe;
      imaginary[at + 2] = sumIm - otherSumIm;
      real[at + 3] = differenceRe - otherDifferenceIm;
      imaginary[at + 3] = differenceIm + otherDifferenceRe;
    }
  }
}

function reverseBits(value: number, count: number): number {
  let reversed = 0;
  for (let bit = 0; bit < count; bit++) reversed |= ((value >>> bit) & 1) << (count - 1 - bit);
  return reversed;
}
