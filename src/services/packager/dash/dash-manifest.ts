/**
 * The manifest of a stream in CMAF for DASH.
 *
 * Media times count from the Unix epoch, and so does the presentation: `availabilityStartTime` is the
 * epoch, and a segment is there at its end, by the server's clock.
 *
 * Spec: ISO/IEC 23009-1, sections 5.3.2 (periods) and 5.3.9.6 (SegmentTimeline).
 *
 * @module
 */

import {
  type AdaptationSet,
  formatMpd,
  type Mpd,
  type Period,
  UtcTimingScheme,
} from "../../../codec/mpd/mpd.ts";
import type { SegmentTemplate, TimelineSegment } from "../../../codec/mpd/segment-template.ts";
import type { DashConfig } from "../../../config/packaging-config.ts";
import type { TrackKind } from "../../../live/track.ts";
import { measureBandwidth } from "../bandwidth.ts";
import type { StateOf } from "../cmaf/cmaf-mirror.ts";
import type { CmafPackager } from "../cmaf/cmaf-packager.ts";
import { type FinishedSegment, isGap } from "../cmaf/cmaf-segment.ts";
import { relativeUri } from "../relative-uri.ts";

const SECOND_MS = 1_000;
/** How long a segment is that say: one that was long for once is not to hold players back for ever. */
const RECENT_ROWS = 5;
const KINDS: readonly TrackKind[] = ["video", "audio"];

export interface ManifestOptions {
  readonly config: DashConfig;
  /** The manifest's own name. */
  readonly entry: string;
  /** Where the segments are. */
  readonly folder: string;
  /** There are closed captions in the pictures. */
  readonly hasCaptions: boolean;
  readonly nowMs: number;
  /** Where players are to ask for the next version; absent: where they got this one. */
  readonly location?: string | undefined;
  /** Comes behind the addresses of media, such as `?vhost=a.example`. */
  readonly mediaSuffix?: string | undefined;
  /** For a file: what the disk makes of a segment. Absent: all are there. */
  readonly stateOf?: StateOf | undefined;
}

/** The segments of all tracks with one media sequence number. */
interface Row {
  readonly msn: number;
  readonly segments: ReadonlyMap<TrackKind, FinishedSegment>;
}

/** Rows without a discontinuity between them: a period. */
interface Run {
  readonly rows: Row[];
  readonly discontinuity: number;
  /** Milliseconds since the Unix epoch. Stays the same while segments leave the manifest. */
  readonly startMs: number;
}

/** @returns `undefined` if there is no complete segment. */
export function formatDashManifest(
  packager: CmafPackager,
  options: ManifestOptions,
): string | undefined {
  const { config, entry, folder, hasCaptions, nowMs, location, mediaSuffix = "" } = options;
  const { stateOf = () => "memory" } = options;
  const rows = listRows(packager, stateOf).slice(-config.dashWindowSize);
  const runs = splitRuns(rows);
  if (runs.length === 0) return undefined;
  const segmentSeconds = longestSeconds(rows.slice(-RECENT_ROWS));
  const windowSeconds = (endOf(rows) - startOf(rows)) / SECOND_MS;
  const mpd: Mpd = {
    type: "dynamic",
    availabilityStartTimeMs: 0,
    publishTimeMs: nowMs,
    minimumUpdatePeriod: packager.isEnded ? undefined : config.dashUpdatePeriod,
    timeShiftBufferDepth: Math.min(config.dashTimeshift, windowSeconds),
    suggestedPresentationDelay: 2 * segmentSeconds,
    minBufferTime: segmentSeconds,
    maxSegmentDuration: longestSeconds(rows),
    location,
    baseUrl: relativeUri(entry, `${folder}/`),
    periods: runs.map((run, index) => {
      // Who is told that nothing will follow must be told of the end too (table 3, in 5.3.1.2).
      const endMs = runs[index + 1]?.startMs ?? (packager.isEnded ? endOf(run.rows) : undefined);
      const templateOf = (kind: TrackKind): string => packager.names.segment(kind, "$Time$");
      return toPeriod(run, endMs, { templateOf, mediaSuffix, hasCaptions });
    }),
    utcTiming: { scheme: UtcTimingScheme.Direct, value: nowMs },
  };
  return formatMpd(mpd);
}

/** Those that all tracks are done with. */
function listRows(packager: CmafPackager, stateOf: StateOf): Row[] {
  const lists = Array.from(packager.tracks.values(), ({ kind, firstMsn }) => {
    return { kind, firstMsn, list: packager.listed(kind) };
  });
  const endMsn = Math.max(...lists.map(({ list }) => (list.at(-1)?.msn ?? -1) + 1));
  const rows: Row[] = [];
  for (let msn = packager.firstListedMsn; msn < endMsn; msn++) {
    const segments = new Map<TrackKind, FinishedSegment>();
    for (const { kind, firstMsn, list } of lists) {
      if (msn < firstMsn) continue;
      const segment = segmentAt(list, msn, stateOf);
      // A track that has broken off before the others is done.
      if (segment === "pending" || (segment === "open" && packager.isFed)) return rows;
      if (segment !== undefined && segment !== "open") segments.set(kind, segment);
    }
    if (segments.size > 0) rows.push({ msn, segments });
  }
  return rows;
}

