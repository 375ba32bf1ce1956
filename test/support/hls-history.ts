/**
 * Judges each version of an HLS media playlist beside the one before it, as a client sees them that
 * reloads it. Results are those of `checkMediaPlaylist` and more.
 *
 * @module
 */

import { judgeMediaPlaylist, readMediaPlaylist, sumOf } from "./hls-check.ts";
import type { ParsedMediaPlaylist, ParsedSegment } from "./hls-parse.ts";

/** Durations are written with three digits behind the point. */
const ROUNDING_S = 0.001;

/** The versions of one playlist, as a client sees them, whole or as delta updates. */
export class PlaylistHistory {
  #playlist: ParsedMediaPlaylist | undefined;

  /** Judges the next version by itself and by the one before it. */
  add(text: string): string[] {
    const { playlist: update, violations } = judgeMediaPlaylist(text);
    const before = this.#playlist;
    if (before === undefined) {
      if (update.skippedSegments > 0) violations.push("a delta update of nothing");
      this.#playlist = update;
      return violations;
    }
    violations.push(...checkDelta(before, update));
    const after = applyDelta(before, update);
    this.#playlist = after;
    return [...violations, ...checkUpdate(before, after)];
  }

  /** What the client knows. */
  get playlist(): ParsedMediaPlaylist {
    if (this.#playlist === undefined) throw new Error("There is no version yet");
    return this.#playlist;
  }
}

/** Says in what the playlist that a client makes of a delta update differs from the whole one. */
export function compareReconstruction(
  before: ParsedMediaPlaylist,
  delta: string,
  whole: ParsedMediaPlaylist,
): string[] {
  const made = applyDelta(before, readMediaPlaylist(delta));
  const violations: string[] = [];
  for (const field of ["segments", "openSegment", "preloadHints", "renditionReports"] as const) {
    if (describe(made[field]) !== describe(whole[field])) violations.push(`the ${field} differ`);
  }
  for (const field of ["mediaSequence", "discontinuitySequence", "targetDuration"] as const) {
    if (made[field] !== whole[field]) violations.push(`the ${field} differs`);
  }
  return violations;
}

/** The update with what it skips taken from the version before; the update itself if it skips nothing. */
function applyDelta(before: ParsedMediaPlaylist, update: ParsedMediaPlaylist): ParsedMediaPlaylist {
  const { mediaSequence, skippedSegments } = update;
  if (skippedSegments === 0) return update;
  const skipped = before.segments.filter(
    ({ sequenceNumber }) =>
      sequenceNumber >= mediaSequence && sequenceNumber < mediaSequence + skippedSegments,
  );
  const passed = skipped.filter(({ isDiscontinuous }) => isDiscontinuous).length;
  const last = skipped.at(-1);
  const complete = (segment: ParsedSegment): ParsedSegment => ({
    ...segment,
    discontinuitySequence: segment.discontinuitySequence + passed,
    map: segment.map ?? last?.map,
  });
  const { openSegment } = update;
  return {
    ...update,
    skippedSegments: 0,
    segments: [...skipped, ...update.segments.map(complete)],
    openSegment: openSegment === undefined ? undefined : complete(openSegment),
  };
}

function checkDelta(before: ParsedMediaPlaylist, update: ParsedMediaPlaylist): string[] {
  const { mediaSequence, skippedSegments, segments, openSegment } = update;
  if (skippedSegments === 0) return [];
  const violations: string[] = [];
  const numbers = new Set(before.segments.map(({ sequenceNumber }) => sequenceNumber));
  for (let i = 0; i < skippedSegments; i++) {
    if (!numbers.has(mediaSequence + i)) {
      violations.push(`skips segment ${mediaSequence + i}, which the client does not know`);
    }
  }
  const canSkipUntil = Number(update.serverControl.get("CAN-SKIP-UNTIL"));
  const rest = sumOf(segments) + sumOf(openSegment?.parts ?? []);
  if (rest < canSkipUntil - ROUNDING_S * segments.length) {
    violations.push(`skips up to ${rest.toFixed(3)} s from the end`);
  }
  return violations;
}

function checkUpdate(before: ParsedMediaPlaylist, after: ParsedMediaPlaylist): string[] {
  const violations: string[] = [];
  const same = (what: string, left: unknown, right: unknown) => {
    if (left !== right) violations.push(`${what} changed from ${left} to ${right}`);
  };
  same("the target duration", before.targetDuration, after.targetDuration);
  same("the part target", before.partTarget, after.partTarget);
  same(
    "the server control",
    describe([...before.serverControl]),
    describe([...after.serverControl]),
  );
  if (after.mediaSequence < before.mediaSequence) violations.push("the media sequence went back");
  const lastBefore = before.mediaSequence + before.segments.length;
  if (after.mediaSequence + after.segments.length < lastBefore) {
    violations.push("segments vanished from the end");
  }
  if (before.isEnded) same("the ended playlist", describe(before.lines), describe(after.lines));
  return [...violations, ...checkRemoval(before, after), ...checkKept(before, after)];
}

function checkRemoval(before: ParsedMediaPlaylist, after: ParsedMediaPlaylist): string[] {
  const violations: string[] = [];
  const removed = before.segments.filter((segment) => segment.sequenceNumber < after.mediaSequence);
  if (after.mediaSequence <= before.mediaSequence + before.segments.length) {
    const count = removed.filter(({ isDiscontinuous }) => isDiscontinuous).length;
    const expected = before.discontinuitySequence + count;
    if (after.discontinuitySequence !== expected) {
      violations.push(
        `the discontinuity sequence is ${after.discontinuitySequence}, not ${expected}`,
      );
    }
  }
  const isShort = sumOf(after.segments) < 3 * after.targetDuration - ROUNDING_S;
  if (removed.length > 0 && isShort && !after.isEnded) {
    violations.push("removal left less than three target durations");
  }
  return violations;
}

/** What was there must be there unchanged, under the same number. */
function checkKept(before: ParsedMediaPlaylist, after: ParsedMediaPlaylist): string[] {
  const violations: string[] = [];
  const numberOf = new Map(after.segments.map(({ uri, sequenceNumber }) => [uri, sequenceNumber]));
  const byNumber = new Map(after.segments.map((segment) => [segment.sequenceNumber, segment]));
  for (const old of before.segments) {
    const number = numberOf.get(old.uri);
    if (number !== undefined && number !== old.sequenceNumber && old.byteRange === undefined) {
      violations.push(`${old.uri} moved from ${old.sequenceNumber} to ${number}`);
    }
    const now = byNumber.get(old.sequenceNumber);
    if (now === undefined) continue;
    // Parts are for the end of the playlist: all those of a segment leave it, but never some.
    const kept = now.parts.length === 0 ? { ...old, parts: [] } : old;
    // A date may be said of the first segment alone, whichever that is.
    const isDated = old.programDateTimeMs !== undefined && now.programDateTimeMs !== undefined;
    const dated = isDated ? now : { ...now, programDateTimeMs: old.programDateTimeMs };
    if (describe(kept) !== describe(dated)) violations.push(`${old.uri} changed`);
  }
  return [...violations, ...checkOpenSegment(before, after, byNumber)];
}

function checkOpenSegment(
  before: ParsedMediaPlaylist,
  after: ParsedMediaPlaylist,
  byNumber: ReadonlyMap<number, ParsedSegment>,
): string[] {
  const violations: string[] = [];
  const open = before.openSegment;
  const number = before.mediaSequence + before.segments.length;
  const now = byNumber.get(number) ?? after.openSegment;
  if (now?.sequenceNumber !== number) return [];
  const partsBefore = open?.parts ?? [];
  if (open !== undefined && now.parts.length > 0) {
    const kept = now.parts.slice(0, partsBefore.length);
    if (describe(kept) !== describe(partsBefore)) violations.push(`parts of ${number} changed`);
    for (const field of ["isDiscontinuous", "key", "map", "programDateTimeMs"] as const) {
      if (open[field] !== now[field]) violations.push(`the ${field} of ${number} changed`);
    }
  }
  const hint = before.preloadHints.find((attributes) => attributes.get("TYPE") === "PART");
  const next = now.parts[partsBefore.length] ?? byNumber.get(number + 1)?.parts[0];
  if (hint !== undefined && next !== undefined && next.uri !== hint.get("URI")) {
    violations.push(`should: the hint was ${hint.get("URI")}, but ${next.uri} came`);
  }
  return violations;
}

/** @param value What JSON has a form for, or a list with maps of such. */
function describe(value: unknown): string {
  const toPlain = (item: unknown): unknown => (item instanceof Map ? [...item] : item);
  return JSON.stringify(Array.isArray(value) ? value.map(toPlain) : value) ?? "";
}
