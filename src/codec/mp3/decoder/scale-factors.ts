/**
 * Scale factors of layer III.
 *
 * Spec: ISO/IEC 11172-3, 2.4.2.7 (scalefac_compress, scfsi); ISO/IEC 13818-3, 2.4.3.2 (lower
 * sampling frequencies, and their positions of intensity stereo).
 *
 * @module
 */

import type { FrameBits } from "./frame-bits.ts";
import { BlockType, type GranuleChannel } from "./side-information.ts";

/** Bands of short blocks: 13 for each of three windows. */
const BAND_COUNT_MAX = 39;
/** With MPEG-1 these positions of intensity stereo, and those above, are none. */
const POSITION_MAX_MPEG1 = 7;
const NO_POSITION_MAX = 0xff;

/** Bits of the scale factors in the lower and the upper bands, by scalefac_compress. */
const LENGTHS_LOW: readonly number[] = [0, 0, 0, 0, 3, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4];
const LENGTHS_HIGH: readonly number[] = [0, 1, 2, 3, 0, 1, 2, 3, 1, 2, 3, 1, 2, 3, 2, 3];

/** Bands in each of four parts, for long, short and mixed blocks. */
type PartCounts = readonly (readonly number[])[];
const PARTS_MPEG1: PartCounts = [
  [6, 5, 5, 5],
  [9, 9, 9, 9],
  [8, 9, 9, 9],
];

/** A range of scalefac_compress at lower sampling frequencies. */
interface CompressRange {
  /** The first that is above. */
  readonly end: number;
  /** By how much the number is divided for the bits of each part, one after the other. */
  readonly divisors: readonly number[];
  readonly parts: PartCounts;
}
const RANGES: readonly CompressRange[] = [
  {
    end: 400,
    divisors: [80, 16, 4, 1],
    parts: [
      [6, 5, 5, 5],
      [9, 9, 9, 9],
      [6, 9, 9, 9],
    ],
  },
  {
    end: 500,
    divisors: [20, 4, 1],
    parts: [
      [6, 5, 7, 3],
      [9, 9, 12, 6],
      [6, 9, 12, 6],
    ],
  },
  {
    end: 512,
    divisors: [3, 1],
    parts: [
      [11, 10, 0, 0],
      [18, 18, 0, 0],
      [15, 18, 0, 0],
    ],
  },
];
/** Of the right channel, where stereo may be by intensity; of half of the number. */
const INTENSITY_RANGES: readonly CompressRange[] = [
  {
    end: 180,
    divisors: [36, 6, 1],
    parts: [
      [7, 7, 7, 0],
      [12, 12, 12, 0],
      [6, 15, 12, 0],
    ],
  },
  {
    end: 244,
    divisors: [16, 4, 1],
    parts: [
      [6, 6, 6, 3],
      [12, 9, 9, 6],
      [6, 12, 9, 6],
    ],
  },
  {
    end: 256,
    divisors: [3, 1],
    parts: [
      [8, 8, 5, 0],
      [15, 12, 9, 0],
      [6, 18, 9, 0],
    ],
  },
];

/** The scale factors of one channel of a granule, by band in the order of coding. */
export class ScaleFactors {
  readonly values: Uint8Array = new Uint8Array(BAND_COUNT_MAX);
  /** A scale factor that is not below this is no position of intensity stereo. */
  readonly positionLimits: Uint8Array = new Uint8Array(BAND_COUNT_MAX);
  hasPreemphasis = false;

  /**
   * Reads those of MPEG-1.
   *
   * @param first Those of granule 0, of which groups of long blocks may be taken.
   * @throws {MalformedError} If they are cut off.
   */
  readMpeg1(
    bits: FrameBits,
    granule: GranuleChannel,
    first: ScaleFactors,
    shared: readonly boolean[],
  ): void {
    const low = LENGTHS_LOW[granule.scaleFactorCompress] ?? 0;
    const high = LENGTHS_HIGH[granule.scaleFactorCompress] ?? 0;
    const isShort = granule.blockType === BlockType.Short;
    let band = 0;
    for (const [part, count] of partsOf(PARTS_MPEG1, granule).entries()) {
      if (shared[part] === true && !isShort) {
        this.values.set(first.values.subarray(band, band + count), band);
      } else {
        this.#readPart(bits, band, count, part < 2 ? low : high);
      }
      band += count;
    }
    this.values.fill(0, band);
    this.positionLimits.fill(POSITION_MAX_MPEG1);
    this.hasPreemphasis = granule.hasPreemphasis;
  }

  /**
   * Reads those of lower sampling frequencies.
   *
   * @param hasPositions They may be positions of intensity stereo.
   * @throws {MalformedError} If they are cut off.
   */
  readLowFrequency(bits: FrameBits, granule: GranuleChannel, hasPositions: boolean): void {
    const ranges = hasPositions ? INTENSITY_RANGES : RANGES;
    const compress = granule.scaleFactorCompress >>> (hasPositions ? 1 : 0);
    const index = ranges.findIndex(({ end }) => compress < end);
    const range = ranges[index];
    let rest = compress - (ranges[index - 1]?.end ?? 0);
    let band = 0;
    for (const [part, count] of partsOf(range?.parts ?? [], granule).entries()) {
      const divisor = range?.divisors[part];
      const length = divisor === undefined ? 0 : Math.floor(rest / divisor);
      if (divisor !== undefined) rest %= divisor;
      this.#readPart(bits, band, count, length);
      const limit = length === 0 ? NO_POSITION_MAX : (1 << length) - 1;
      this.positionLimits.fill(limit, band, band + count);
      band += count;
    }
    this.values.fill(0, band);
    this.hasPreemphasis = !hasPositions && index === ranges.length - 1;
  }

  #readPart(bits: FrameBits, begin: number, count: number, length: number): void {
    for (let band = begin; band < begin + count; band++) this.values[band] = bits.read(length);
  }
}

function partsOf(parts: PartCounts, { blockType, isMixed }: GranuleChannel): readonly number[] {
  return parts[blockType !== BlockType.Short ? 0 : isMixed ? 2 : 1] ?? [];
}
