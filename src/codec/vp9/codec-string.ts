/**
 * How HLS, DASH and browsers name a kind of VP9.
 *
 * Spec: VP Codec ISO Media File Format Binding (The WebM Project), "Codecs Parameter String".
 *
 * @module
 */

import {
  VpChromaSubsampling,
  type VpCodecConfigurationRecord,
} from "./codec-configuration-record.ts";

const UNSPECIFIED = 2;
/** What is meant where the stream, or the string, does not say. */
const BT709 = 1;
/** 4:2:0, BT.709, limited range. */
const DEFAULT_COLOR = "01.01.01.01.00";

/**
 * ```text
 * vp09.00.31.08                        profile, level, bit depth
 * vp09.02.41.10.01.09.16.09.00         chroma subsampling, colour primaries, transfer, matrix, full range
 * ```
 *
 * The long form is for colour that is not the default.
 */
export function formatVp9CodecString(record: VpCodecConfigurationRecord): string {
  return formatVpCodecString("vp09", record);
}

/** The same of VP8 and VP9, which differ in the name alone. */
export function formatVpCodecString(
  format: "vp08" | "vp09",
  record: VpCodecConfigurationRecord,
): string {
  const short = [record.profile, record.level, record.bitDepth].map(twoDigits).join(".");
  const { chromaSubsampling, isFullRange } = record;
  // Players care which format it is, but not where the chroma samples of 4:2:0 lie.
  const isYuv420 = chromaSubsampling === VpChromaSubsampling.Yuv420Vertical;
  const long = [
    isYuv420 ? VpChromaSubsampling.Yuv420Colocated : chromaSubsampling,
    specified(record.colourPrimaries),
    specified(record.transferCharacteristics),
    specified(record.matrixCoefficients),
    isFullRange ? 1 : 0,
  ]
    .map(twoDigits)
    .join(".");
  return long === DEFAULT_COLOR ? `${format}.${short}` : `${format}.${short}.${long}`;
}

function specified(value: number): number {
  return value === UNSPECIFIED ? BT709 : value;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}
