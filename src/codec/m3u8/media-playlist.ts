/**
 * Media playlists: which segments, and which parts of them, a stream consists of at present.
 *
 * Spec: RFC 8216, section 4.3.1 to 4.3.3; its second edition draft-pantos-hls-rfc8216bis, section
 * 4.4.3 (playlists, EXT-X-SERVER-CONTROL, EXT-X-PART-INF), 4.4.4 (segments, EXT-X-PART), 4.4.5
 * (EXT-X-SKIP, EXT-X-PRELOAD-HINT, EXT-X-RENDITION-REPORT) and 7 (versions).
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import { isSameBytes } from "../../base/bytes.ts";
import { formatDateTime } from "../../base/date-time.ts";
import { quote } from "./quoted-string.ts";
import { formatUriLine, isLine } from "./uri-line.ts";

/** Durations and distances are in seconds. */
export interface MediaPlaylist {
  /** Absent: the least that has all that the playlist says. */
  readonly version?: number | undefined;
  /** Whole seconds, no less than any segment rounded. Must stay the same while the stream lives. */
  readonly targetDuration: number;
  /** The media sequence number of the first of `segments`. */
  readonly mediaSequence: number;
  /** How many discontinuities have left the playlist. */
  readonly discontinuitySequence?: number | undefined;
  /** Every segment can be decoded without the one before it. */
  readonly isIndependentSegments?: boolean | undefined;
  readonly serverControl?: ServerControl | undefined;
  /** No part is longer. Present where there are parts. */
  readonly partTarget?: number | undefined;
  /**
   * Makes it a delta update: so many of `segments`, the oldest, are not written, since the client has
   * them. They count all the same, in `mediaSequence` and for its key.
   */
  readonly skippedSegments?: number | undefined;
  readonly segments: readonly MediaSegment[];
  /** The segment that is being made, as far as it has parts. */
  readonly openSegment?: OpenSegment | undefined;
  readonly preloadHint?: PreloadHint | undefined;
  /** How far the other renditions are. */
  readonly renditionReports?: readonly RenditionReport[] | undefined;
  /** No segment will follow. */
  readonly isEnded?: boolean | undefined;
  /** Comes behind every address of media, such as `?hls_ctx=1`; not behind those of keys and playlists. */
  readonly uriSuffix?: string | undefined;
}

/** What the server offers. */
export interface ServerControl {
  /** A request for what is yet to come is answered when it has come. */
  readonly canBlockReload?: boolean | undefined;
  /** Segments that end farther than this from the playlist's end may be skipped in delta updates. */
  readonly canSkipUntil?: number | undefined;
  /** How far from the end players should stay who play whole segments, and who play parts. */
  readonly holdBack?: number | undefined;
  readonly partHoldBack?: number | undefined;
}

/** What is known of a segment before its end. */
export interface OpenSegment {
  /** Something changed in front of it: timestamps, tracks, or how they are coded. */
  readonly isDiscontinuous?: boolean | undefined;
  /** When its first picture was taken, in milliseconds since the Unix epoch. */
  readonly programDateTimeMs?: number | undefined;
  readonly key?: MediaKey | undefined;
  readonly map?: InitializationMap | undefined;
  readonly parts?: readonly PartialSegment[] | undefined;
}

export interface MediaSegment extends OpenSegment {
  readonly uri: string;
  readonly duration: number;
  /** Absent: `no desc`, as SRS writes. */
  readonly title?: string | undefined;
  /** There is no media to load, as when its encoder failed. */
  readonly isGap?: boolean | undefined;
  readonly bitrateKbps?: number | undefined;
}

/** How segments are encrypted. */
export interface MediaKey {
  readonly method: "AES-128" | "SAMPLE-AES" | "SAMPLE-AES-CTR";
  readonly uri: string;
  /** 16 bytes. Absent: the segment's media sequence number. */
  readonly iv?: Uint8Array | undefined;
}

/** The initialization segment, which is never encrypted. */
export interface InitializationMap {
  readonly uri: string;
}

export interface PartialSegment {
  readonly uri: string;
  readonly duration: number;
  /** It can be decoded without the one before it. */
  readonly isIndependent?: boolean | undefined;
  readonly isGap?: boolean | undefined;
  /** Where in the resource it lies, if it is not all of it. Bytes. */
  readonly byteRange?: { readonly offset: number; readonly size: number } | undefined;
}

