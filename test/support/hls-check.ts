/**
 * Judges HLS playlists by RFC 8216 and draft-pantos-hls-rfc8216bis, each by itself. What the specification recommends begins with "should: " in the results,
 * so that a test may make an exception; all else it demands.
 *
 * @module
 */

import { type Attributes, type PlaylistLine, readPlaylistLines } from "./hls-lines.ts";
import {
  type ParsedMediaPlaylist,
  type ParsedPart,
  type ParsedSegment,
  parseMediaPlaylist,
} from "./hls-parse.ts";

/** Durations are written with three digits behind the point, dates too. */
const ROUNDING_S = 0.001;
/** By how much the parts of a segment may differ from it: each is rounded by itself. */
const PART_SUM_TOLERANCE_S = 0.01;
/** By how much a date may differ from the one before plus what lies between. */
const DATE_TOLERANCE_MS = 50;
/** How short a part may be, of the part target, if it is not the last of its segment. */
const PART_DURATION_MIN = 0.85;
/** By how many segments another rendition may be ahead or behind. */
const REPORT_DISTANCE_MAX = 2;

/** Which version a tag needs (section 7 of RFC 8216, section 8 of the draft). */
const VERSION_OF_TAG: Readonly<Record<string, number>> = {
  "EXT-X-BYTERANGE": 4,
  "EXT-X-MAP": 6,
  "EXT-X-GAP": 8,
  "EXT-X-SKIP": 9,
};

/** Says everything that is wrong with one version of a media playlist. */
export function checkMediaPlaylist(text: string): string[] {
  return judgeMediaPlaylist(text).violations;
}

/** Likewise, and what it says. */
export function judgeMediaPlaylist(text: string): {
  playlist: ParsedMediaPlaylist;
  violations: string[];
} {
  const { lines, violations } = readPlaylistLines(text);
  const playlist = parseMediaPlaylist(lines);
  return { playlist, violations: [...violations, ...checkParsed(playlist)] };
}

function checkParsed(playlist: ParsedMediaPlaylist): string[] {
  const { lines } = playlist;
  return [
    ...checkOrder(lines),
    ...checkVersion(playlist),
    ...checkSegments(playlist),
    ...checkParts(playlist),
    ...checkServerControl(playlist),
    ...checkKeys(lines),
    ...checkDates(playlist),
    ...checkHints(playlist),
    ...checkReports(playlist),
  ];
}

/** Reads a media playlist that has been judged. */
export function readMediaPlaylist(text: string): ParsedMediaPlaylist {
  return parseMediaPlaylist(readPlaylistLines(text).lines);
}

function checkOrder(lines: readonly PlaylistLine[]): string[] {
  const violations: string[] = [];
  const isMultivariant = lines.some(
    ({ tag }) => tag === "EXT-X-STREAM-INF" || tag === "EXT-X-MEDIA",
  );
  if (isMultivariant) violations.push("it has tags of a multivariant playlist");
  const indexOf = (tag: string) => lines.findIndex((line) => line.tag === tag);
  if (indexOf("EXT-X-TARGETDURATION") < 0) violations.push("no EXT-X-TARGETDURATION");
  const firstSegment = lines.findIndex(({ tag }) => tag === "" || tag === "EXT-X-PART");
  const firstOfSegments = lines.findIndex(
    ({ tag }) => tag === "" || /^EXT(INF|-X-(PART|KEY|MAP|PROGRAM.*|DISCONTINUITY|GAP))$/.test(tag),
  );
  const early: [string, number][] = [
    ["EXT-X-MEDIA-SEQUENCE", firstSegment],
    ["EXT-X-DISCONTINUITY-SEQUENCE", firstOfSegments],
    ["EXT-X-PART-INF", firstSegment],
    ["EXT-X-SERVER-CONTROL", firstSegment],
    ["EXT-X-SKIP", firstOfSegments],
  ];
  for (const [tag, limit] of early) {
    if (limit >= 0 && indexOf(tag) > limit) violations.push(`${tag} comes behind segments`);
  }
  const lastSegment = lines.findLastIndex(({ tag }) => tag === "" || tag === "EXT-X-PART");
  for (const tag of ["EXT-X-PRELOAD-HINT", "EXT-X-ENDLIST"]) {
    const index = indexOf(tag);
    if (index >= 0 && index < lastSegment) violations.push(`${tag} comes before the end`);
  }
  return violations;
}

