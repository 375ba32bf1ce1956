/**
 * What the sequence parameter sets of H.264 and H.265 say in the same way: the cropped size, the
 * shape of a sample, the frame rate.
 *
 * Spec: ITU-T H.264, sections 6.2, 7.4.2.1.1 and E.2.1 (table E-1); ITU-T H.265, sections 6.2,
 * 7.4.3.2.1 and E.3.1 (table E.1).
 *
 * @module
 */

import { MalformedError } from "../../base/errors.ts";
import type { RbspReader } from "./rbsp-reader.ts";

/** MP4 and the headers of most formats have 16 bits for a side; no level allows half of that. */
export const PICTURE_SIDE_MAX = 65_535;
/** The highest of any level (H.265, table A.9): what says more counts ticks, not frames. */
const FRAME_RATE_MAX = 300;
/** A picture every ten seconds is hardly video, and slower ones are a mistake too. */
const FRAME_RATE_MIN = 0.1;

export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** How wide a sample is on the screen, to how high it is. */
export interface SampleAspectRatio {
  readonly width: number;
  readonly height: number;
}

/** chroma_format_idc. */
export const ChromaFormat = { Monochrome: 0, Yuv420: 1, Yuv422: 2, Yuv444: 3 } as const;
export type ChromaFormat = (typeof ChromaFormat)[keyof typeof ChromaFormat];

/** aspect_ratio_idc 1 to 16; 0 is unspecified, those between 16 and 255 are reserved. */
const SAMPLE_ASPECT_RATIOS: readonly (readonly [number, number] | undefined)[] = [
  undefined,
  [1, 1],
  [12, 11],
  [10, 11],
  [16, 11],
  [40, 33],
  [24, 11],
  [20, 11],
  [32, 11],
  [80, 33],
  [18, 11],
  [15, 11],
  [64, 33],
  [160, 99],
  [4, 3],
  [3, 2],
  [2, 1],
];
const EXTENDED_SAR = 255;

/** Reads chroma_format_idc. @throws {MalformedError} */
export function readChromaFormat(reader: RbspReader): ChromaFormat {
  return reader.readUnsignedExpGolomb(ChromaFormat.Yuv444) as ChromaFormat;
}

/** SubWidthC and SubHeightC: luma samples to one chroma sample, which cropping counts in. */
export function chromaUnit(format: ChromaFormat): PictureSize {
  switch (format) {
    case ChromaFormat.Yuv420:
      return { width: 2, height: 2 };
    case ChromaFormat.Yuv422:
      return { width: 2, height: 1 };
    case ChromaFormat.Monochrome:
    case ChromaFormat.Yuv444:
      return { width: 1, height: 1 };
  }
}

/**
 * Reads the four offsets of the cropping rectangle, and cuts them off.
 *
 * ```text
 * left ue(v) | right ue(v) | top ue(v) | bottom ue(v), each in units of `unit`
 * ```
 *
 * @throws {MalformedError} If nothing is left of the picture.
 */
export function readCropping(
  reader: RbspReader,
  coded: PictureSize,
  unit: PictureSize,
): PictureSize {
  const columns = reader.readUnsignedExpGolomb() + reader.readUnsignedExpGolomb();
  const rows = reader.readUnsignedExpGolomb() + reader.readUnsignedExpGolomb();
  const width = coded.width - columns * unit.width;
  const height = coded.height - rows * unit.height;
  if (width > 0 && height > 0) return { width, height };
  throw new MalformedError(`Cannot crop a picture to ${width}x${height}`, reader.offset);
}

/** @throws {MalformedError} If a side is 0, or longer than any format can say. */
export function checkPictureSize({ width, height }: PictureSize, offset: number): void {
  const isSane = (side: number): boolean => side > 0 && side <= PICTURE_SIDE_MAX;
  if (isSane(width) && isSane(height)) return;
  throw new MalformedError(`Cannot take a picture of ${width}x${height}`, offset);
}

/**
 * Reads what the VUI begins with.
 *
 * ```text
 * aspect_ratio_info_present_flag | aspect_ratio_idc 8 | if 255: sar_width 16 | sar_height 16
 * ```
 *
 * @returns `undefined` if it is not said, reserved, or has a 0.
 * @throws {MalformedError} If the bits end.
 */
export function readSampleAspectRatio(reader: RbspReader): SampleAspectRatio | undefined {
  if (!reader.readFlag()) return undefined;
  const index = reader.readBits(8);
  const [width, height] =
    index === EXTENDED_SAR
      ? [reader.readBits(16), reader.readBits(16)]
      : (SAMPLE_ASPECT_RATIOS[index] ?? [0, 0]);
  return width === 0 || height === 0 ? undefined : { width, height };
}

/**
 * Passes over what comes next in the VUI of both: overscan, colour, chroma location.
 *
 * @throws {MalformedError} If the bits end.
 */
export function skipVideoSignal(reader: RbspReader): void {
  if (reader.readFlag()) reader.skipBits(1); // overscan_appropriate_flag
  if (reader.readFlag()) {
    reader.skipBits(4); // video_format, video_full_range_flag
    if (reader.readFlag()) reader.skipBits(24); // primaries, transfer, matrix
  }
  if (reader.readFlag()) {
    reader.readUnsignedExpGolomb(); // chroma_sample_loc_type of the top field, of the bottom field
    reader.readUnsignedExpGolomb();
  }
}

/** Frames per second; `undefined` if a 0 or nonsense is said. */
export function toFrameRate(timeScale: number, ticksPerFrame: number): number | undefined {
  if (timeScale === 0 || ticksPerFrame === 0) return undefined;
  const rate = timeScale / ticksPerFrame;
  return rate >= FRAME_RATE_MIN && rate <= FRAME_RATE_MAX ? rate : undefined;
}
