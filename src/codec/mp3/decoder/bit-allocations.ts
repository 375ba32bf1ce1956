/**
 * How the samples of each subband may be quantized in layers I and II.
 *
 * Spec: ISO/IEC 11172-3, annex B, tables B.2a to B.2d (layer II), B.4 (classes of quantization),
 * 2.4.2.5 (layer I); ISO/IEC 13818-3, annex B, table B.1 (layer II at lower sampling frequencies).
 *
 * @module
 */

import { type Mp3FrameHeader, MpegAudioVersion } from "../frame-header.ts";

/** What the samples of a subband are coded with. */
export interface Quantization {
  /** Values that there are, symmetric to 0. */
  readonly levelCount: number;
  /** Of a codeword. */
  readonly bits: number;
  /** Three samples have one codeword, as digits to the base `levelCount`, the first one lowest. */
  readonly isGrouped: boolean;
}

/** What the allocation of a subband is coded with. */
export interface Allocation {
  /** Of the number that is coded. */
  readonly bits: number;
  /** By that number, of which others are forbidden; `undefined` for a subband without samples. */
  readonly quantizations: readonly (Quantization | undefined)[];
}

/** Bits of a codeword for three samples at once, by count of levels. */
const GROUPED_BITS: Readonly<Record<number, number>> = { 3: 5, 5: 7, 9: 10 };

/** Subbands that have the same choice: how many, and the counts of levels by number. */
type Range = readonly [subbandCount: number, bits: number, levelCounts: readonly number[]];

// biome-ignore format: one choice a line
const LEVELS = {
  high: [0, 3, 7, 15, 31, 63, 127, 255, 511, 1023, 2047, 4095, 8191, 16383, 32767, 65535],
  middle: [0, 3, 5, 7, 9, 15, 31, 63, 127, 255, 511, 1023, 2047, 4095, 8191, 65535],
  low: [0, 3, 5, 7, 9, 15, 31, 65535],
  lowest: [0, 3, 5, 65535],
  narrow: [0, 3, 5, 9, 15, 31, 63, 127, 255, 511, 1023, 2047, 4095, 8191, 16383, 32767],
  slow: [0, 3, 5, 7, 9, 15, 31, 63, 127, 255, 511, 1023, 2047, 4095, 8191, 16383],
} as const;

/** Tables B.2a to B.2d, and B.1 of MPEG-2. */
const TABLE_A: readonly Range[] = [
  [3, 4, LEVELS.high],
  [8, 4, LEVELS.middle],
  [12, 3, LEVELS.low],
  [4, 2, LEVELS.lowest],
];
const TABLE_B: readonly Range[] = [
  [3, 4, LEVELS.high],
  [8, 4, LEVELS.middle],
  [12, 3, LEVELS.low],
  [7, 2, LEVELS.lowest],
];
const TABLE_C: readonly Range[] = [
  [2, 4, LEVELS.narrow],
  [6, 3, LEVELS.narrow],
];
const TABLE_D: readonly Range[] = [
  [2, 4, LEVELS.narrow],
  [10, 3, LEVELS.narrow],
];
const TABLE_LOW_FREQUENCY: readonly Range[] = [
  [4, 4, LEVELS.slow],
  [7, 3, LEVELS.narrow],
  [19, 2, LEVELS.narrow],
];

/** Layer I: by subband, none or 2 to 15 bits for each sample. */
export function createLayerOneAllocations(): readonly Allocation[] {
  const quantizations = Array.from({ length: 15 }, (_, number) =>
    number === 0
      ? undefined
      : { levelCount: 2 ** (number + 1) - 1, bits: number + 1, isGrouped: false },
  );
  return new Array<Allocation>(32).fill({ bits: 4, quantizations });
}

/** Layer II: by subband, as many as there are at the frame's bit rate. */
export class LayerTwoAllocations {
  readonly #made = new Map<readonly Range[], readonly Allocation[]>();

  of(header: Mp3FrameHeader): readonly Allocation[] {
    const ranges = layerTwoRanges(header);
    const allocations = this.#made.get(ranges) ?? ranges.flatMap(toAllocations);
    this.#made.set(ranges, allocations);
    return allocations;
  }
}

function layerTwoRanges(header: Mp3FrameHeader): readonly Range[] {
  const { version, sampleRate, bitrateKbps = 0, channelCount } = header;
  if (version !== MpegAudioVersion.Mpeg1) return TABLE_LOW_FREQUENCY;
  const kbps = bitrateKbps / channelCount;
  if (kbps <= 48) return sampleRate === 32_000 ? TABLE_D : TABLE_C;
  return sampleRate === 48_000 || kbps <= 80 ? TABLE_A : TABLE_B;
}

function toAllocations([subbandCount, bits, levelCounts]: Range): Allocation[] {
  const quantizations = levelCounts.slice(0, 1 << bits).map(toQuantization);
  return new Array<Allocation>(subbandCount).fill({ bits, quantizations });
}

function toQuantization(levelCount: number): Quantization | undefined {
  if (levelCount === 0) return undefined;
  const groupedBits = GROUPED_BITS[levelCount];
  const bits = groupedBits ?? Math.log2(levelCount + 1);
  return { levelCount, bits, isGrouped: groupedBits !== undefined };
}
