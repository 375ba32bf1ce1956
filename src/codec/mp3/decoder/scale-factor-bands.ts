/**
 * Scale factor bands of layer III: the parts of a spectrum that are scaled together.
 *
 * Spec: ISO/IEC 11172-3, annex B, table B.8; ISO/IEC 13818-3, annex B, table B.2.
 *
 * @module
 */

import { BlockType, type GranuleChannel } from "./side-information.ts";

/** Values of a granule and channel. */
export const SPECTRUM_SIZE = 576;

/** The bands of one kind of block, in the order in which they are coded. */
export interface BandPlan {
  /** Where the values of a band begin as they are coded, and 576. */
  readonly begins: Uint16Array;
  /** Where they begin in the spectrum: windows of a short block are interleaved there. */
  readonly targets: Uint16Array;
  /** Bands from this on are of short blocks, three of the same width for the three windows. */
  readonly longCount: number;
  /** Bands from this on have no scale factor of their own. */
  readonly scaledCount: number;
}

/** What depends on the sampling rate. */
export interface LayerThreeBands {
  readonly long: BandPlan;
  readonly short: BandPlan;
  readonly mixed: BandPlan;
  /** Where the second region begins if blocks are switched: short ones, and start and stop. */
  readonly shortRegionEnd: number;
  readonly switchedRegionEnd: number;
}

/** Widths of bands of long blocks, then those of each window of short ones. By rate in Hz. */
const WIDTHS: Readonly<Record<number, readonly [readonly number[], readonly number[]]>> = {
  44100: [
    [4, 4, 4, 4, 4, 4, 6, 6, 8, 8, 10, 12, 16, 20, 24, 28, 34, 42, 50, 54, 76, 158],
    [4, 4, 4, 4, 6, 8, 10, 12, 14, 18, 22, 30, 56],
  ],
  48000: [
    [4, 4, 4, 4, 4, 4, 6, 6, 6, 8, 10, 12, 16, 18, 22, 28, 34, 40, 46, 54, 54, 192],
    [4, 4, 4, 4, 6, 6, 10, 12, 14, 16, 20, 26, 66],
  ],
  32000: [
    [4, 4, 4, 4, 4, 4, 6, 6, 8, 10, 12, 16, 20, 24, 30, 38, 46, 56, 68, 84, 102, 26],
    [4, 4, 4, 4, 6, 8, 12, 16, 20, 26, 34, 42, 12],
  ],
  22050: [
    [6, 6, 6, 6, 6, 6, 8, 10, 12, 14, 16, 20, 24, 28, 32, 38, 46, 52, 60, 68, 58, 54],
    [4, 4, 4, 6, 6, 8, 10, 14, 18, 26, 32, 42, 18],
  ],
  24000: [
    [6, 6, 6, 6, 6, 6, 8, 10, 12, 14, 16, 18, 22, 26, 32, 38, 46, 54, 62, 70, 76, 36],
    [4, 4, 4, 6, 8, 10, 12, 14, 18, 24, 32, 44, 12],
  ],
  16000: [
    [6, 6, 6, 6, 6, 6, 8, 10, 12, 14, 16, 20, 24, 28, 32, 38, 46, 52, 60, 68, 58, 54],
    [4, 4, 4, 6, 8, 10, 12, 14, 18, 24, 30, 40, 18],
  ],
  8000: [
    [12, 12, 12, 12, 12, 12, 16, 20, 24, 28, 32, 40, 48, 56, 64, 76, 90, 2, 2, 2, 2, 2],
    [8, 8, 8, 12, 16, 20, 24, 28, 36, 2, 2, 2, 26],
  ],
};
/** Other rates of MPEG-2.5 have the bands of this one. */
const COMMON_RATE = 16_000;
/** Mixed blocks have long bands below so many short ones. */
const MIXED_SHORT_BAND = 3;
/** Start and stop blocks have so many bands in the first region. */
const SWITCHED_REGION_BANDS = 8;

/** @param sampleRate One of layer III, in Hz. */
export function createLayerThreeBands(sampleRate: number): LayerThreeBands {
  const [long, short] = WIDTHS[sampleRate] ?? WIDTHS[COMMON_RATE] ?? [[], []];
  const longPlan = createPlan(long, []);
  const shortPlan = createPlan([], short);
  const mixedBegin = shortPlan.begins[3 * MIXED_SHORT_BAND] ?? 0;
  const mixedCount = longPlan.begins.indexOf(mixedBegin);
  return {
    long: longPlan,
    short: shortPlan,
    mixed: createPlan(long.slice(0, mixedCount), short.slice(MIXED_SHORT_BAND)),
    shortRegionEnd: mixedBegin,
    switchedRegionEnd: longPlan.begins[SWITCHED_REGION_BANDS] ?? 0,
  };
}

/** The bands that a channel of a granule has. */
export function planOf(
  bands: LayerThreeBands,
  { blockType, isMixed }: Pick<GranuleChannel, "blockType" | "isMixed">,
): BandPlan {
  if (blockType !== BlockType.Short) return bands.long;
  return isMixed ? bands.mixed : bands.short;
}

function createPlan(long: readonly number[], short: readonly number[]): BandPlan {
  const begins: number[] = [];
  const targets: number[] = [];
  let begin = 0;
  for (const width of long) {
    begins.push(begin);
    targets.push(begin);
    begin += width;
  }
  for (const width of short) {
    for (let window = 0; window < 3; window++) {
      begins.push(begin + window * width);
      targets.push(begin + window);
    }
    begin += 3 * width;
  }
  const bandCount = begins.length;
  begins.push(SPECTRUM_SIZE);
  return {
    begins: Uint16Array.from(begins),
    targets: Uint16Array.from(targets),
    longCount: long.length,
    scaledCount: bandCount - (short.length === 0 ? 1 : 3),
  };
}