/** What a client may ask for already: the answer will begin when there is something to send. */
export interface PreloadHint {
  readonly type: "PART" | "MAP";
  readonly uri: string;
  /** Bytes. */
  readonly byteRangeStart?: number | undefined;
}

export interface RenditionReport {
  readonly uri: string;
  /** The last segment of that rendition, counting the one that is being made if it has parts. */
  readonly lastMsn?: number | undefined;
  /** The last part of that segment. */
  readonly lastPart?: number | undefined;
}

/** The least versions that know what we write (section 7 of the draft). */
const VERSION_OF_FRACTIONS = 3;
const VERSION_OF_SAMPLE_KEYS = 5;
const VERSION_OF_MAP = 6;
const VERSION_OF_GAP = 8;
const VERSION_OF_SKIP = 9;

/** The size of an initialization vector of AES. */
const IV_SIZE = 16;

/** Formats the playlist, with its header in the order in which SRS writes it. */
export function formatMediaPlaylist(playlist: MediaPlaylist): string {
  const { segments, skippedSegments = 0, openSegment, uriSuffix = "" } = playlist;
  assert(skippedSegments <= segments.length, "no more is skipped than there is");
  let text = formatHeader(playlist);
  if (skippedSegments > 0) text += `#EXT-X-SKIP:SKIPPED-SEGMENTS=${skippedSegments}\n`;
  let before: OpenSegment | undefined;
  let bitrateKbps: number | undefined;
  for (let i = skippedSegments; i < segments.length; i++) {
    const segment = segments[i];
    if (segment === undefined) continue;
    text += formatStart(segment, before, uriSuffix);
    if (segment.bitrateKbps !== undefined && segment.bitrateKbps !== bitrateKbps) {
      bitrateKbps = segment.bitrateKbps;
      text += `#EXT-X-BITRATE:${Math.round(bitrateKbps)}\n`;
    }
    text += formatSegment(segment, uriSuffix);
    before = segment;
  }
  if (openSegment !== undefined) {
    text += formatStart(openSegment, before, uriSuffix);
    text += formatParts(openSegment.parts, uriSuffix);
  }
  return text + formatEnd(playlist, uriSuffix);
}

function formatHeader(playlist: MediaPlaylist): string {
  const { targetDuration, mediaSequence, discontinuitySequence = 0 } = playlist;
  let text = `#EXTM3U
#EXT-X-VERSION:${playlist.version ?? leastVersion(playlist)}
#EXT-X-MEDIA-SEQUENCE:${mediaSequence}
#EXT-X-TARGETDURATION:${targetDuration}
`;
  if (discontinuitySequence > 0) {
    text += `#EXT-X-DISCONTINUITY-SEQUENCE:${discontinuitySequence}\n`;
  }
  if (playlist.isIndependentSegments === true) text += "#EXT-X-INDEPENDENT-SEGMENTS\n";
  if (playlist.serverControl !== undefined) text += formatServerControl(playlist.serverControl);
  if (playlist.partTarget !== undefined) {
    text += `#EXT-X-PART-INF:PART-TARGET=${formatSeconds(playlist.partTarget)}\n`;
  }
  return text;
}

/** The same for all versions of a playlist, whether or not the one at hand skips segments. */
function leastVersion(playlist: MediaPlaylist): number {
  const { partTarget, serverControl, skippedSegments = 0, segments, openSegment } = playlist;
  if (partTarget !== undefined || skippedSegments > 0) return VERSION_OF_SKIP;
  if (serverControl?.canSkipUntil !== undefined) return VERSION_OF_SKIP;
  let version = versionOf(openSegment);
  for (const segment of segments) version = Math.max(version, versionOf(segment));
  return version;
}

function versionOf(segment: Partial<MediaSegment> = {}): number {
  if (segment.isGap === true) return VERSION_OF_GAP;
  if (segment.map !== undefined) return VERSION_OF_MAP;
  const { method = "AES-128" } = segment.key ?? {};
  return method === "AES-128" ? VERSION_OF_FRACTIONS : VERSION_OF_SAMPLE_KEYS;
}

function formatServerControl(control: ServerControl): string {
  let attributes = "";
  if (control.canBlockReload === true) attributes += ",CAN-BLOCK-RELOAD=YES";
  if (control.canSkipUntil !== undefined) {
    attributes += `,CAN-SKIP-UNTIL=${formatSeconds(control.canSkipUntil)}`;
  }
  if (control.holdBack !== undefined) {
    attributes += `,HOLD-BACK=${formatSeconds(control.holdBack)}`;
  }
  if (control.partHoldBack !== undefined) {
    attributes += `,PART-HOLD-BACK=${formatSeconds(control.partHoldBack)}`;
  }
  return attributes === "" ? "" : `#EXT-X-SERVER-CONTROL:${attributes.slice(1)}\n`;
}

