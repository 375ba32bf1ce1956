/**
 * When two `profile-level-id` say the same profile of H.264. Levels do not matter here: with
 * `level-asymmetry-allowed` each side has its own, and what is not allowed to differ is echoed.
 *
 * Spec: RFC 6184, section 8.1 (profile-level-id and its table 5) and 8.2.2; Rec. ITU-T H.264, A.3.
 *
 * @module
 */

/** Baseline, level 1: what is meant if it is not said. */
export const PROFILE_LEVEL_ID_DEFAULT = 0x42_0010;

/** Bits of profile_iop that are looked at, and their values. */
interface ProfilePattern {
  readonly profile: string;
  readonly profileIdc: number;
  readonly mask: number;
  readonly bits: number;
}

const PATTERNS: readonly ProfilePattern[] = [
  { profile: "constrained baseline", profileIdc: 0x42, mask: 0x4f, bits: 0x40 },
  { profile: "constrained baseline", profileIdc: 0x4d, mask: 0x8f, bits: 0x80 },
  { profile: "constrained baseline", profileIdc: 0x58, mask: 0xcf, bits: 0xc0 },
  { profile: "baseline", profileIdc: 0x42, mask: 0x4f, bits: 0x00 },
  { profile: "baseline", profileIdc: 0x58, mask: 0xcf, bits: 0x80 },
  { profile: "main", profileIdc: 0x4d, mask: 0xaf, bits: 0x00 },
  { profile: "extended", profileIdc: 0x58, mask: 0xcf, bits: 0x00 },
];

/** Reads six hexadecimal digits; `undefined` if it is not that. */
export function parseProfileLevelId(text: string | undefined): number | undefined {
  if (text === undefined || !/^[0-9a-fA-F]{6}$/.test(text)) return undefined;
  return Number.parseInt(text, 16);
}

export function formatProfileLevelId(profileLevelId: number): string {
  return profileLevelId.toString(16).padStart(6, "0");
}

export function profileIdcOf(profileLevelId: number): number {
  return profileLevelId >>> 16;
}

export function isSameH264Profile(a: number, b: number): boolean {
  return profileOf(a) === profileOf(b);
}

/** The profiles that a decoder of each has to decode besides its own (Rec. ITU-T H.264, A.3). */
const WITHIN: Readonly<Record<string, readonly string[]>> = {
  baseline: ["constrained baseline"],
  main: ["constrained baseline"],
  extended: ["constrained baseline", "baseline"],
  high: ["constrained baseline", "main"],
};
const HIGH_PROFILE_IDC = 0x64;

/** Whether who decodes one profile decodes the other. */
export function isH264ProfileWithin(profileLevelId: number, decoded: number): boolean {
  if (isSameH264Profile(profileLevelId, decoded)) return true;
  const isHigh = profileIdcOf(decoded) === HIGH_PROFILE_IDC;
  // Constrained and progressive High are parts of High.
  if (isHigh && profileIdcOf(profileLevelId) === HIGH_PROFILE_IDC) return true;
  const within = WITHIN[isHigh ? "high" : profileOf(decoded)] ?? [];
  return within.includes(profileOf(profileLevelId));
}

function profileOf(profileLevelId: number): string {
  const profileIdc = profileIdcOf(profileLevelId);
  const constraints = (profileLevelId >>> 8) & 0xff;
  const pattern = PATTERNS.find(
    ({ profileIdc: wanted, mask, bits }) => wanted === profileIdc && (constraints & mask) === bits,
  );
  return pattern?.profile ?? `${profileIdc} ${constraints}`;
}
