/**
 * What MP4 and Enhanced RTMP say of VP8 in advance: the same record as of VP9.
 *
 * Spec: VP Codec ISO Media File Format Binding, "VP Codec Configuration Box"; RFC 6386, 9.1 and 9.2
 * (versions; 8 bits, 4:2:0).
 *
 * @module
 */

import {
  VpChromaSubsampling,
  type VpCodecConfigurationRecord,
} from "../vp9/codec-configuration-record.ts";

const UNSPECIFIED = 2;

/** @param version Of a key frame; it is what VP9 calls a profile. */
export function createVp8ConfigurationRecord(version: number): VpCodecConfigurationRecord {
  return {
    profile: version,
    level: 0,
    bitDepth: 8,
    chromaSubsampling: VpChromaSubsampling.Yuv420Colocated,
    isFullRange: false,
    colourPrimaries: UNSPECIFIED,
    transferCharacteristics: UNSPECIFIED,
    matrixCoefficients: UNSPECIFIED,
  };
}