function checkVersion({ lines, version }: ParsedMediaPlaylist): string[] {
  let needed = 1;
  for (const { tag, value, attributes } of lines) {
    needed = Math.max(needed, VERSION_OF_TAG[tag] ?? 1);
    if (tag === "EXTINF" && value.includes(".")) needed = Math.max(needed, 3);
    if (tag === "EXT-X-KEY" && attributes.has("IV")) needed = Math.max(needed, 2);
    if (tag === "EXT-X-KEY" && attributes.has("KEYFORMAT")) needed = Math.max(needed, 5);
  }
  return version < needed ? [`version ${version} where ${needed} is needed`] : [];
}

function checkSegments(playlist: ParsedMediaPlaylist): string[] {
  const violations: string[] = [];
  const uris = new Set<string>();
  for (const segment of playlist.segments) {
    const { uri, duration, byteRange, map } = segment;
    if (Number.isNaN(duration)) violations.push(`${uri}: no EXTINF`);
    if (Math.round(duration) > playlist.targetDuration) {
      violations.push(`${uri}: ${duration} s exceed the target duration`);
    }
    const resource = `${uri} ${byteRange ?? ""}`;
    if (uris.has(resource)) violations.push(`${uri}: a second time`);
    uris.add(resource);
    if (/\.m4s(\?|$)/.test(uri) && map === undefined) violations.push(`${uri}: no EXT-X-MAP`);
  }
  const { openSegment, isEnded, segments } = playlist;
  const isCut = openSegment !== undefined && !Number.isNaN(openSegment.duration);
  if (isCut) violations.push("an EXTINF without an address");
  if (isEnded && openSegment !== undefined) violations.push("it ends within a segment");
  if (segments.length === 0 && openSegment === undefined && playlist.skippedSegments === 0) {
    violations.push("no segment");
  }
  return violations;
}

function checkParts({ segments, openSegment, partTarget, ...rest }: ParsedMediaPlaylist): string[] {
  const violations: string[] = [];
  const owners = openSegment === undefined ? segments : [...segments, openSegment];
  if (partTarget === undefined) {
    return owners.some(({ parts }) => parts.length > 0) ? ["parts without EXT-X-PART-INF"] : [];
  }
  const resources = new Set<string>();
  for (const segment of owners) {
    for (const [index, part] of segment.parts.entries()) {
      const isLast = index === segment.parts.length - 1; // Of the open one: it may turn out to be.
      violations.push(...checkPartDuration(part, partTarget, isLast));
      const resource = `${part.uri} ${part.byteRange ?? ""}`;
      if (resources.has(resource)) violations.push(`${part.uri}: a second time`);
      resources.add(resource);
    }
    violations.push(...checkPartSum(segment));
    const [first] = segment.parts;
    if (rest.isIndependentSegments && first?.isIndependent === false && !first.isGap) {
      violations.push(`should: ${first.uri}: a segment begins with an independent part`);
    }
  }
  return violations;
}

function checkPartDuration(part: ParsedPart, partTarget: number, isLast: boolean): string[] {
  const { uri, duration } = part;
  if (duration > partTarget + ROUNDING_S / 10)
    return [`${uri}: ${duration} s exceed the part target`];
  if (isLast || duration >= partTarget * PART_DURATION_MIN) return [];
  return [`${uri}: ${duration} s are less than 85 % of the part target`];
}

function checkPartSum({ uri, duration, parts }: ParsedSegment): string[] {
  if (uri === "" || parts.length === 0) return [];
  const sum = sumOf(parts);
  const isOff = Math.abs(sum - duration) > PART_SUM_TOLERANCE_S;
  return isOff ? [`${uri}: ${duration} s, but its parts ${sum.toFixed(3)} s`] : [];
}