/** @returns `undefined` if there is nothing to have of the track. */
function segmentAt(
  list: readonly FinishedSegment[],
  msn: number,
  stateOf: StateOf,
): FinishedSegment | "pending" | "open" | undefined {
  const segment = list[msn - (list[0]?.msn ?? 0)];
  if (segment === undefined) return msn > (list.at(-1)?.msn ?? -1) ? "open" : undefined;
  const state = stateOf(segment);
  if (state === "pending") return "pending";
  const isThere = state !== "failed" && !isGap(segment) && segment.durationTicks > 0;
  return isThere ? segment : undefined;
}

function splitRuns(rows: readonly Row[]): Run[] {
  const runs: Run[] = [];
  for (const row of rows) {
    const [segment] = row.segments.values();
    if (segment === undefined) continue;
    const { discontinuity, discontinuityMs: startMs } = segment;
    const run = runs.at(-1);
    if (run !== undefined && run.discontinuity === discontinuity) run.rows.push(row);
    else runs.push({ rows: [row], discontinuity, startMs });
  }
  return runs;
}

/** What is the same for all periods. */
interface PeriodForm {
  readonly templateOf: (kind: TrackKind) => string;
  readonly mediaSuffix: string;
  readonly hasCaptions: boolean;
}

function toPeriod(run: Run, endMs: number | undefined, form: PeriodForm): Period {
  const { templateOf, mediaSuffix } = form;
  const { rows, startMs } = run;
  return {
    id: `p${Math.round(startMs)}`, // No other period of the stream has it, also after a pause.
    start: startMs / SECOND_MS,
    duration: endMs === undefined ? undefined : (endMs - startMs) / SECOND_MS,
    adaptationSets: KINDS.flatMap((kind, id) => {
      const segments = rows.flatMap(({ segments: all }) => all.get(kind) ?? []);
      const media = `${templateOf(kind)}${mediaSuffix}`;
      if (segments.length === 0) return [];
      const hasCaptions = form.hasCaptions && kind === "video";
      return [toAdaptationSet(kind, { id, media, mediaSuffix, hasCaptions, startMs, segments })];
    }),
  };
}

/** When the first of them begins, in milliseconds since the Unix epoch. */
function startOf(rows: readonly Row[]): number {
  const first = rows[0]?.segments.values() ?? [];
  return Math.min(...Array.from(first, ({ startMs }) => startMs));
}

/** When the last of them is over, likewise. */
function endOf(rows: readonly Row[]): number {
  const last = rows.at(-1)?.segments.values() ?? [];
  return Math.max(...Array.from(last, ({ startMs, durationMs }) => startMs + durationMs));
}

interface TrackPlace {
  readonly id: number;
  /** The template of its segments' names. */
  readonly media: string;
  readonly mediaSuffix: string;
  readonly hasCaptions: boolean;
  /** Of the period. */
  readonly startMs: number;
  readonly segments: readonly FinishedSegment[];
}

function toAdaptationSet(kind: TrackKind, place: TrackPlace): AdaptationSet {
  const { id, media, mediaSuffix, hasCaptions, startMs, segments } = place;
  const initialization = segments[0]?.initialization;
  const { peak } = measureBandwidth([{ segments, open: undefined }]);
  const track = initialization?.track;
  const timescale = track?.timescale ?? 1;
  const segmentTemplate: SegmentTemplate = {
    timescale,
    initialization: `${initialization?.name ?? ""}${mediaSuffix}`,
    media,
    presentationTimeOffset: Math.round((startMs * timescale) / SECOND_MS),
    timeline: toTimeline(segments),
  };
  const representation = {
    id: kind,
    bandwidth: Math.ceil(peak),
    codecs: track?.codecString,
    ...(track?.kind === "video" && {
      width: track.width,
      height: track.height,
      frameRate: track.frameRate,
    }),
    ...(track?.kind === "audio" && {
      samplingRate: track.sampleRate,
      channelCount: track.channelCount,
    }),
  };
  const mimeType = `${kind}/mp4`;
  const representations = [representation];
  return { id, contentType: kind, mimeType, hasCaptions, segmentTemplate, representations };
}

/**
 * A segment that ends in silence ends where the next begins: frames may have come too late for it. The
 * start is part of a segment's name.
 */
function toTimeline(segments: readonly FinishedSegment[]): TimelineSegment[] {
  return segments.map(({ startTicks: startTime, durationTicks }, index) => {
    const nextTime = segments[index + 1]?.startTicks ?? Number.POSITIVE_INFINITY;
    return { startTime, duration: Math.max(1, Math.min(durationTicks, nextTime - startTime)) };
  });
}

function longestSeconds(rows: readonly Row[]): number {
  let longestMs = 0;
  for (const { segments } of rows) {
    for (const { durationMs } of segments.values()) longestMs = Math.max(longestMs, durationMs);
  }
  return longestMs / SECOND_MS;
}
