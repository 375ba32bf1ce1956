/**
 * How HLS, DASH and browsers name a kind of AV1.
 *
 * Spec: AV1 Codec ISO Media File Format Binding, section 5 (codecs parameter string).
 *
 * @module
 */

import type { Av1ColorDescription } from "./color-config.ts";
import type { Av1SequenceHeader } from "./sequence-header-obu.ts";

/** What is meant where the stream, or the string, does not say. */
const BT709 = 1;
const DEFAULT_DESCRIPTION: Av1ColorDescription = {
  primaries: BT709,
  transfer: BT709,
  matrix: BT709,
};
const UNSPECIFIED = 2;
/** In colour, 4:2:0 with unknown position, BT.709, limited range. */
const DEFAULT_COLOR = "0.110.01.01.01.0";

/**
 * ```text
 * av01.0.04M.08                        profile, level and tier, bit depth
 * av01.0.08M.10.0.110.09.16.09.0       monochrome, subsampling x and y and sample position, colour
 *                                      primaries, transfer, matrix, full range
 * ```
 *
 * The long form is for colour that is not the default.
 */
export function formatAv1CodecString(header: Av1SequenceHeader): string {
  const { profile, levelIndex, isHighTier, color } = header;
  const level = `${twoDigits(levelIndex)}${isHighTier ? "H" : "M"}`;
  const short = `av01.${profile}.${level}.${twoDigits(color.bitDepth)}`;
  const { primaries, transfer, matrix } = color.description ?? DEFAULT_DESCRIPTION;
  const subsampling = digit(color.isSubsampledX) + digit(color.isSubsampledY);
  const long = [
    digit(color.isMonochrome),
    subsampling + color.chromaSamplePosition,
    ...[primaries, transfer, matrix].map(specified).map(twoDigits),
    digit(color.isFullRange),
  ].join(".");
  return long === DEFAULT_COLOR ? short : `${short}.${long}`;
}

/** Some encoders say that they do not say. */
function specified(value: number): number {
  return value === UNSPECIFIED ? BT709 : value;
}

function digit(flag: boolean): string {
  return flag ? "1" : "0";
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}
