/**
 * From spectra of layer III to samples of subbands: alias reduction, transforms, windows, overlap.
 *
 * Spec: ISO/IEC 11172-3, 2.4.3.4.10 (synthesis filter bank: alias reduction, IMDCT, windowing,
 * overlapping, compensation for frequency inversion), annex B, table B.9.
 *
 * @module
 */

import { SPECTRUM_SIZE } from "./scale-factor-bands.ts";
import { BlockType, type GranuleChannel } from "./side-information.ts";

/** Subbands, and the values of each in a granule. */
export const SUBBAND_COUNT = 32;
export const SUBBAND_SIZE = 18;
const SHORT_SIZE = 6;
/** Subbands that have long blocks in a mixed one. */
const MIXED_LONG_COUNT = 2;

/** c[i]; butterflies are by 1 / sqrt(1 + c^2) and c / sqrt(1 + c^2). */
const ALIAS_COEFFICIENTS: readonly number[] = [
  -0.6, -0.535, -0.33, -0.185, -0.095, -0.041, -0.0142, -0.0037,
];

/** What all channels share. */
export class HybridTables {
  readonly aliasCosines: Float64Array = Float64Array.from(
    ALIAS_COEFFICIENTS,
    (c) => 1 / Math.hypot(1, c),
  );
  readonly aliasSines: Float64Array = Float64Array.from(
    ALIAS_COEFFICIENTS,
    (c) => c / Math.hypot(1, c),
  );
  readonly longCosines: Float64Array = createCosines(SUBBAND_SIZE);
  readonly shortCosines: Float64Array = createCosines(SHORT_SIZE);
  /** By block type; short blocks have that of one of their windows. */
  readonly windows: readonly Float64Array[] = createWindows();
  /** What the transforms make, of one subband after the other. */
  readonly long: Float64Array = new Float64Array(2 * SUBBAND_SIZE);
  readonly short: Float64Array = new Float64Array(2 * SHORT_SIZE);
  readonly values: Float64Array = new Float64Array(SUBBAND_SIZE);
}

/** The filter bank of one channel. */
export class HybridFilterBank {
  readonly #tables: HybridTables;
  /** The second halves of the granule before. */
  readonly #overlap = new Float32Array(SPECTRUM_SIZE);

  constructor(tables: HybridTables) {
    this.#tables = tables;
  }

  /** Forgets the granule before. */
  reset(): void {
    this.#overlap.fill(0);
  }

  /**
   * Writes 18 times 32 samples of subbands from `offset` on.
   *
   * @param spectrum Is changed.
   */
  run(
    spectrum: Float32Array,
    { blockType, isMixed }: Pick<GranuleChannel, "blockType" | "isMixed">,
    output: Float32Array,
    offset: number,
  ): void {
    const isShort = blockType === BlockType.Short;
    const longCount = isMixed ? MIXED_LONG_COUNT : isShort ? 0 : SUBBAND_COUNT;
    this.#reduceAlias(spectrum, isShort ? longCount : SUBBAND_COUNT);
    const usedCount = countUsed(spectrum);
    for (let subband = 0; subband < SUBBAND_COUNT; subband++) {
      if (subband >= usedCount) this.#tables.long.fill(0);
      else if (isShort && subband >= longCount) this.#transformShort(spectrum, subband);
      else this.#transformLong(spectrum, subband, subband < longCount && isMixed ? 0 : blockType);
      this.#addOverlap(subband, output, offset + subband);
    }
  }

