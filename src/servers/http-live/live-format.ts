/**
 * In which forms a live stream goes out over HTTP, by the extension that it is asked for with.
 *
 * @module
 */

import type { LiveExtension } from "../../config/live-extension.ts";
import type { BroadcastFormat } from "../../live/broadcast-format.ts";
import type { StreamDescription } from "../../live/track.ts";
import { createAdtsFormat } from "../../remux/adts/from-stream.ts";
import { createFlvFormat } from "../../remux/flv/from-stream.ts";
import { createMp3Format } from "../../remux/mp3/from-stream.ts";
import { canCarryInTs } from "../../remux/mpegts/create-elementary-stream.ts";
import { createTsFormat } from "../../remux/mpegts/from-stream.ts";

/** What a vhost says of the forms. */
export interface LiveFormatSettings {
  readonly hasAudio: boolean;
  readonly hasVideo: boolean;
  /** FLV: announce the tracks that the stream has, rather than those that are configured. */
  readonly isGuessed: boolean;
  /** FLV: leave out a track that comes later although it was not announced. */
  readonly isMismatchDropped: boolean;
  /** AAC, MP3: how much a listener is first given of what was before. */
  readonly fastCacheMs: number;
}

export interface LiveFormat {
  readonly mediaType: string;
  /** Pieces of it make sense as messages of a WebSocket. */
  readonly hasWebSocket: boolean;
  /** Why a stream cannot be played in this form, as a clause; `undefined` if it can. */
  objection(description: StreamDescription): string | undefined;
  /** @param description What the stream is made of when the viewer joins. */
  create(
    settings: LiveFormatSettings,
    description: StreamDescription,
    isWebSocket: boolean,
  ): BroadcastFormat;
}

export const LIVE_FORMATS: Readonly<Record<LiveExtension, LiveFormat>> = {
  flv: {
    mediaType: "video/x-flv",
    hasWebSocket: true,
    objection: () => undefined,
    create: (settings, { audio, video }, isWebSocket) => {
      const { hasAudio, hasVideo, isGuessed, isMismatchDropped } = settings;
      const isNarrowed = isGuessed && isMismatchDropped;
      return createFlvFormat({
        hasAudio: hasAudio && (audio !== undefined || !isNarrowed),
        hasVideo: hasVideo && (video !== undefined || !isNarrowed),
        isGuessed,
        isWebSocket,
      });
    },
  },
  ts: {
    mediaType: "video/MP2T",
    hasWebSocket: true,
    objection: ({ audio, video }) => {
      const tracks = [video, audio].filter((track) => track !== undefined);
      if (tracks.some(canCarryInTs)) return undefined;
      return `MPEG-TS cannot carry ${tracks.map(({ codec }) => codec).join(" and ")}`;
    },
    // Its tables say what there is, at any time, so that nothing need be announced or dropped.
    create: ({ hasAudio, hasVideo }, _, isWebSocket) =>
      createTsFormat({ hasAudio, hasVideo, isWebSocket }),
  },
  aac: {
    mediaType: "audio/x-aac",
    hasWebSocket: false,
    objection: (description) => objectionToAudio("aac", description),
    create: ({ fastCacheMs }) => createAdtsFormat(fastCacheMs),
  },
  mp3: {
    mediaType: "audio/mpeg",
    hasWebSocket: false,
    objection: (description) => objectionToAudio("mp3", description),
    create: ({ fastCacheMs }) => createMp3Format(fastCacheMs),
  },
};

function objectionToAudio(codec: string, { audio }: StreamDescription): string | undefined {
  if (audio === undefined) return "it has no audio";
  return audio.codec === codec ? undefined : `its audio is ${audio.codec}`;
}
