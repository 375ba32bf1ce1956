/**
 * How HLS, DASH and browsers name a kind of HEVC.
 *
 * Spec: ISO/IEC 14496-15, Annex E.3 (codecs parameter), sample entry `hvc1`: parameter sets are in the
 * sample entry only.
 *
 * @module
 */

import type { ProfileTierLevel } from "./profile-tier-level.ts";

const PROFILE_SPACES = ["", "A", "B", "C"];

/**
 * ```text
 * hvc1.1.6.L93.B0   profile space and profile, compatibility flags in hexadecimal with the order of
 *                   bits reversed, tier and level, constraint bytes up to the last that is not 0
 * ```
 */
export function formatHevcCodecString(value: ProfileTierLevel): string {
  const profile = `${PROFILE_SPACES[value.profileSpace] ?? ""}${value.profileIdc}`;
  const compatibility = toHex(reverseBits(value.profileCompatibilityFlags));
  const tierAndLevel = `${value.isHighTier ? "H" : "L"}${value.levelIdc}`;
  const used = value.constraintFlags.findLastIndex((byte) => byte !== 0) + 1;
  const constraints = Array.from(value.constraintFlags.subarray(0, used), toHex);
  return ["hvc1", profile, compatibility, tierAndLevel, ...constraints].join(".");
}

function reverseBits(value: number): number {
  let reversed = 0;
  for (let i = 0; i < 32; i++) reversed = (reversed << 1) | ((value >>> i) & 1);
  return reversed >>> 0;
}

function toHex(value: number): string {
  return value.toString(16).toUpperCase();
}
