/**
 * What a NAL unit of H.264 holds.
 *
 * Spec: ITU-T H.264, section 7.3.1 and table 7-1.
 *
 * @module
 */

/** nal_unit_type, the low five bits of the first byte. */
export const H264NalUnitType = {
  Unspecified0: 0,
  NonIdrSlice: 1,
  SlicePartitionA: 2,
  SlicePartitionB: 3,
  SlicePartitionC: 4,
  Idr: 5,
  Sei: 6,
  Sps: 7,
  Pps: 8,
  AccessUnitDelimiter: 9,
  EndOfSequence: 10,
  EndOfStream: 11,
  FillerData: 12,
  SpsExtension: 13,
  Prefix: 14,
  SubsetSps: 15,
  DepthParameterSet: 16,
  Reserved17: 17,
  Reserved18: 18,
  AuxiliarySlice: 19,
  SliceExtension: 20,
  SliceExtensionDepth: 21,
  Reserved22: 22,
  Reserved23: 23,
  /** 24 to 31 are left to others; RTP aggregates and fragments by 24 to 29 (RFC 6184). */
  Unspecified24: 24,
  Unspecified25: 25,
  Unspecified26: 26,
  Unspecified27: 27,
  Unspecified28: 28,
  Unspecified29: 29,
  Unspecified30: 30,
  Unspecified31: 31,
} as const;
export type H264NalUnitType = (typeof H264NalUnitType)[keyof typeof H264NalUnitType];

/**
 * The type of a NAL unit, which must not be empty.
 *
 * ```text
 * forbidden_zero_bit | nal_ref_idc 2 | nal_unit_type 5
 * ```
 */
export function h264NalUnitType(nalUnit: Uint8Array): H264NalUnitType {
  return ((nalUnit[0] ?? 0) & 0x1f) as H264NalUnitType;
}

/** Whether it is a slice of a primary coded picture, or a partition of one. */
export function isH264Slice(type: number): boolean {
  return type >= H264NalUnitType.NonIdrSlice && type <= H264NalUnitType.Idr;
}