function checkServerControl(playlist: ParsedMediaPlaylist): string[] {
  const { serverControl, targetDuration, partTarget, skippedSegments } = playlist;
  const violations: string[] = [];
  const least = (name: string, count: number, unit: number, prefix = "") => {
    const value = serverControl.get(name);
    if (value === undefined || Number(value) >= count * unit - ROUNDING_S / 10) return;
    violations.push(`${prefix}${name} is ${value}, less than ${count} x ${unit}`);
  };
  least("HOLD-BACK", 3, targetDuration);
  least("CAN-SKIP-UNTIL", 6, targetDuration);
  if (partTarget !== undefined) {
    if (!serverControl.has("PART-HOLD-BACK")) violations.push("parts without PART-HOLD-BACK");
    if (!serverControl.has("CAN-BLOCK-RELOAD")) {
      violations.push("should: parts without CAN-BLOCK-RELOAD");
    }
    least("PART-HOLD-BACK", 2, partTarget);
    least("PART-HOLD-BACK", 3, partTarget, "should: ");
  } else if (serverControl.has("PART-HOLD-BACK")) violations.push("PART-HOLD-BACK without parts");
  if (skippedSegments > 0 && !serverControl.has("CAN-SKIP-UNTIL")) {
    violations.push("EXT-X-SKIP without CAN-SKIP-UNTIL");
  }
  if (playlist.lines.some(({ tag }) => tag === "EXT-X-SKIP") && skippedSegments === 0) {
    violations.push("EXT-X-SKIP that skips nothing");
  }
  return violations;
}

function checkKeys(lines: readonly PlaylistLine[]): string[] {
  const violations: string[] = [];
  for (const { tag, attributes, number } of lines) {
    if (tag !== "EXT-X-KEY") continue;
    const iv = attributes.get("IV");
    if (attributes.get("METHOD") === "NONE") {
      if (attributes.size > 1) violations.push(`line ${number}: NONE with other attributes`);
    } else if (!attributes.has("URI")) violations.push(`line ${number}: no URI`);
    if (iv !== undefined && iv.length !== 2 + 32) {
      violations.push(`line ${number}: the IV has not 16 bytes`);
    }
  }
  return violations;
}

function checkDates({ segments, openSegment }: ParsedMediaPlaylist): string[] {
  const violations: string[] = [];
  let expectedMs: number | undefined;
  for (const segment of openSegment === undefined ? segments : [...segments, openSegment]) {
    const { programDateTimeMs, isDiscontinuous, duration, uri } = segment;
    if (isDiscontinuous) expectedMs = undefined;
    if (programDateTimeMs !== undefined) {
      const distance = Math.abs(programDateTimeMs - (expectedMs ?? programDateTimeMs));
      if (distance > DATE_TOLERANCE_MS) {
        violations.push(`${uri}: its date is ${distance} ms off those of the durations`);
      }
      expectedMs = programDateTimeMs;
    }
    if (expectedMs !== undefined) expectedMs += duration * 1_000;
  }
  return violations;
}

function checkHints(playlist: ParsedMediaPlaylist): string[] {
  const violations: string[] = [];
  const types = new Set<string | undefined>();
  for (const hint of playlist.preloadHints) {
    const type = hint.get("TYPE");
    const uri = hint.get("URI") ?? "";
    if (types.has(type)) violations.push(`two hints of the type ${type}`);
    types.add(type);
    const isThere = allParts(playlist).some((part) => part.uri === uri);
    if (isThere && !hint.has("BYTERANGE-START")) violations.push(`hint at ${uri}, which is there`);
    if (playlist.isEnded) violations.push("a hint at what comes behind the end");
    if (type === "PART" && playlist.partTarget === undefined) {
      violations.push("a hint at a part without EXT-X-PART-INF");
    }
  }
  return violations;
}

function checkReports(playlist: ParsedMediaPlaylist): string[] {
  const violations: string[] = [];
  const uris = new Set<string>();
  const { segments, openSegment, mediaSequence, skippedSegments, partTarget } = playlist;
  const own = mediaSequence + skippedSegments + segments.length - (openSegment ? 0 : 1);
  for (const report of playlist.renditionReports) {
    const uri = report.get("URI") ?? "";
    if (uris.has(uri)) violations.push(`two reports of ${uri}`);
    uris.add(uri);
    if (/^[a-z]+:/i.test(uri)) violations.push(`the report's address ${uri} is not relative`);
    const lastMsn = report.get("LAST-MSN");
    if (lastMsn !== undefined && Math.abs(Number(lastMsn) - own) > REPORT_DISTANCE_MAX) {
      violations.push(`the report of ${uri} is at ${lastMsn}, this playlist at ${own}`);
    }
    if (partTarget !== undefined && !report.has("LAST-PART")) {
      violations.push(`the report of ${uri} names no part`);
    }
    if (report.has("LAST-PART") && lastMsn === undefined) {
      violations.push(`the report of ${uri} names a part of no segment`);
    }
  }
  return violations;
}