/**
 * What comes in front of a segment's media. Keys and maps hold for all that follows, so they are
 * written where they change, and in front of the first segment, whatever left the playlist before it
 * (SRS leaves out the key there).
 */
function formatStart(
  segment: OpenSegment,
  before: OpenSegment | undefined,
  uriSuffix: string,
): string {
  const { key, map, programDateTimeMs } = segment;
  let text = segment.isDiscontinuous === true ? "#EXT-X-DISCONTINUITY\n" : "";
  let keyBefore = before?.key;
  if (map !== undefined && map.uri !== before?.map?.uri) {
    // A key in force would be that of the initialization segment too (section 4.4.4.5).
    if (keyBefore !== undefined) text += "#EXT-X-KEY:METHOD=NONE\n";
    keyBefore = undefined;
    text += `#EXT-X-MAP:URI=${quote(map.uri + uriSuffix)}\n`;
  }
  if (!isSameKey(key, keyBefore)) text += formatKey(key);
  if (programDateTimeMs !== undefined) {
    text += `#EXT-X-PROGRAM-DATE-TIME:${formatDateTime(programDateTimeMs)}\n`;
  }
  return text;
}

function isSameKey(a: MediaKey | undefined, b: MediaKey | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a === b || (a.method === b.method && a.uri === b.uri && isSameBytes(a.iv, b.iv));
}

function formatKey(key: MediaKey | undefined): string {
  if (key === undefined) return "#EXT-X-KEY:METHOD=NONE\n";
  const { method, uri, iv } = key;
  return `#EXT-X-KEY:METHOD=${method},URI=${quote(uri)}${iv === undefined ? "" : formatIv(iv)}\n`;
}

function formatIv(iv: Uint8Array): string {
  assert(iv.length === IV_SIZE, "an initialization vector has 16 bytes");
  let text = ",IV=0x";
  for (const byte of iv) text += byte.toString(16).padStart(2, "0").toUpperCase();
  return text;
}

function formatSegment(segment: MediaSegment, uriSuffix: string): string {
  const { uri, duration, title = "no desc", parts } = segment;
  assert(isLine(title), "a title is one line");
  const gap = segment.isGap === true ? "#EXT-X-GAP\n" : "";
  const before = parts === undefined ? gap : gap + formatParts(parts, uriSuffix);
  return `${before}#EXTINF:${duration.toFixed(3)}, ${title}\n${formatUriLine(uri + uriSuffix)}`;
}

function formatParts(parts: readonly PartialSegment[] = [], uriSuffix: string): string {
  let text = "";
  for (const { uri, duration, isIndependent, isGap, byteRange } of parts) {
    text += `#EXT-X-PART:DURATION=${formatSeconds(duration)},URI=${quote(uri + uriSuffix)}`;
    if (isIndependent === true) text += ",INDEPENDENT=YES";
    if (byteRange !== undefined) text += `,BYTERANGE="${byteRange.size}@${byteRange.offset}"`;
    text += isGap === true ? ",GAP=YES\n" : "\n";
  }
  return text;
}

function formatEnd(playlist: MediaPlaylist, uriSuffix: string): string {
  const { preloadHint, renditionReports = [] } = playlist;
  let text = "";
  if (preloadHint !== undefined) {
    const { type, uri, byteRangeStart } = preloadHint;
    text += `#EXT-X-PRELOAD-HINT:TYPE=${type},URI=${quote(uri + uriSuffix)}`;
    text += byteRangeStart === undefined ? "\n" : `,BYTERANGE-START=${byteRangeStart}\n`;
  }
  for (const { uri, lastMsn, lastPart } of renditionReports) {
    text += `#EXT-X-RENDITION-REPORT:URI=${quote(uri)}`;
    if (lastMsn !== undefined) text += `,LAST-MSN=${lastMsn}`;
    text += lastPart === undefined ? "\n" : `,LAST-PART=${lastPart}\n`;
  }
  return playlist.isEnded === true ? `${text}#EXT-X-ENDLIST\n` : text;
}

/** At most five digits behind the point: 10 us, half of a sample at 48 kHz; never an exponent. */
function formatSeconds(seconds: number): string {
  return String(Math.round(seconds * 100_000) / 100_000);
}
