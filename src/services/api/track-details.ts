/**
 * What SRS tells of a track beside its codec, from the first bytes of the decoder configuration.
 *
 * Spec: ISO/IEC 14496-15, sections 5.3.3.1 (avcC) and 8.3.3.1 (hvcC); ISO/IEC 14496-3, section 1.6.2.1
 * (AudioSpecificConfig); RFC 7845, section 5.1 (OpusHead).
 *
 * @module
 */

import { decodeBase64 } from "../../base/base64.ts";
import type { TrackReport } from "../../live/reports.ts";

export interface VideoDetails {
  readonly codec: string;
  /** Empty where it is not known. */
  readonly profile: string;
  readonly level: string;
}

export interface AudioDetails {
  readonly codec: string;
  /** 0 where it is not known. */
  readonly sampleRate: number;
  readonly channels: number;
  readonly profile: string;
}

const CODEC_NAMES: Readonly<Record<string, string>> = {
  h264: "H264",
  hevc: "HEVC",
  av1: "AV1",
  vp9: "VP9",
  aac: "AAC",
  mp3: "MP3",
  opus: "Opus",
};

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

/** By audioObjectType (ISO/IEC 14496-3, table 1.17). */
const AAC_PROFILES: Readonly<Record<number, string>> = {
  1: "Main",
  2: "LC",
  3: "SSR",
  5: "HE",
  29: "HEv2",
};

/** By samplingFrequencyIndex (ISO/IEC 14496-3, table 1.18). */
const AAC_SAMPLE_RATES = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000,
  7_350,
];
const AAC_RATE_ESCAPE = 15;
/** By channelConfiguration; 7 is 7.1. */
const AAC_CHANNELS = [0, 1, 2, 3, 4, 5, 6, 8];

export function videoDetails(track: TrackReport): VideoDetails {
  const codec = codecName(track);
  const bytes = configurationOf(track);
  if (track.codec === "h264" && bytes.length >= 4) {
    const profile = H264_PROFILES[bytes[1] ?? 0] ?? "";
    return { codec, profile, level: formatLevel((bytes[3] ?? 0) / 10) };
  }
  if (track.codec === "hevc" && bytes.length >= 13) {
    const profile = HEVC_PROFILES[(bytes[1] ?? 0) & 0x1f] ?? "";
    return { codec, profile, level: formatLevel((bytes[12] ?? 0) / 30) };
  }
  return { codec, profile: "", level: "" };
}

export function audioDetails(track: TrackReport): AudioDetails {
  const codec = codecName(track);
  const bytes = configurationOf(track);
  if (track.codec === "aac" && bytes.length >= 2) return { codec, ...aacDetails(bytes) };
  if (track.codec === "opus" && bytes.length >= 10) {
    return { codec, sampleRate: 48_000, channels: bytes[9] ?? 0, profile: "" };
  }
  return { codec, sampleRate: 0, channels: 0, profile: "" };
}

/**
 * ```text
 * audioObjectType(5) samplingFrequencyIndex(4) [samplingFrequency(24) if 15] channelConfiguration(4)
 * ```
 */
function aacDetails(bytes: Uint8Array): Omit<AudioDetails, "codec"> {
  const profile = AAC_PROFILES[readBits(bytes, 0, 5)] ?? "";
  const index = readBits(bytes, 5, 4);
  const isExplicit = index === AAC_RATE_ESCAPE;
  const sampleRate = isExplicit ? readBits(bytes, 9, 24) : (AAC_SAMPLE_RATES[index] ?? 0);
  const channels = AAC_CHANNELS[readBits(bytes, isExplicit ? 33 : 9, 4)] ?? 0;
  return { sampleRate, channels, profile };
}

/** Up to 24 bits; those past the end are 0. */
function readBits(bytes: Uint8Array, offset: number, count: number): number {
  let value = 0;
  for (let i = offset; i < offset + count; i++) {
    value = (value << 1) | (((bytes[i >> 3] ?? 0) >> (7 - (i & 7))) & 1);
  }
  return value;
}

/** `3` and `3.1`. */
function formatLevel(level: number): string {
  return String(Math.round(level * 10) / 10);
}

function codecName({ codec }: TrackReport): string {
  return CODEC_NAMES[codec] ?? codec;
}

function configurationOf({ configuration }: TrackReport): Uint8Array {
  const bytes = configuration === null ? undefined : decodeBase64(configuration);
  return bytes ?? new Uint8Array(0);
}