  /** Between neighbours of so many subbands. */
  #reduceAlias(spectrum: Float32Array, subbandCount: number): void {
    const { aliasCosines, aliasSines } = this.#tables;
    for (let border = SUBBAND_SIZE; border < subbandCount * SUBBAND_SIZE; border += SUBBAND_SIZE) {
      for (let index = 0; index < aliasCosines.length; index++) {
        const below = spectrum[border - 1 - index] ?? 0;
        const above = spectrum[border + index] ?? 0;
        const cosine = aliasCosines[index] ?? 0;
        const sine = aliasSines[index] ?? 0;
        spectrum[border - 1 - index] = below * cosine - above * sine;
        spectrum[border + index] = above * cosine + below * sine;
      }
    }
  }

  #transformLong(spectrum: Float32Array, subband: number, blockType: number): void {
    const { long, values, longCosines, windows } = this.#tables;
    const begin = subband * SUBBAND_SIZE;
    for (let k = 0; k < SUBBAND_SIZE; k++) values[k] = spectrum[begin + k] ?? 0;
    inverseTransform(values, longCosines, long, SUBBAND_SIZE);
    const window = windows[blockType];
    for (let n = 0; n < long.length; n++) long[n] = (long[n] ?? 0) * (window?.[n] ?? 0);
  }

  /** Three windows, each of which begins in the middle of the one before. */
  #transformShort(spectrum: Float32Array, subband: number): void {
    const { long, short, values, shortCosines, windows } = this.#tables;
    const shape = windows[BlockType.Short];
    long.fill(0);
    for (let window = 0; window < 3; window++) {
      const begin = subband * SUBBAND_SIZE + window;
      for (let k = 0; k < SHORT_SIZE; k++) values[k] = spectrum[begin + 3 * k] ?? 0;
      inverseTransform(values, shortCosines, short, SHORT_SIZE);
      const offset = SHORT_SIZE * (window + 1);
      for (let n = 0; n < short.length; n++) {
        long[offset + n] = (long[offset + n] ?? 0) + (short[n] ?? 0) * (shape?.[n] ?? 0);
      }
    }
  }

  #addOverlap(subband: number, output: Float32Array, offset: number): void {
    const { long } = this.#tables;
    const overlap = this.#overlap;
    const begin = subband * SUBBAND_SIZE;
    // Every second subband is upside down, which turns the sign of every second sample.
    const oddSign = subband % 2 === 1 ? -1 : 1;
    for (let n = 0; n < SUBBAND_SIZE; n++) {
      const sample = (long[n] ?? 0) + (overlap[begin + n] ?? 0);
      output[offset + n * SUBBAND_COUNT] = n % 2 === 1 ? oddSign * sample : sample;
      overlap[begin + n] = long[SUBBAND_SIZE + n] ?? 0;
    }
  }
}

/** Subbands from this on have no values. */
function countUsed(spectrum: Float32Array): number {
  let end = spectrum.length;
  while (end > 0 && spectrum[end - 1] === 0) end--;
  return Math.ceil(end / SUBBAND_SIZE);
}

/**
 * The inverse transform of `size` values to twice as many: a DCT-IV, whose symmetries give the rest.
 *
 * ```text
 * x[n] = sum X[k] cos(pi / size * (n + 1/2 + size/2) * (k + 1/2))
 * ```
 */
function inverseTransform(
  values: Float64Array,
  cosines: Float64Array,
  samples: Float64Array,
  size: number,
): void {
  const half = size >>> 1;
  for (let n = 0; n < size; n++) {
    let sum = 0;
    const row = n * size;
    for (let k = 0; k < size; k++) sum += (values[k] ?? 0) * (cosines[row + k] ?? 0);
    if (n < half) {
      samples[size + half - 1 - n] = -sum;
      samples[size + half + n] = -sum;
    } else {
      samples[n - half] = sum;
      samples[size + half - 1 - n] = -sum;
    }
  }
}

/** Of the DCT-IV, row by row. */
function createCosines(size: number): Float64Array {
  return Float64Array.from({ length: size * size }, (_, index) => {
    const n = Math.floor(index / size);
    const k = index % size;
    return Math.cos((Math.PI / size) * (n + 0.5) * (k + 0.5));
  });
}

function createWindows(): Float64Array[] {
  const size = 2 * SUBBAND_SIZE;
  const long = (n: number): number => Math.sin((Math.PI / size) * (n + 0.5));
  const short = (n: number): number => Math.sin((Math.PI / (2 * SHORT_SIZE)) * (n + 0.5));
  const start = (n: number): number => {
    if (n < SUBBAND_SIZE) return long(n);
    if (n < SUBBAND_SIZE + SHORT_SIZE) return 1;
    return n < SUBBAND_SIZE + 2 * SHORT_SIZE ? short(n - SUBBAND_SIZE) : 0;
  };
  const create = (length: number, at: (n: number) => number): Float64Array =>
    Float64Array.from({ length }, (_, n) => at(n));
  return [
    create(size, long),
    create(size, start),
    create(2 * SHORT_SIZE, short),
    create(size, (n) => start(size - 1 - n)),
  ];
}
