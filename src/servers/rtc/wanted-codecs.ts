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
import type { RtpCodec } from "../../protocols/rtc/negotiation/rtp-codec.ts";

export interface WantedCodecs {
  readonly video: readonly WantedCodec[];
  readonly audio: readonly WantedCodec[];
}

/**
 * @param chosen What the client itself has chosen; empty if it leaves the choice.
 * @param played The stream that it is to get; absent for who publishes. A stream that has not begun
 *   will be H.264 with Opus, as in SRS: that is what nearly all are.
 */
export function wantedCodecs(
  chosen: readonly RtpCodec[],
  played: StreamDescription | undefined,
): WantedCodecs {
  if (played === undefined) {
    return { video: select(VIDEO_CODECS, chosen), audio: select(AUDIO_CODECS, chosen) };
  }
  const { video, audio } = played;
  return {
    video: video === undefined ? select([{ codec: "h264" }], chosen) : ofTrack(video),
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

function ofTrack(track: Track): readonly WantedCodec[] {
  const known = findCodec(track);
  if (known === undefined) return [];
  const profileLevelId = track.codec === "h264" ? profileLevelOf(track) : undefined;
  return [{ codec: known.codec, ...(profileLevelId === undefined ? {} : { profileLevelId }) }];
}

function profileLevelOf({ decoderConfigurationRecord: record }: Track): number | undefined {
  const parsed = record && unlessMalformed(() => decodeAvcProfileAndLevel(record));
  if (parsed === undefined) return undefined;
  const { profileIndication, profileCompatibility, levelIndication } = parsed;
  return (profileIndication << 16) | (profileCompatibility << 8) | levelIndication;
}
