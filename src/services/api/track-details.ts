/**
 * What SRS tells of a track beside its codec, from the decoder configuration. As much as can be read
 * of it: an operator looks here when something is wrong with a stream.
 *
 * @module
 */

import { decodeBase64 } from "../../base/base64.ts";
import { BitReader } from "../../base/bit-reader.ts";
import { unlessMalformed } from "../../base/errors.ts";
import { SAMPLING_FREQUENCIES } from "../../codec/aac/sampling-frequency.ts";
import { decodeAvcProfileAndLevel } from "../../codec/h264/decoder-configuration-record.ts";
import { decodeHevcProfileTierLevel } from "../../codec/hevc/decoder-configuration-record.ts";
import { decodeOpusHead } from "../../codec/opus/opus-head.ts";
import type { TrackReport } from "../../live/reports.ts";
import type { Track } from "../../live/track.ts";
import { describeVideo } from "../../remux/track/video-details.ts";
import { h264Names, hevcNames, type VideoNames } from "../../remux/track/video-names.ts";

export interface VideoSummary {
  readonly codec: string;
  /** Empty where it is not known. */
  readonly profile: string;
  readonly level: string;
  /** `undefined` where the configuration does not say. */
  readonly width: number | undefined;
  readonly height: number | undefined;
}

export interface AudioSummary {
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
  vp8: "VP8",
  vp9: "VP9",
  aac: "AAC",
  mp3: "MP3",
  opus: "Opus",
  g711a: "G711A",
  g711u: "G711U",
};

/** By audioObjectType (ISO/IEC 14496-3, table 1.17). */
const AAC_PROFILES: Readonly<Record<number, string>> = {
  1: "Main",
  2: "LC",
  3: "SSR",
  5: "HE",
  29: "HEv2",
};

/** samplingFrequencyIndex 15: the rate itself follows. */
const AAC_RATE_ESCAPE = 15;
/** By channelConfiguration; 7 is 7.1. */
const AAC_CHANNELS = [0, 1, 2, 3, 4, 5, 6, 8];

const NO_NAMES: VideoNames = { profileName: "", levelName: "" };
const G711_AUDIO: Omit<AudioSummary, "codec"> = { sampleRate: 8_000, channels: 1, profile: "" };
const NO_AUDIO: Omit<AudioSummary, "codec"> = { sampleRate: 0, channels: 0, profile: "" };

export function videoDetails(track: TrackReport): VideoSummary {
  const codec = codecName(track);
  const record = configurationOf(track);
  const description = {
    codec: track.codec as Track["codec"],
    decoderConfigurationRecord: record,
  };
  const details = unlessMalformed(() => describeVideo(description));
  // Where the parameter sets are missing or broken, the first bytes still say something.
  const names = details ?? unlessMalformed(() => namesOf(track.codec, record)) ?? NO_NAMES;
  return {
    codec,
    profile: names.profileName,
    level: names.levelName,
    width: details?.width,
    height: details?.height,
  };
}

export function audioDetails(track: TrackReport): AudioSummary {
  const record = configurationOf(track);
  const details = unlessMalformed(() => audioOf(track.codec, record)) ?? NO_AUDIO;
  return { codec: codecName(track), ...details };
}

function namesOf(codec: string, record: Uint8Array | undefined): VideoNames | undefined {
  if (record === undefined) return undefined;
  switch (codec) {
    case "h264": {
      const { profileIndication, levelIndication } = decodeAvcProfileAndLevel(record);
      return h264Names(profileIndication, levelIndication);
    }
    case "hevc": {
      const { profileIdc, levelIdc } = decodeHevcProfileTierLevel(record);
      return hevcNames(profileIdc, levelIdc);
    }
    default:
      return undefined;
  }
}

function audioOf(
  codec: string,
  record: Uint8Array | undefined,
): Omit<AudioSummary, "codec"> | undefined {
  if (codec === "g711a" || codec === "g711u") return G711_AUDIO;
  if (record === undefined) return undefined;
  switch (codec) {
    case "aac":
      return aacDetails(record);
    case "opus":
      return { sampleRate: 48_000, channels: decodeOpusHead(record).channelCount, profile: "" };
    default:
      return undefined;
  }
}

/**
 * SRS tells what the configuration begins with: of HE-AAC the rate and the channels of its core. Players
 * are told by `describeAudio`, which demands that the configuration is whole.
 *
 * ```text
 * audioObjectType 5 | samplingFrequencyIndex 4 | if 15: samplingFrequency 24 | channelConfiguration 4
 * ```
 */
function aacDetails(record: Uint8Array): Omit<AudioSummary, "codec"> {
  const reader = new BitReader(record);
  const profile = AAC_PROFILES[reader.readBits(5)] ?? "";
  const index = reader.readBits(4);
  const sampleRate =
    index === AAC_RATE_ESCAPE ? reader.readBits(24) : (SAMPLING_FREQUENCIES[index] ?? 0);
  const channels = AAC_CHANNELS[reader.readBits(4)] ?? 0;
  return { sampleRate, channels, profile };
}

function codecName({ codec }: TrackReport): string {
  return CODEC_NAMES[codec] ?? codec;
}

function configurationOf({ configuration }: TrackReport): Uint8Array | undefined {
  return configuration === null ? undefined : decodeBase64(configuration);
}
