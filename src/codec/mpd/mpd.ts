/**
 * The MPD (media presentation description): by which DASH players learn what a stream consists of.
 *
 * Spec: ISO/IEC 23009-1, sections 5.3 (hierarchy) and 5.8 (descriptors); annex B (schema), which also
 * fixes the order of elements; annex K (ServiceDescription).
 *
 * @module
 */

import { formatDateTime } from "../../base/date-time.ts";
import { formatDuration, formatFrameRate } from "./lexical.ts";
import { formatSegmentTemplate, type SegmentTemplate } from "./segment-template.ts";
import { xmlElement, xmlTextElement } from "./xml.ts";

/** Where players set their clocks by (section 5.8.5.7). */
export const UtcTimingScheme = {
  Ntp: "urn:mpeg:dash:utc:ntp:2014",
  Sntp: "urn:mpeg:dash:utc:sntp:2014",
  HttpHead: "urn:mpeg:dash:utc:http-head:2014",
  HttpXsDate: "urn:mpeg:dash:utc:http-xsdate:2014",
  HttpIso: "urn:mpeg:dash:utc:http-iso:2014",
  HttpNtp: "urn:mpeg:dash:utc:http-ntp:2014",
  /** The time itself, as of when the MPD is sent. */
  Direct: "urn:mpeg:dash:utc:direct:2014",
} as const;
export type UtcTimingScheme = (typeof UtcTimingScheme)[keyof typeof UtcTimingScheme];

/** Durations are in seconds, points in time in milliseconds since the Unix epoch. */
export interface Mpd {
  /** Absent: segments in the ISO base media file format, addressed by templates. */
  readonly profiles?: readonly string[] | undefined;
  /** `dynamic` changes and needs `availabilityStartTimeMs`; `static` is complete. */
  readonly type: "dynamic" | "static";
  /** Where the presentation's time is 0. Must stay the same. */
  readonly availabilityStartTimeMs?: number | undefined;
  readonly publishTimeMs?: number | undefined;
  /** How long the MPD holds at least; absent: for ever. */
  readonly minimumUpdatePeriod?: number | undefined;
  /** Of all of it; for `static`. */
  readonly mediaPresentationDuration?: number | undefined;
  /** How long segments can be had. */
  readonly timeShiftBufferDepth?: number | undefined;
  /** How far behind now players should stay. */
  readonly suggestedPresentationDelay?: number | undefined;
  /** What players should have in advance, given the stated bandwidths. */
  readonly minBufferTime: number;
  readonly maxSegmentDuration?: number | undefined;
  /** Where the next version of the MPD is to be had. Absent: where this one was. */
  readonly location?: string | undefined;
  readonly baseUrl?: string | undefined;
  readonly latency?: LatencyGoal | undefined;
  readonly periods: readonly Period[];
  readonly utcTiming?: UtcTiming | undefined;
}

/** How far behind now a low-latency player should be, and how fast it may play to get there. */
export interface LatencyGoal {
  readonly targetMs: number;
  readonly minMs?: number | undefined;
  readonly maxMs?: number | undefined;
  /** 1 is the normal speed. */
  readonly playbackRateMin?: number | undefined;
  readonly playbackRateMax?: number | undefined;
}

export interface UtcTiming {
  readonly scheme: UtcTimingScheme;
  /** An address, or for `Direct` milliseconds since the Unix epoch. */
  readonly value: string | number;
}

/** A stretch of time in which tracks and their coding stay the same. */
export interface Period {
  /** Must stay the same. */
  readonly id: string;
  /** From the presentation's start. */
  readonly start: number;
  /** Absent: up to the next, or to the end. */
  readonly duration?: number | undefined;
  readonly adaptationSets: readonly AdaptationSet[];
}

/** The qualities of one kind of content, among which a player may switch. */
export interface AdaptationSet {
  readonly id?: number | undefined;
  readonly contentType: "video" | "audio";
  readonly mimeType: string;
  /** A language tag of RFC 5646. */
  readonly language?: string | undefined;
  /** There are closed captions in the pictures, of a language that is not known (SCTE 214-1, 7.2). */
  readonly hasCaptions?: boolean | undefined;
  readonly segmentTemplate?: SegmentTemplate | undefined;
  readonly representations: readonly Representation[];
}

/** One quality. */
export interface Representation {
  /** Unlike any other in the period; becomes part of addresses. */
  readonly id: string;
  /** Bits per second. */
  readonly bandwidth: number;
  /** RFC 6381. */
  readonly codecs?: string | undefined;
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  readonly frameRate?: number | undefined;
  /** Of audio, in Hz. */
  readonly samplingRate?: number | undefined;
  readonly channelCount?: number | undefined;
  /** Where it differs from the adaptation set's. */
  readonly segmentTemplate?: SegmentTemplate | undefined;
}

