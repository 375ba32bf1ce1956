/**
 * What vpcC of MP4 says of VP9, and the sequence header of Enhanced RTMP.
 *
 * Spec: VP Codec ISO Media File Format Binding (The WebM Project), "VP Codec Configuration Box".
 *
 * @module
 */

import { BitReader } from "../../base/bit-reader.ts";
import { MalformedError } from "../../base/errors.ts";
import { Vp9ColorSpace, type Vp9KeyFrame } from "./frame-header.ts";

export interface VpCodecConfigurationRecord {
  readonly profile: number;
  /** Ten times the level; 0 if whoever wrote it did not know. */
  readonly level: number;
  readonly bitDepth: number;
  readonly chromaSubsampling: VpChromaSubsampling;
  readonly isFullRange: boolean;
  /** By the numbers of ISO/IEC 23091-2 (CICP); 2 is unspecified. */
  readonly colourPrimaries: number;
  readonly transferCharacteristics: number;
  readonly matrixCoefficients: number;
}

/** chromaSubsampling; where the chroma samples of 4:2:0 lie. */
export const VpChromaSubsampling = {
  Yuv420Vertical: 0,
  Yuv420Colocated: 1,
  Yuv422: 2,
  Yuv444: 3,
  Yuv440: 4,
  Reserved5: 5,
  Reserved6: 6,
  Reserved7: 7,
} as const;
export type VpChromaSubsampling = (typeof VpChromaSubsampling)[keyof typeof VpChromaSubsampling];

/** Version and flags, with which a box begins, and the record after them. */
const FULL_BOX_HEADER_SIZE = 4;
const FULL_BOX_VERSION = 1;
const BIT_DEPTH_MIN = 8;
const BIT_DEPTH_MAX = 12;
const PROFILE_MAX = 3;

/** Primaries, transfer, matrix by color_space; what is not there is unspecified. */
const COLORS: Readonly<Partial<Record<Vp9ColorSpace, readonly [number, number, number]>>> = {
  [Vp9ColorSpace.Bt601]: [5, 6, 5],
  [Vp9ColorSpace.Bt709]: [1, 1, 1],
  [Vp9ColorSpace.Smpte170]: [6, 6, 6],
  [Vp9ColorSpace.Smpte240]: [7, 7, 7],
  // Its transfer may be that of SDR or of HDR; the bitstream does not tell.
  [Vp9ColorSpace.Bt2020]: [9, 2, 9],
  [Vp9ColorSpace.Rgb]: [1, 13, 0],
};
const UNSPECIFIED = 2;

/**
 * ```text
 * [version 8 = 1 | flags 24 = 0]
 * | profile 8 | level 8 | bitDepth 4 | chromaSubsampling 3 | videoFullRangeFlag 1
 * | colourPrimaries 8 | transferCharacteristics 8 | matrixCoefficients 8
 * | codecInitializationDataSize 16 = 0
 * ```
 *
 * Enhanced RTMP says that SequenceStart holds the record, and FFmpeg (libavformat/flvenc.c) sends just
 * that. Who takes all that the box holds has its version and flags in front. The third byte tells the
 * two apart: no record has 0 there, since a bit depth of 0 is none.
 *
 * @throws {MalformedError} If it is cut off, or says what VP9 does not have.
 */
export function decodeVpCodecConfigurationRecord(bytes: Uint8Array): VpCodecConfigurationRecord {
  const isFullBox = bytes[0] === FULL_BOX_VERSION && bytes[2] === 0;
  const reader = new BitReader(isFullBox ? bytes.subarray(FULL_BOX_HEADER_SIZE) : bytes);
  const profile = reader.readBits(8);
  const level = reader.readBits(8);
  const bitDepth = reader.readBits(4);
  const chromaSubsampling = reader.readBits(3) as VpChromaSubsampling;
  if (profile > PROFILE_MAX || bitDepth < BIT_DEPTH_MIN || bitDepth > BIT_DEPTH_MAX) {
    throw new MalformedError(`Cannot take VP9 profile ${profile} of ${bitDepth} bits`, 0);
  }
  return {
    profile,
    level,
    bitDepth,
    chromaSubsampling,
    isFullRange: reader.readFlag(),
    colourPrimaries: reader.readBits(8),
    transferCharacteristics: reader.readBits(8),
    matrixCoefficients: reader.readBits(8),
  };
}

/** The record without version and flags of a box. */
export function encodeVpCodecConfigurationRecord(record: VpCodecConfigurationRecord): Uint8Array {
  const range = record.isFullRange ? 1 : 0;
  return Uint8Array.of(
    record.profile,
    record.level,
    (record.bitDepth << 4) | (record.chromaSubsampling << 1) | range,
    record.colourPrimaries,
    record.transferCharacteristics,
    record.matrixCoefficients,
    0,
    0,
  );
}

/** Makes a record of what a key frame says. */
export function createVpCodecConfigurationRecord(
  profile: number,
  keyFrame: Vp9KeyFrame,
  level: number,
): VpCodecConfigurationRecord {
  const { bitDepth, colorSpace, isFullRange } = keyFrame;
  const [colourPrimaries, transferCharacteristics, matrixCoefficients] = COLORS[colorSpace] ?? [
    UNSPECIFIED,
    UNSPECIFIED,
    UNSPECIFIED,
  ];
  return {
    profile,
    level,
    bitDepth,
    chromaSubsampling: chromaSubsamplingOf(keyFrame),
    isFullRange,
    colourPrimaries,
    transferCharacteristics,
    matrixCoefficients,
  };
}

function chromaSubsamplingOf({ isSubsampledX, isSubsampledY }: Vp9KeyFrame): VpChromaSubsampling {
  if (isSubsampledX) {
    return isSubsampledY ? VpChromaSubsampling.Yuv420Colocated : VpChromaSubsampling.Yuv422;
  }
  return isSubsampledY ? VpChromaSubsampling.Yuv440 : VpChromaSubsampling.Yuv444;
}
