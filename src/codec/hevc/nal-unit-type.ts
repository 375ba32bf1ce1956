/**
 * What a NAL unit of HEVC holds.
 *
 * Spec: ITU-T H.265, section 7.3.1.2 and table 7-1.
 *
 * @module
 */

/** nal_unit_type, six bits of the first byte. `N`: no reference for its sub-layer; `R`: one. */
export const HevcNalUnitType = {
  TrailN: 0,
  TrailR: 1,
  TsaN: 2,
  TsaR: 3,
  StsaN: 4,
  StsaR: 5,
  RadlN: 6,
  RadlR: 7,
  RaslN: 8,
  RaslR: 9,
  ReservedVclN10: 10,
  ReservedVclR11: 11,
  ReservedVclN12: 12,
  ReservedVclR13: 13,
  ReservedVclN14: 14,
  ReservedVclR15: 15,
  /** 16 to 23 are intra random access points (IRAP). */
  BlaWLp: 16,
  BlaWRadl: 17,
  BlaNLp: 18,
  IdrWRadl: 19,
  IdrNLp: 20,
  Cra: 21,
  ReservedIrap22: 22,
  ReservedIrap23: 23,
  ReservedVcl24: 24,
  ReservedVcl25: 25,
  ReservedVcl26: 26,
  ReservedVcl27: 27,
  ReservedVcl28: 28,
  ReservedVcl29: 29,
  ReservedVcl30: 30,
  ReservedVcl31: 31,
  Vps: 32,
  Sps: 33,
  Pps: 34,
  AccessUnitDelimiter: 35,
  EndOfSequence: 36,
  EndOfBitstream: 37,
  FillerData: 38,
  PrefixSei: 39,
  SuffixSei: 40,
  ReservedNonVcl41: 41,
  ReservedNonVcl42: 42,
  ReservedNonVcl43: 43,
  ReservedNonVcl44: 44,
  ReservedNonVcl45: 45,
  ReservedNonVcl46: 46,
  ReservedNonVcl47: 47,
  /** 48 to 63 are left to others; RTP aggregates by 48 and fragments by 49 (RFC 7798). */
  Unspecified48: 48,
  Unspecified49: 49,
  Unspecified50: 50,
  Unspecified51: 51,
  Unspecified52: 52,
  Unspecified53: 53,
  Unspecified54: 54,
  Unspecified55: 55,
  Unspecified56: 56,
  Unspecified57: 57,
  Unspecified58: 58,
  Unspecified59: 59,
  Unspecified60: 60,
  Unspecified61: 61,
  Unspecified62: 62,
  Unspecified63: 63,
} as const;
export type HevcNalUnitType = (typeof HevcNalUnitType)[keyof typeof HevcNalUnitType];

/**
 * The type of a NAL unit, which must not be empty.
 *
 * ```text
 * forbidden_zero_bit | nal_unit_type 6 | nuh_layer_id 6 | nuh_temporal_id_plus1 3
 * ```
 */
export function hevcNalUnitType(nalUnit: Uint8Array): HevcNalUnitType {
  return (((nalUnit[0] ?? 0) >>> 1) & 0x3f) as HevcNalUnitType;
}

/** Whether decoding can start with the picture that this slice belongs to. */
export function isIrap(type: HevcNalUnitType): boolean {
  return type >= HevcNalUnitType.BlaWLp && type <= HevcNalUnitType.ReservedIrap23;
}

/** Whether it is a slice segment. */
export function isHevcSlice(type: number): boolean {
  return type < HevcNalUnitType.Vps;
}
