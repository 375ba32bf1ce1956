/**
 * Gathers what the lines of an HLS media playlist say.
 *
 * @module
 */

import type { Attributes, PlaylistLine } from "./hls-lines.ts";

export interface ParsedPart {
  readonly uri: string;
  readonly duration: number;
  readonly isIndependent: boolean;
  readonly isGap: boolean;
  readonly byteRange: string | undefined;
}

export interface ParsedSegment {
  readonly sequenceNumber: number;
  /** Of the discontinuities in front of it since the stream began. */
  readonly discontinuitySequence: number;
  /** Empty for the one that is being made. */
  uri: string;
  duration: number;
  title: string;
  isDiscontinuous: boolean;
  isGap: boolean;
  byteRange: string | undefined;
  /** What is in force, whether or not it was said again here. As in the tag. */
  key: string | undefined;
  map: string | undefined;
  /** As far as the tag is there. */
  programDateTimeMs: number | undefined;
  readonly parts: ParsedPart[];
}

export interface ParsedMediaPlaylist {
  readonly lines: readonly PlaylistLine[];
  readonly version: number;
  readonly targetDuration: number;
  readonly mediaSequence: number;
  readonly discontinuitySequence: number;
  readonly skippedSegments: number;
  readonly partTarget: number | undefined;
  readonly serverControl: Attributes;
  readonly isIndependentSegments: boolean;
  readonly isEnded: boolean;
  /** Behind those that are skipped. */
  readonly segments: readonly ParsedSegment[];
  /** That has parts, but no address yet. */
  readonly openSegment: ParsedSegment | undefined;
  readonly preloadHints: readonly Attributes[];
  readonly renditionReports: readonly Attributes[];
}

/** Gathers what the lines of a media playlist say; `checkMediaPlaylist` judges it. */
export function parseMediaPlaylist(lines: readonly PlaylistLine[]): ParsedMediaPlaylist {
  const find = (tag: string) => lines.find((line) => line.tag === tag);
  const count = (tag: string, absent: number) => Number(find(tag)?.value ?? absent);
  const mediaSequence = count("EXT-X-MEDIA-SEQUENCE", 0);
  const discontinuitySequence = count("EXT-X-DISCONTINUITY-SEQUENCE", 0);
  const skippedSegments = Number(find("EXT-X-SKIP")?.attributes.get("SKIPPED-SEGMENTS") ?? 0);
  const partTarget = find("EXT-X-PART-INF")?.attributes.get("PART-TARGET");
  const all = (tag: string) =>
    lines.filter((line) => line.tag === tag).map((line) => line.attributes);
  return {
    lines,
    version: count("EXT-X-VERSION", 1),
    targetDuration: count("EXT-X-TARGETDURATION", Number.NaN),
    mediaSequence,
    discontinuitySequence,
    skippedSegments,
    partTarget: partTarget === undefined ? undefined : Number(partTarget),
    serverControl: find("EXT-X-SERVER-CONTROL")?.attributes ?? new Map(),
    isIndependentSegments: find("EXT-X-INDEPENDENT-SEGMENTS") !== undefined,
    isEnded: find("EXT-X-ENDLIST") !== undefined,
    ...parseSegments(lines, mediaSequence + skippedSegments, discontinuitySequence),
    preloadHints: all("EXT-X-PRELOAD-HINT"),
    renditionReports: all("EXT-X-RENDITION-REPORT"),
  };
}

function parseSegments(
  lines: readonly PlaylistLine[],
  firstNumber: number,
  firstDiscontinuity: number,
): { segments: ParsedSegment[]; openSegment: ParsedSegment | undefined } {
  const segments: ParsedSegment[] = [];
  let discontinuitySequence = firstDiscontinuity;
  let key: string | undefined;
  let map: string | undefined;
  let segment: ParsedSegment | undefined;
  const current = (): ParsedSegment => {
    segment ??= {
      sequenceNumber: firstNumber + segments.length,
      discontinuitySequence,
      uri: "",
      duration: Number.NaN,
      title: "",
      isDiscontinuous: false,
      isGap: false,
      byteRange: undefined,
      key,
      map,
      programDateTimeMs: undefined,
      parts: [],
    };
    return segment;
  };
  for (const { tag, value, attributes } of lines) {
    switch (tag) {
      case "EXT-X-DISCONTINUITY":
        discontinuitySequence += 1;
        segment = { ...current(), discontinuitySequence, isDiscontinuous: true };
        break;
      case "EXT-X-KEY":
        key = attributes.get("METHOD") === "NONE" ? undefined : value;
        current().key = key;
        break;
      case "EXT-X-MAP":
        map = value;
        current().map = map;
        break;
      case "EXT-X-PROGRAM-DATE-TIME":
        current().programDateTimeMs = Date.parse(value);
        break;
      case "EXT-X-GAP":
        current().isGap = true;
        break;
      case "EXT-X-BYTERANGE":
        current().byteRange = value;
        break;
      case "EXT-X-PART":
        current().parts.push(toPart(attributes));
        break;
      case "EXTINF":
        current().duration = Number.parseFloat(value);
        current().title = value.slice(value.indexOf(",") + 1);
        break;
      case "":
        segments.push({ ...current(), uri: value });
        segment = undefined;
        break;
      default:
    }
  }
  return { segments, openSegment: segment };
}

function toPart(attributes: Attributes): ParsedPart {
  return {
    uri: attributes.get("URI") ?? "",
    duration: Number(attributes.get("DURATION")),
    isIndependent: attributes.get("INDEPENDENT") === "YES",
    isGap: attributes.get("GAP") === "YES",
    byteRange: attributes.get("BYTERANGE"),
  };
}
