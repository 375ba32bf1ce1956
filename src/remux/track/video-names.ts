/**
 * Profiles and levels of video by the names that SRS's API has for them; the others in their manner.
 *
 * @module
 */

/** By profile_idc (ITU-T H.264, Annex A). */
const H264_PROFILES: Readonly<Record<number, string>> = {
  66: "Baseline",
  77: "Main",
  88: "Extended",
  100: "High",
  110: "High(10)",
  122: "High(422)",
  244: "High(444)",
};

/** By general_profile_idc (ITU-T H.265, Annex A). */
const HEVC_PROFILES: Readonly<Record<number, string>> = {
  1: "Main",
  2: "Main10",
  3: "MainStillPicture",
  4: "Rext",
};

/** By seq_profile. */
const AV1_PROFILES = ["Main", "High", "Professional"];
/** Level 2.0 is index 0, and each major level has four. */
const AV1_LEVEL_MAJOR_MIN = 2;
/** Index 31: no limits. */
const AV1_LEVEL_UNLIMITED = 31;

/** What a viewer of the API reads; each is empty where it is not known. */
export interface VideoNames {
  readonly profileName: string;
  /** `3` and `3.1`. */
  readonly levelName: string;
}

export function h264Names(profileIdc: number, levelIdc: number): VideoNames {
  return { profileName: H264_PROFILES[profileIdc] ?? "", levelName: formatLevel(levelIdc / 10) };
}

export function hevcNames(profileIdc: number, levelIdc: number): VideoNames {
  return { profileName: HEVC_PROFILES[profileIdc] ?? "", levelName: formatLevel(levelIdc / 30) };
}

export function av1Names(profile: number, levelIndex: number): VideoNames {
  const level = AV1_LEVEL_MAJOR_MIN + (levelIndex >> 2) + (levelIndex & 0b11) / 10;
  const levelName = levelIndex === AV1_LEVEL_UNLIMITED ? "" : formatLevel(level);
  return { profileName: AV1_PROFILES[profile] ?? "", levelName };
}

/** Four versions, which decoders call profiles; there are no levels. */
export function vp8Names(version: number): VideoNames {
  return { profileName: `Profile ${version}`, levelName: "" };
}

/** @param level Ten times the level. */
export function vp9Names(profile: number, level: number): VideoNames {
  return { profileName: `Profile ${profile}`, levelName: formatLevel(level / 10) };
}

function formatLevel(level: number): string {
  return String(Math.round(level * 10) / 10);
}
