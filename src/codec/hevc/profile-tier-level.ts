/**
 * Which tools a stream uses, and how large its pictures and rates get: the twelve bytes that stand
 * alike in VPS, SPS and hvcC.
 *
 * Spec: ITU-T H.265, section 7.3.3 (profile_tier_level); ISO/IEC 14496-15, section 8.3.3.1.
 *
 * @module
 */

import type { BitReader } from "../../base/bit-reader.ts";
import type { ByteWriter } from "../../base/byte-writer.ts";

export interface ProfileTierLevel {
  /** 0; others are not in use. */
  readonly profileSpace: number;
  readonly isHighTier: boolean;
  readonly profileIdc: number;
  /** Flag of profile 0 in the highest bit; unsigned. */
  readonly profileCompatibilityFlags: number;
  /** Six bytes: progressive, interlaced, non-packed, frame-only, and what single profiles define. */
  readonly constraintFlags: Uint8Array;
  /** Thirty times the level. */
  readonly levelIdc: number;
}

/** Bytes from the profile space to the level. */
export const PROFILE_TIER_LEVEL_SIZE = 12;

const CONSTRAINT_SIZE = 6;
const SUB_LAYER_PROFILE_BITS = 88;
const SUB_LAYER_LEVEL_BITS = 8;
/** There are flags of two bits for eight sub-layers, if there are any. */
const SUB_LAYER_FLAG_COUNT = 8;

/**
 * ```text
 * profile_space 2 | tier_flag 1 | profile_idc 5 | compatibility flags 32 | constraint flags 48 | level_idc 8
 * ```
 *
 * @throws {MalformedError} If the bits end.
 */
export function readProfileTierLevel(reader: BitReader): ProfileTierLevel {
  const profileSpace = reader.readBits(2);
  const isHighTier = reader.readFlag();
  const profileIdc = reader.readBits(5);
  const profileCompatibilityFlags = reader.readBits(32);
  const constraintFlags = new Uint8Array(CONSTRAINT_SIZE);
  for (let i = 0; i < CONSTRAINT_SIZE; i++) constraintFlags[i] = reader.readBits(8);
  const levelIdc = reader.readBits(8);
  return {
    profileSpace,
    isHighTier,
    profileIdc,
    profileCompatibilityFlags,
    constraintFlags,
    levelIdc,
  };
}

/** The reverse of `readProfileTierLevel`. */
export function writeProfileTierLevel(writer: ByteWriter, value: ProfileTierLevel): void {
  const tier = value.isHighTier ? 1 : 0;
  writer.writeUint8((value.profileSpace << 6) | (tier << 5) | value.profileIdc);
  writer.writeUint32(value.profileCompatibilityFlags);
  writer.writeBytes(value.constraintFlags);
  writer.writeUint8(value.levelIdc);
}

/**
 * Passes over what parameter sets, but not hvcC, say of each temporal sub-layer but the highest.
 *
 * @throws {MalformedError} If the bits end.
 */
export function skipSubLayers(reader: BitReader, subLayersMinus1: number): void {
  if (subLayersMinus1 === 0) return;
  let size = 0;
  for (let i = 0; i < SUB_LAYER_FLAG_COUNT; i++) {
    // Those of sub-layers that are not there are reserved, and count for nothing.
    const hasProfile = reader.readFlag();
    const hasLevel = reader.readFlag();
    if (i >= subLayersMinus1) continue;
    if (hasProfile) size += SUB_LAYER_PROFILE_BITS;
    if (hasLevel) size += SUB_LAYER_LEVEL_BITS;
  }
  reader.skipBits(size);
}