function allParts({ segments, openSegment }: ParsedMediaPlaylist): ParsedPart[] {
  return [...segments, ...(openSegment === undefined ? [] : [openSegment])].flatMap(
    ({ parts }) => parts,
  );
}

/** Seconds of all of them. */
export function sumOf(items: readonly { readonly duration: number }[]): number {
  return items.reduce((sum, { duration }) => sum + duration, 0);
}

// Multivariant playlists --------------------------------------------------------------------------

/** Says everything that is wrong with a multivariant playlist. */
export function checkMultivariantPlaylist(text: string): string[] {
  const { lines, violations } = readPlaylistLines(text);
  const groups = new Set<string>();
  violations.push(...checkRenditions(lines, groups));
  if (!lines.some(({ tag }) => tag === "EXT-X-STREAM-INF")) violations.push("no variant");
  for (const [index, { tag, number }] of lines.entries()) {
    if (tag === "" && lines[index - 1]?.tag !== "EXT-X-STREAM-INF") {
      violations.push(`line ${number}: an address without EXT-X-STREAM-INF`);
    }
    if (/^EXT(INF|-X-(TARGETDURATION|MEDIA-SEQUENCE|PART|ENDLIST|KEY|MAP))$/.test(tag)) {
      violations.push(`line ${number}: a tag of a media playlist`);
    }
    if (tag === "EXT-X-STREAM-INF") violations.push(...checkVariant(lines, index, groups));
  }
  const captions = lines.flatMap(({ tag, attributes }) =>
    tag === "EXT-X-STREAM-INF" ? [attributes.get("CLOSED-CAPTIONS")] : [],
  );
  if (captions.includes("NONE") && captions.some((value) => value !== "NONE")) {
    violations.push("no closed captions in some variants only");
  }
  return violations;
}

function checkRenditions(lines: readonly PlaylistLine[], groups: Set<string>): string[] {
  const violations: string[] = [];
  const names = new Set<string>();
  const defaults = new Set<string>();
  for (const { tag, attributes, number } of lines) {
    if (tag !== "EXT-X-MEDIA") continue;
    const group = `${attributes.get("TYPE")} ${attributes.get("GROUP-ID")}`;
    const name = `${group} ${attributes.get("NAME")}`;
    const isDefault = attributes.get("DEFAULT") === "YES";
    if (names.has(name)) violations.push(`line ${number}: the name is there already`);
    if (isDefault && defaults.has(group)) violations.push(`line ${number}: a second default`);
    if (isDefault && attributes.get("AUTOSELECT") === "NO") {
      violations.push(`line ${number}: a default that is not selected by itself`);
    }
    const isInSegments = attributes.get("TYPE") === "CLOSED-CAPTIONS";
    if (isInSegments !== attributes.has("INSTREAM-ID")) {
      violations.push(`line ${number}: INSTREAM-ID is for closed captions, which need it`);
    }
    if (isInSegments && attributes.has("URI")) {
      violations.push(`line ${number}: closed captions with a playlist`);
    }
    groups.add(group);
    names.add(name);
    if (isDefault) defaults.add(group);
  }
  return violations;
}

function checkVariant(
  lines: readonly PlaylistLine[],
  index: number,
  groups: ReadonlySet<string>,
): string[] {
  const violations: string[] = [];
  const number = lines[index]?.number;
  const attributes: Attributes = lines[index]?.attributes ?? new Map();
  if (lines[index + 1]?.tag !== "") violations.push(`line ${number}: no address follows`);
  if (Number(attributes.get("AVERAGE-BANDWIDTH") ?? 0) > Number(attributes.get("BANDWIDTH"))) {
    violations.push(`line ${number}: the average exceeds the peak`);
  }
  for (const type of ["AUDIO", "VIDEO", "SUBTITLES", "CLOSED-CAPTIONS"]) {
    const id = attributes.get(type);
    if (id === undefined || (type === "CLOSED-CAPTIONS" && id === "NONE")) continue;
    if (!groups.has(`${type} ${id}`)) {
      violations.push(`line ${number}: there is no group "${id}" of ${type}`);
    }
  }
  return violations;
}
