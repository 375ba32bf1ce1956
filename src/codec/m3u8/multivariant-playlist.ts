/**
 * Multivariant playlists (formerly master playlists): what a player may choose from.
 *
 * Spec: RFC 8216, section 4.3.4; draft-pantos-hls-rfc8216bis, section 4.4.6.
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import { quote } from "./quoted-string.ts";
import { formatUriLine } from "./uri-line.ts";

export interface MultivariantPlaylist {
  /** Absent: nothing is said of it, which means 1. */
  readonly version?: number | undefined;
  /** Every segment of every playlist can be decoded without the one before it. */
  readonly isIndependentSegments?: boolean | undefined;
  /** There are no closed captions in any variant. Else players look for them in the segments. */
  readonly hasNoClosedCaptions?: boolean | undefined;
  readonly renditions?: readonly Rendition[] | undefined;
  readonly variants: readonly Variant[];
}

/** One way to hear, see or read a part of the programme: one language, one camera. */
export interface Rendition {
  readonly type: "AUDIO" | "VIDEO" | "SUBTITLES" | "CLOSED-CAPTIONS";
  /** Variants name the group, of which players choose one member. */
  readonly groupId: string;
  /** For people; unlike the others in its group. */
  readonly name: string;
  /** A language tag of RFC 5646, such as `en`. */
  readonly language?: string | undefined;
  /** Of its media playlist. Absent: it is in the segments of the variants that name the group. */
  readonly uri?: string | undefined;
  /** Which of the closed captions in the segments, such as `CC1`; for these alone. */
  readonly instreamId?: string | undefined;
  /** Played if the viewer has not chosen; then also `isAutoselect`. */
  readonly isDefault: boolean;
  /** May be played without being chosen, as for the viewer's language. */
  readonly isAutoselect: boolean;
  /** How many channels of audio. */
  readonly channels?: number | undefined;
}

/** One quality of the whole programme. */
export interface Variant {
  /** Of its media playlist. */
  readonly uri: string;
  /** Peak and average, in bits per second. */
  readonly bandwidth: number;
  readonly averageBandwidth?: number | undefined;
  /** RFC 6381, all of them, those of the renditions too. */
  readonly codecs?: readonly string[] | undefined;
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  readonly frameRate?: number | undefined;
  readonly videoRange?: "SDR" | "HLG" | "PQ" | undefined;
  readonly audioGroup?: string | undefined;
  readonly subtitlesGroup?: string | undefined;
  readonly closedCaptionsGroup?: string | undefined;
}

export function formatMultivariantPlaylist(playlist: MultivariantPlaylist): string {
  const { version, renditions = [], variants } = playlist;
  let text = "#EXTM3U\n";
  if (version !== undefined) text += `#EXT-X-VERSION:${version}\n`;
  if (playlist.isIndependentSegments === true) text += "#EXT-X-INDEPENDENT-SEGMENTS\n";
  for (const rendition of renditions) text += formatRendition(rendition);
  for (const variant of variants) {
    for (const [type, groupId] of groupsOf(variant)) {
      const isThere = renditions.some((other) => other.type === type && other.groupId === groupId);
      assert(isThere, "a variant names groups that there are");
    }
    text += formatVariant(variant, playlist.hasNoClosedCaptions === true);
  }
  return text;
}

function formatRendition(rendition: Rendition): string {
  const { type, groupId, name, language, uri, isDefault, isAutoselect, channels } = rendition;
  const { instreamId } = rendition;
  assert(isAutoselect || !isDefault, "a default rendition is selected by itself");
  const isInSegments = type === "CLOSED-CAPTIONS";
  assert(isInSegments === (instreamId !== undefined), "closed captions say which they are");
  assert(!isInSegments || uri === undefined, "closed captions have no playlist");
  let text = `#EXT-X-MEDIA:TYPE=${type},GROUP-ID=${quote(groupId)},NAME=${quote(name)}`;
  if (language !== undefined) text += `,LANGUAGE=${quote(language)}`;
  text += `,DEFAULT=${yesOrNo(isDefault)},AUTOSELECT=${yesOrNo(isAutoselect)}`;
  if (instreamId !== undefined) text += `,INSTREAM-ID=${quote(instreamId)}`;
  if (channels !== undefined) text += `,CHANNELS="${channels}"`;
  return uri === undefined ? `${text}\n` : `${text},URI=${quote(uri)}\n`;
}

/** The attributes that SRS writes come first. */
function formatVariant(variant: Variant, hasNoClosedCaptions: boolean): string {
  const { uri, bandwidth, averageBandwidth, codecs, width, height, frameRate } = variant;
  let text = `#EXT-X-STREAM-INF:BANDWIDTH=${Math.ceil(bandwidth)}`;
  if (averageBandwidth !== undefined) text += `,AVERAGE-BANDWIDTH=${Math.ceil(averageBandwidth)}`;
  if (codecs !== undefined && codecs.length > 0) text += `,CODECS=${quote(codecs.join(","))}`;
  if (width !== undefined && height !== undefined) text += `,RESOLUTION=${width}x${height}`;
  if (frameRate !== undefined) text += `,FRAME-RATE=${frameRate.toFixed(3)}`;
  if (variant.videoRange !== undefined) text += `,VIDEO-RANGE=${variant.videoRange}`;
  for (const [type, groupId] of groupsOf(variant)) text += `,${type}=${quote(groupId)}`;
  if (hasNoClosedCaptions) text += ",CLOSED-CAPTIONS=NONE";
  return `${text}\n${formatUriLine(uri)}`;
}

function groupsOf(variant: Variant): [Rendition["type"], string][] {
  const groups: [Rendition["type"], string | undefined][] = [
    ["AUDIO", variant.audioGroup],
    ["SUBTITLES", variant.subtitlesGroup],
    ["CLOSED-CAPTIONS", variant.closedCaptionsGroup],
  ];
  return groups.flatMap(([type, groupId]) => (groupId === undefined ? [] : [[type, groupId]]));
}

function yesOrNo(condition: boolean): "YES" | "NO" {
  return condition ? "YES" : "NO";
}
