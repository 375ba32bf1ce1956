/**
 * Which codecs are asked for: those of the stream that is to be played, else what most can play.
 *
 * @module
 */

import { unlessMalformed } from "../../base/errors.ts";
import { decodeAvcProfileAndLevel } from "../../codec/h264/decoder-configuration-record.ts";
import type { StreamDescription, Track } from "../../live/track.ts";
import {
  AUDIO_CODECS,
  VIDEO_CODECS,
  type WantedCodec,
} from "../../protocols/rtc/negotiation/choose-format.ts";
import { isH264ProfileWithin } from "../../protocols/rtc/negotiation/h264-profile.ts";
import type { RtpCodec } from "../../protocols/rtc/negotiation/rtp-codec.ts";

/** High and Main, of which whoever decodes the first decodes most of what encoders make for browsers. */
const WIDE_PROFILES: readonly number[] = [0x64_001f, 0x4d_001f];

export interface WantedCodecs {
  readonly video: readonly WantedCodec[];
  readonly audio: readonly WantedCodec[];
}

/**
 * @param chosen What the client itself has chosen; empty if it leaves the choice.
 * @param played The stream that it is to get; absent for who publishes. A stream that has not begun
 *   will be H.264 with Opus, as in SRS: that is what nearly all are.
 * @param hasRungs It may get rungs of a ladder in its place, which are H.264 of whatever profile.
 */
export function wantedCodecs(
  chosen: readonly RtpCodec[],
  played: StreamDescription | undefined,
  hasRungs = false,
): WantedCodecs {
  if (played === undefined) {
    return { video: select(VIDEO_CODECS, chosen), audio: select(AUDIO_CODECS, chosen) };
  }
  const { video, audio } = played;
  return {
    video: video === undefined ? select([{ codec: "h264" }], chosen) : ofTrack(video, hasRungs),
    audio: audio === undefined ? [{ codec: "opus" }] : ofTrack(audio),
  };
}

/** Those that the client has chosen; all if it has chosen none of them. */
function select(
  codecs: readonly WantedCodec[],
  chosen: readonly RtpCodec[],
): readonly WantedCodec[] {
  const selected = codecs.filter(({ codec }) => chosen.includes(codec));
  return selected.length > 0 ? selected : codecs;
}

/** Whether players can have the track as it is. */
export function isCarried(track: Track): boolean {
  return findCodec(track) !== undefined;
}

function findCodec(track: Track): WantedCodec | undefined {
  return [...VIDEO_CODECS, ...AUDIO_CODECS].find(({ codec }) => codec === track.codec);
}

function ofTrack(track: Track, hasRungs = false): readonly WantedCodec[] {
  const known = findCodec(track);
  if (known === undefined) return [];
  const { codec } = known;
  const profileLevelId = track.codec === "h264" ? profileLevelOf(track) : undefined;
  if (profileLevelId === undefined) return [{ codec }];
  const wide = WIDE_PROFILES.filter(
    (wider) => hasRungs && isH264ProfileWithin(profileLevelId, wider),
  );
  const wishes = wide.map((wider) => ({ codec, profileLevelId: wider, isOnlyThat: true }) as const);
  return [...wishes, { codec, profileLevelId }];
}

/** profile_idc, constraint flags and level_idc of H.264, a byte each; `undefined` if they cannot be read. */
export function profileLevelOf({ decoderConfigurationRecord: record }: Track): number | undefined {
  const parsed = record && unlessMalformed(() => decodeAvcProfileAndLevel(record));
  if (parsed === undefined) return undefined;
  const { profileIndication, profileCompatibility, levelIndication } = parsed;
  return (profileIndication << 16) | (profileCompatibility << 8) | levelIndication;
}