const LIVE_PROFILE = "urn:mpeg:dash:profile:isoff-live:2011";
/** The value is the number of channels (ISO/IEC 23003-3, and section 5.8.5.4). */
const CHANNEL_SCHEME = "urn:mpeg:dash:23003:3:audio_channel_configuration:2011";

/** Without a value: the first channel. */
const CAPTION_SCHEME = "urn:scte:dash:cc:cea-608:2015";

export function formatMpd(mpd: Mpd): string {
  const { baseUrl, latency, utcTiming } = mpd;
  const attributes = {
    xmlns: "urn:mpeg:dash:schema:mpd:2011",
    profiles: (mpd.profiles ?? [LIVE_PROFILE]).join(","),
    type: mpd.type,
    availabilityStartTime: maybe(formatDateTime, mpd.availabilityStartTimeMs),
    publishTime: maybe(formatDateTime, mpd.publishTimeMs),
    minimumUpdatePeriod: maybe(formatDuration, mpd.minimumUpdatePeriod),
    mediaPresentationDuration: maybe(formatDuration, mpd.mediaPresentationDuration),
    timeShiftBufferDepth: maybe(formatDuration, mpd.timeShiftBufferDepth),
    suggestedPresentationDelay: maybe(formatDuration, mpd.suggestedPresentationDelay),
    minBufferTime: formatDuration(mpd.minBufferTime),
    maxSegmentDuration: maybe(formatDuration, mpd.maxSegmentDuration),
  };
  const children: string[] = [];
  if (baseUrl !== undefined) children.push(xmlTextElement("BaseURL", {}, baseUrl));
  if (mpd.location !== undefined) children.push(xmlTextElement("Location", {}, mpd.location));
  if (latency !== undefined) children.push(formatLatency(latency));
  for (const period of mpd.periods) children.push(formatPeriod(period));
  if (utcTiming !== undefined) children.push(formatUtcTiming(utcTiming));
  return `<?xml version="1.0" encoding="utf-8"?>\n${xmlElement("MPD", attributes, children)}`;
}

function formatLatency(goal: LatencyGoal): string {
  const { playbackRateMin, playbackRateMax } = goal;
  const latency = { target: goal.targetMs, max: goal.maxMs, min: goal.minMs };
  const children = [xmlElement("Latency", latency)];
  if (playbackRateMin !== undefined || playbackRateMax !== undefined) {
    children.push(xmlElement("PlaybackRate", { max: playbackRateMax, min: playbackRateMin }));
  }
  return xmlElement("ServiceDescription", { id: 0 }, children);
}

function formatUtcTiming({ scheme, value }: UtcTiming): string {
  return xmlElement("UTCTiming", {
    schemeIdUri: scheme,
    value: typeof value === "number" ? formatDateTime(value) : value,
  });
}

function formatPeriod({ id, start, duration, adaptationSets }: Period): string {
  return xmlElement(
    "Period",
    { id, start: formatDuration(start), duration: maybe(formatDuration, duration) },
    adaptationSets.map(formatAdaptationSet),
  );
}

/** Segments of ours begin with key frames, at the same times in all representations. */
function formatAdaptationSet(set: AdaptationSet): string {
  const attributes = {
    id: set.id,
    contentType: set.contentType,
    mimeType: set.mimeType,
    lang: set.language,
    segmentAlignment: true,
    startWithSAP: 1,
  };
  return xmlElement("AdaptationSet", attributes, [
    set.hasCaptions === true ? xmlElement("Accessibility", { schemeIdUri: CAPTION_SCHEME }) : "",
    maybe(formatSegmentTemplate, set.segmentTemplate) ?? "",
    ...set.representations.map(formatRepresentation),
  ]);
}

function formatRepresentation(representation: Representation): string {
  const { channelCount } = representation;
  const attributes = {
    id: representation.id,
    bandwidth: Math.ceil(representation.bandwidth),
    codecs: representation.codecs,
    width: representation.width,
    height: representation.height,
    frameRate: maybe(formatFrameRate, representation.frameRate),
    audioSamplingRate: representation.samplingRate,
  };
  const channels = { schemeIdUri: CHANNEL_SCHEME, value: channelCount };
  return xmlElement("Representation", attributes, [
    channelCount === undefined ? "" : xmlElement("AudioChannelConfiguration", channels),
    maybe(formatSegmentTemplate, representation.segmentTemplate) ?? "",
  ]);
}

function maybe<Value>(
  format: (value: Value) => string,
  value: Value | undefined,
): string | undefined {
  return value === undefined ? undefined : format(value);
}
