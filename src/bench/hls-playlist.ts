/**
 * What an HLS client has to know of a playlist.
 *
 * Specification: RFC 8216, section 4.3.
 *
 * @module
 */

import { MalformedError } from "../base/errors.ts";

export interface HlsSegment {
  readonly url: string;
  readonly seconds: number;
}

export interface MediaPlaylist {
  readonly targetSeconds: number;
  /** The number of the first segment. */
  readonly mediaSequence: number;
  readonly segments: readonly HlsSegment[];
  /** Whether there will be no further segments. */
  readonly isEnded: boolean;
}

/** A multivariant playlist says no more than where the media playlists are. */
export type HlsPlaylist = { readonly variantUrl: string } | MediaPlaylist;

/** So long that nobody has to be asked more often, for playlists that do not say it. */
const TARGET_SECONDS_DEFAULT = 10;

/**
 * Parses a playlist. Of several variants the first counts, as the specification advises.
 *
 * @param url Where it came from, to which addresses in it are relative.
 * @throws {MalformedError} If it is none.
 */
export function parseHlsPlaylist(text: string, url: string): HlsPlaylist {
  const lines = text.split(/\r?\n/u).map((line) => line.trim());
  if (lines[0]?.replace(/^\uFEFF/u, "") !== "#EXTM3U") {
    throw new MalformedError("Cannot read playlist: it does not begin with #EXTM3U", 0);
  }
  const isMultivariant = lines.some((line) => line.startsWith("#EXT-X-STREAM-INF"));
  if (isMultivariant) return { variantUrl: firstVariant(lines, url) };
  const segments: HlsSegment[] = [];
  let seconds = 0;
  for (const line of lines) {
    if (line.startsWith("#EXTINF:")) seconds = Number.parseFloat(line.slice(8));
    if (line === "" || line.startsWith("#")) continue;
    segments.push({ url: resolve(line, url), seconds: Number.isFinite(seconds) ? seconds : 0 });
  }
  return {
    targetSeconds: readNumber(lines, "#EXT-X-TARGETDURATION:") ?? TARGET_SECONDS_DEFAULT,
    mediaSequence: readNumber(lines, "#EXT-X-MEDIA-SEQUENCE:") ?? 0,
    segments,
    isEnded: lines.includes("#EXT-X-ENDLIST"),
  };
}

function firstVariant(lines: readonly string[], url: string): string {
  const tag = lines.findIndex((line) => line.startsWith("#EXT-X-STREAM-INF"));
  const variant = lines.slice(tag).find((line) => line !== "" && !line.startsWith("#"));
  if (variant === undefined) throw new MalformedError("Cannot read playlist: no variant", 0);
  return resolve(variant, url);
}

function readNumber(lines: readonly string[], tag: string): number | undefined {
  const text = lines.find((line) => line.startsWith(tag))?.slice(tag.length);
  const value = Number(text);
  return text !== undefined && value > 0 && Number.isFinite(value) ? value : undefined;
}

function resolve(reference: string, base: string): string {
  const url = URL.parse(reference, base);
  if (url === null) throw new MalformedError(`Cannot use address ${JSON.stringify(reference)}`, 0);
  return url.href;
}
