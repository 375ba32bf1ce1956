/**
 * Multivariant playlists: one stream, or several of one programme as a ladder of qualities.
 *
 * Spec: RFC 8216, section 4.3.4; draft-pantos-hls-rfc8216bis, section 4.4.6.2 (BANDWIDTH).
 *
 * @module
 */

import { unlessMalformed } from "../../../base/errors.ts";
import {
  formatMultivariantPlaylist,
  type Rendition,
  type Variant,
} from "../../../codec/m3u8/multivariant-playlist.ts";
import type { StreamDescription, TrackKind } from "../../../live/track.ts";
import { describeAudio } from "../../../remux/track/audio-details.ts";
import { describeVideo } from "../../../remux/track/video-details.ts";
import { measureBandwidth } from "../bandwidth.ts";
import type { CaptionState } from "../caption-watch.ts";
import type { CmafPackager } from "../cmaf/cmaf-packager.ts";
import type { CmafInitialization } from "../cmaf/cmaf-segment.ts";
import { relativeUri } from "../relative-uri.ts";
import type { TsPlaylist } from "../ts/ts-playlist.ts";

/** A stream as one quality of a programme. */
export interface LadderVariant {
  readonly variant: Variant;
  readonly rendition: Rendition | undefined;
  readonly captions: CaptionState;
}

/** Where a stream stands in a ladder. */
export interface LadderPlace {
  /** The name of the multivariant playlist. */
  readonly base: string;
  readonly captions: CaptionState;
}

/** Only frames say which layer of MPEG audio they are; FLV has a name for the third alone. */
const MP3_CODEC_STRING = "mp4a.40.34";
/** A version that has what the media playlists have: fMP4. */
const VERSION_OF_MAP = 6;
/** The first captions, which are there if there are any. */
const CAPTIONS: Rendition = {
  type: "CLOSED-CAPTIONS",
  groupId: "captions",
  name: "captions",
  instreamId: "CC1",
  isDefault: false,
  isAutoselect: true,
};

/**
 * A stream in CMAF as a variant.
 *
 * @param folder Where the stream's media playlists are.
 */
export function createVariant(
  packager: CmafPackager,
  folder: string,
  { base, captions }: LadderPlace,
): LadderVariant {
  const { tracks, names, description } = packager;
  const initializationOf = (kind: TrackKind): CmafInitialization | undefined => {
    const hasSegment = packager.listed(kind).length > 0;
    if (description[kind] === undefined || !hasSegment) return undefined;
    return tracks.get(kind)?.initialization;
  };
  const [video, audio] = [initializationOf("video"), initializationOf("audio")];
  const lead = video === undefined ? "audio" : "video";
  const { peak, average } = measureBandwidth(
    Array.from(tracks.values(), ({ kind, open }) => ({ segments: packager.listed(kind), open })),
  );
  const uri = relativeUri(base, `${folder}/${names.playlist(lead)}`);
  const codecs = [video, audio].flatMap((track) => track?.track.codecString ?? []);
  const picture = video?.track.kind === "video" ? video.track : undefined;
  const variant: Variant = {
    uri,
    bandwidth: peak,
    averageBandwidth: average,
    codecs,
    width: picture?.width,
    height: picture?.height,
    frameRate: picture?.frameRate,
  };
  if (lead === "audio" || audio === undefined) return { variant, rendition: undefined, captions };
  // Names of streams may hold what a group's name may not: a quote.
  const groupId = `audio-${encodeURIComponent(folder)}`;
  const rendition: Rendition = {
    type: "AUDIO",
    groupId,
    name: "audio",
    uri: relativeUri(base, `${folder}/${names.playlist("audio")}`),
    isDefault: true,
    isAutoselect: true,
    channels: audio.track.kind === "audio" ? audio.track.channelCount : undefined,
  };
  return { variant: { ...variant, audioGroup: groupId }, rendition, captions };
}

/** A stream in MPEG-TS as a variant. */
export function createTsVariant(
  playlist: TsPlaylist,
  description: StreamDescription,
  { base, captions }: LadderPlace,
): LadderVariant {
  const { peak, average } = measureBandwidth([
    {
      segments: playlist.segments.map(({ durationMs, size }) => ({ durationMs, size })),
      open: undefined,
    },
  ]);
  const { video: pictures, audio: sounds } = description;
  const video = pictures && unlessMalformed(() => describeVideo(pictures));
  const audio = sounds && unlessMalformed(() => describeAudio(sounds));
  const audioCodec = sounds?.codec === "mp3" ? MP3_CODEC_STRING : audio?.codecString;
  return {
    captions,
    rendition: undefined,
    variant: {
      uri: relativeUri(base, playlist.name),
      bandwidth: peak,
      averageBandwidth: average,
      codecs: [video?.codecString, audioCodec].filter((codec) => codec !== undefined),
      width: video?.width,
      height: video?.height,
      frameRate: video?.frameRate,
    },
  };
}

/** @param suffix Comes behind the address of every playlist. */
export function formatLadder(variants: readonly LadderVariant[], suffix: string): string {
  const renditions = variants.flatMap(({ rendition }) =>
    rendition === undefined ? [] : [{ ...rendition, uri: `${rendition.uri ?? ""}${suffix}` }],
  );
  const hasCaptions = variants.some(({ captions }) => captions === "present");
  return formatMultivariantPlaylist({
    version: VERSION_OF_MAP,
    hasNoClosedCaptions: variants.every(({ captions }) => captions === "absent"),
    renditions: hasCaptions ? [...renditions, CAPTIONS] : renditions,
    variants: variants.map(({ variant, captions }) => ({
      ...variant,
      uri: `${variant.uri}${suffix}`,
      closedCaptionsGroup: captions === "present" ? CAPTIONS.groupId : undefined,
    })),
  });
}
