/**
 * What quantized values cost in each codebook.
 *
 * Spec: ISO/IEC 14496-3, 4.6.3 (noiseless coding).
 *
 * @module
 */

import { toCodewords } from "../spectrum/huffman-code.ts";
import { SectionCodebook, SPECTRAL_CODEBOOKS } from "../spectrum/spectral-codebooks.ts";

/** Codebooks and 0, which is for zeros alone. */
export const CODEBOOK_COUNT: number = SectionCodebook.Escape + 1;
/** More than anything costs. */
export const IMPOSSIBLE = 1e6;

/** The first codebook with two values in a codeword instead of four. */
const FIRST_OF_TWO = 5;
const NO_LENGTHS = new Uint8Array(0);

/** Codebooks that hold the same values, as the number of the first of the two. */
const FIRST_OF_PAIR: readonly number[] = [1, 3, 5, 7, 9, 11];
const LARGEST: readonly number[] = [1, 2, 4, 7, 12, 8191];

export class SpectralCosts {
  /** By codebook: bits of each symbol, signs included. */
  readonly #lengths: readonly Uint8Array[] = [
    new Uint8Array(0),
    ...SPECTRAL_CODEBOOKS.map((codebook) => {
      const { lengths } = toCodewords(codebook);
      if (codebook.isSigned) return lengths;
      const base = codebook.largestMagnitude + 1;
      return lengths.map((length, symbol) => length + countNonZero(symbol, base));
    }),
  ];
  /** Costs in the two codebooks that were looked at last. */
  #first = 0;
  #second = 0;

  /** Bits in the better one of the codebooks that are made for values up to `magnitude`. */
  countBest(values: Int16Array, begin: number, end: number, magnitude: number): number {
    if (magnitude === 0) return 0;
    this.#count(values, begin, end, pairFor(magnitude));
    return Math.min(this.#first, this.#second);
  }

  /** Writes the bits in each codebook into 12 elements of `costs`. */
  countAll(values: Int16Array, range: readonly [number, number], costs: Float64Array): void {
    const [begin, end] = range;
    let magnitude = 0;
    for (let k = begin; k < end; k++) magnitude = Math.max(magnitude, Math.abs(values[k] ?? 0));
    costs.fill(IMPOSSIBLE);
    if (magnitude === 0) costs[SectionCodebook.Zero] = 0;
    for (let pair = pairFor(magnitude); pair < FIRST_OF_PAIR.length; pair++) {
      this.#count(values, begin, end, pair);
      const codebook = FIRST_OF_PAIR[pair] ?? 0;
      costs[codebook] = this.#first;
      if (codebook < SectionCodebook.Escape) costs[codebook + 1] = this.#second;
    }
  }

  #count(values: Int16Array, begin: number, end: number, pair: number): void {
    const codebook = FIRST_OF_PAIR[pair] ?? 0;
    const first = this.#lengths[codebook] ?? NO_LENGTHS;
    const second = this.#lengths[codebook + 1] ?? first;
    const dimension = codebook < FIRST_OF_TWO ? 4 : 2;
    let firstSum = 0;
    let secondSum = 0;
    for (let k = begin; k < end; k += dimension) {
      const symbol = toSymbol(values, k, codebook);
      firstSum += first[symbol] ?? 0;
      secondSum += second[symbol] ?? 0;
    }
    if (codebook === SectionCodebook.Escape) {
      for (let k = begin; k < end; k++) firstSum += toEscapeLength(Math.abs(values[k] ?? 0));
    }
    this.#first = firstSum;
    this.#second = secondSum;
  }
}

/** The symbol of the values from `k` on, as many as the codebook has in a codeword. */
export function toSymbol(values: Int16Array, k: number, codebook: number): number {
  if (codebook < 3) return toSignedQuad(values, k);
  if (codebook < FIRST_OF_TWO) return toUnsignedQuad(values, k);
  const first = values[k] ?? 0;
  const second = values[k + 1] ?? 0;
  if (codebook < 7) return first * 9 + second + 40;
  if (codebook < 9) return Math.abs(first) * 8 + Math.abs(second);
  if (codebook < SectionCodebook.Escape) return Math.abs(first) * 13 + Math.abs(second);
  return Math.min(Math.abs(first), 16) * 17 + Math.min(Math.abs(second), 16);
}

/** Bits of an escape: as many 1 as it has bits above 4, a 0, and its bits below the highest. */
export function toEscapeLength(magnitude: number): number {
  if (magnitude < 16) return 0;
  return 2 * (31 - Math.clz32(magnitude)) - 3;
}

function toSignedQuad(values: Int16Array, k: number): number {
  return (
    (values[k] ?? 0) * 27 +
    (values[k + 1] ?? 0) * 9 +
    (values[k + 2] ?? 0) * 3 +
    (values[k + 3] ?? 0) +
    40
  );
}

function toUnsignedQuad(values: Int16Array, k: number): number {
  return (
    Math.abs(values[k] ?? 0) * 27 +
    Math.abs(values[k + 1] ?? 0) * 9 +
    Math.abs(values[k + 2] ?? 0) * 3 +
    Math.abs(values[k + 3] ?? 0)
  );
}

function pairFor(magnitude: number): number {
  return LARGEST.findIndex((largest) => magnitude <= largest);
}

function countNonZero(symbol: number, base: number): number {
  let count = 0;
  for (let rest = symbol; rest > 0; rest = Math.floor(rest / base)) if (rest % base > 0) count++;
  return count;
}
