/**
 * Judges MPDs by ISO/IEC 23009-1, as far as we use it: elements and attributes by its schema, times by
 * its text. What the guidelines of DASH-IF recommend begins with "should: ".
 *
 * @module
 */

import { parseXml, type XmlElement } from "./xml-parse.ts";

interface ElementRule {
  /** In the order of the schema. */
  readonly children?: readonly string[];
  readonly attributes: Readonly<Record<string, RegExp>>;
  readonly required?: readonly string[];
}

const ANY = /^[\s\S]+$/;
const COUNT = /^\d{1,20}$/;
const DECIMAL = /^-?\d+(\.\d+)?$/;
const BOOLEAN = /^(true|false)$/;
const DURATION = /^PT(?=\d)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?$/;
const DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
const FRAME_RATE = /^\d+(\/[1-9]\d*)?$/;
const MIME_TYPE = /^(video|audio)\/[\w.+-]+$/;

const REPRESENTATION_BASE = {
  mimeType: MIME_TYPE,
  codecs: /^[\w.-]+(,[\w.-]+)*$/,
  width: COUNT,
  height: COUNT,
  frameRate: FRAME_RATE,
  sar: /^\d+:\d+$/,
  audioSamplingRate: /^\d+( \d+)?$/,
  startWithSAP: /^[0-6]$/,
};

const RULES: Readonly<Record<string, ElementRule>> = {
  MPD: {
    children: ["BaseURL", "Location", "ServiceDescription", "Period", "UTCTiming"],
    attributes: {
      xmlns: /^urn:mpeg:dash:schema:mpd:2011$/,
      id: ANY,
      profiles: /^\S+$/,
      type: /^(static|dynamic)$/,
      availabilityStartTime: DATE,
      publishTime: DATE,
      minimumUpdatePeriod: DURATION,
      mediaPresentationDuration: DURATION,
      timeShiftBufferDepth: DURATION,
      suggestedPresentationDelay: DURATION,
      minBufferTime: DURATION,
      maxSegmentDuration: DURATION,
    },
    required: ["xmlns", "profiles", "minBufferTime"],
  },
  BaseURL: { attributes: {} },
  Location: { attributes: {} },
  ServiceDescription: { children: ["Latency", "PlaybackRate"], attributes: { id: COUNT } },
  Latency: { attributes: { target: COUNT, min: COUNT, max: COUNT, referenceId: COUNT } },
  PlaybackRate: { attributes: { min: DECIMAL, max: DECIMAL } },
  UTCTiming: {
    attributes: { schemeIdUri: /^urn:mpeg:dash:utc:[\w-]+:2014$/, value: ANY },
    required: ["schemeIdUri", "value"],
  },
  Period: {
    children: ["BaseURL", "SegmentTemplate", "AdaptationSet"],
    attributes: { id: ANY, start: DURATION, duration: DURATION },
  },
  AdaptationSet: {
    children: ["AudioChannelConfiguration", "Role", "BaseURL", "SegmentTemplate", "Representation"],
    attributes: {
      ...REPRESENTATION_BASE,
      id: COUNT,
      contentType: /^(video|audio|text)$/,
      lang: /^[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*$/,
      segmentAlignment: BOOLEAN,
    },
  },
  Role: { attributes: { schemeIdUri: ANY, value: ANY }, required: ["schemeIdUri"] },
  Representation: {
    children: ["AudioChannelConfiguration", "BaseURL", "SegmentTemplate"],
    attributes: { ...REPRESENTATION_BASE, id: /^\S+$/, bandwidth: COUNT },
    required: ["id", "bandwidth"],
  },
  AudioChannelConfiguration: {
    attributes: { schemeIdUri: ANY, value: COUNT },
    required: ["schemeIdUri", "value"],
  },
  SegmentTemplate: {
    children: ["SegmentTimeline"],
    attributes: {
      timescale: COUNT,
      presentationTimeOffset: COUNT,
      availabilityTimeOffset: /^(\d+(\.\d+)?|INF)$/,
      availabilityTimeComplete: BOOLEAN,
      startNumber: COUNT,
      duration: COUNT,
      initialization: ANY,
      media: ANY,
    },
    required: ["media"],
  },
  SegmentTimeline: { children: ["S"], attributes: {} },
  S: { attributes: { t: COUNT, n: COUNT, d: COUNT, r: /^(-1|\d+)$/ }, required: ["d"] },
};

/** A segment, with its times in ticks. */
interface Segment {
  readonly number: number;
  readonly startTime: number;
  readonly duration: number;
}

/** Says everything that is wrong with one version of an MPD. */
export function checkMpd(text: string): string[] {
  let mpd: XmlElement;
  try {
    mpd = parseXml(text);
  } catch (error) {
    return [`not well-formed: ${(error as Error).message}`];
  }
  if (mpd.name !== "MPD") return [`<${mpd.name}> is no MPD`];
  return [...checkElement(mpd), ...checkTop(mpd), ...checkPeriods(mpd)];
}

function checkElement(element: XmlElement): string[] {
  const { name, attributes, children, text } = element;
  const rule = RULES[name];
  if (rule === undefined) return [`unknown element <${name}>`];
  const violations: string[] = [];
  for (const [attribute, value] of attributes) {
    const form = rule.attributes[attribute];
    if (form === undefined) violations.push(`<${name}>: unknown attribute ${attribute}`);
    else if (!form.test(value)) violations.push(`<${name}>: ${attribute} is "${value}"`);
  }
  for (const attribute of rule.required ?? []) {
    if (!attributes.has(attribute)) violations.push(`<${name}>: no ${attribute}`);
  }
  let position = 0;
  for (const child of children) {
    const index = rule.children?.indexOf(child.name) ?? -1;
    if (index < 0) violations.push(`<${child.name}> in <${name}>`);
    else if (index < position) violations.push(`<${child.name}> comes late in <${name}>`);
    position = Math.max(position, index);
    violations.push(...checkElement(child));
  }
  if (name !== "BaseURL" && name !== "Location" && text.trim() !== "")
    violations.push(`<${name}>: text`);
  return violations;
}

function checkTop(mpd: XmlElement): string[] {
  const violations: string[] = [];
  const has = (name: string) => mpd.attributes.has(name);
  if (mpd.attributes.get("type") === "dynamic") {
    if (!has("availabilityStartTime")) violations.push("dynamic without availabilityStartTime");
    const hasEnd = findAll(mpd, "Period").at(-1)?.attributes.has("duration") === true;
    if (!has("minimumUpdatePeriod") && !has("mediaPresentationDuration") && !hasEnd) {
      violations.push("nothing will follow, but where it ends is not told");
    }
    if (!has("publishTime")) violations.push("dynamic without publishTime");
  } else {
    for (const name of [
      "minimumUpdatePeriod",
      "timeShiftBufferDepth",
      "suggestedPresentationDelay",
    ]) {
      if (has(name)) violations.push(`static with ${name}`);
    }
    if (!has("mediaPresentationDuration")) violations.push("static without a duration");
  }
  const [latency] = findAll(mpd, "Latency");
  const value = (name: string, absent: number) => Number(latency?.attributes.get(name) ?? absent);
  const target = value("target", 0);
  if (target < value("min", 0) || target > value("max", Number.POSITIVE_INFINITY)) {
    violations.push("the target latency is out of its bounds");
  }
  return violations;
}

function checkPeriods(mpd: XmlElement): string[] {
  const violations: string[] = [];
  const periods = findAll(mpd, "Period");
  if (periods.length === 0) violations.push("no period");
  const ids = new Set<string>();
  let lastStart = Number.NEGATIVE_INFINITY;
  for (const period of periods) {
    const id = period.attributes.get("id") ?? "";
    if (mpd.attributes.get("type") === "dynamic" && id === "")
      violations.push("a period without id");
    if (ids.has(id)) violations.push(`period ${id} a second time`);
    ids.add(id);
    const start = toSeconds(period.attributes.get("start") ?? "PT0S");
    if (start < lastStart) violations.push(`period ${id} starts before the one in front of it`);
    lastStart = start;
    violations.push(...checkRepresentations(mpd, period).map((what) => `period ${id}: ${what}`));
  }
  return violations;
}

function checkRepresentations(mpd: XmlElement, period: XmlElement): string[] {
  const violations: string[] = [];
  const ids = new Set<string>();
  const sets = findAll(period, "AdaptationSet");
  if (sets.length === 0) violations.push("no adaptation set");
  for (const set of sets) {
    if (findAll(set, "Representation").length === 0) violations.push("no representation");
    for (const representation of findAll(set, "Representation")) {
      const id = representation.attributes.get("id") ?? "";
      if (ids.has(id)) violations.push(`representation ${id} a second time`);
      ids.add(id);
      const found = [
        ...checkMedia(set, representation),
        ...checkTemplate(mpd, set, representation),
      ];
      violations.push(...found.map((what) => `${id}: ${what}`));
    }
  }
  return violations;
}

function checkMedia(set: XmlElement, representation: XmlElement): string[] {
  const get = (name: string) => representation.attributes.get(name) ?? set.attributes.get(name);
  const violations: string[] = [];
  const mimeType = get("mimeType");
  if (mimeType === undefined) violations.push("no mimeType");
  const contentType = set.attributes.get("contentType");
  if (contentType !== undefined && mimeType?.startsWith(`${contentType}/`) === false) {
    violations.push(`${contentType} as ${mimeType}`);
  }
  if (get("codecs") === undefined) violations.push("should: no codecs");
  if (Number(representation.attributes.get("bandwidth")) <= 0) violations.push("no bandwidth");
  const isVideo = mimeType?.startsWith("video/") === true;
  const expected = isVideo ? ["width", "height", "frameRate"] : ["audioSamplingRate"];
  for (const name of expected) if (get(name) === undefined) violations.push(`should: no ${name}`);
  const channels = [set, representation].flatMap((element) =>
    element.children.filter(({ name }) => name === "AudioChannelConfiguration"),
  );
  if (!isVideo && channels.length === 0) violations.push("should: no AudioChannelConfiguration");
  return violations;
}

/** The template of a representation, its own or its adaptation set's. */
function templateOf(set: XmlElement, representation: XmlElement): XmlElement | undefined {
  const own = representation.children.find(({ name }) => name === "SegmentTemplate");
  return own ?? set.children.find(({ name }) => name === "SegmentTemplate");
}

function checkTemplate(mpd: XmlElement, set: XmlElement, representation: XmlElement): string[] {
  const template = templateOf(set, representation);
  if (template === undefined) return ["no segments"];
  const violations: string[] = [];
  const { attributes } = template;
  const media = attributes.get("media") ?? "";
  if (!/\$(Number|Time)(%0\d+d)?\$/.test(media)) violations.push("all segments have one address");
  if (/\$(Number|Time)/.test(attributes.get("initialization") ?? "")) {
    violations.push("an initialization segment for each segment");
  }
  for (const address of [media, attributes.get("initialization") ?? ""]) {
    const rest = address.replace(/\$(RepresentationID|((Number|Time|Bandwidth)(%0\d+d)?))?\$/g, "");
    if (rest.includes("$")) violations.push(`cannot make an address of "${address}"`);
  }
  if (Number(attributes.get("timescale") ?? 1) === 0) violations.push("a timescale of 0");
  const timelines = template.children.filter(({ name }) => name === "SegmentTimeline");
  if (timelines.length === 0 && !attributes.has("duration")) violations.push("no durations");
  return [
    ...violations,
    ...timelines.flatMap((timeline) => checkTimeline(mpd, template, timeline)),
  ];
}

function checkTimeline(mpd: XmlElement, template: XmlElement, timeline: XmlElement): string[] {
  const violations: string[] = [];
  let end: number | undefined;
  for (const [index, run] of timeline.children.entries()) {
    const isLast = index === timeline.children.length - 1;
    const start = Number(run.attributes.get("t") ?? end ?? 0);
    violations.push(...checkRun(run, isLast));
    if (!Number.isSafeInteger(start)) violations.push(`${start} is out of range`);
    if (start < (end ?? start)) violations.push(`a segment at ${start} before ${end}`);
    if (start > (end ?? start)) violations.push(`a gap from ${end} to ${start}`);
    const repeatCount = Math.max(0, Number(run.attributes.get("r") ?? 0));
    end = start + Number(run.attributes.get("d")) * (repeatCount + 1);
  }
  return [...violations, ...checkRange(mpd, template)];
}

function checkRun(run: XmlElement, isLast: boolean): string[] {
  const violations: string[] = [];
  if (Number(run.attributes.get("d")) === 0) violations.push("a segment of no duration");
  if (run.attributes.get("r") === "-1" && !isLast) violations.push("an endless run");
  return violations;
}

function checkRange(mpd: XmlElement, template: XmlElement): string[] {
  const violations: string[] = [];
  const segments = segmentsOf(template);
  const first = segments[0]?.startTime ?? Number.POSITIVE_INFINITY;
  if (first < Number(template.attributes.get("presentationTimeOffset") ?? 0)) {
    violations.push("segments before the period's start");
  }
  const max = mpd.attributes.get("maxSegmentDuration");
  const timescale = Number(template.attributes.get("timescale") ?? 1);
  const longest = Math.max(0, ...segments.map(({ duration }) => duration)) / timescale;
  if (max !== undefined && longest > toSeconds(max) + 0.001) {
    violations.push(`a segment of ${longest} s exceeds maxSegmentDuration`);
  }
  return violations;
}

/** The segments that a template with a timeline describes. */
function segmentsOf(template: XmlElement): Segment[] {
  const segments: Segment[] = [];
  let number = Number(template.attributes.get("startNumber") ?? 1);
  let startTime = 0;
  for (const run of findAll(template, "S")) {
    startTime = Number(run.attributes.get("t") ?? startTime);
    const duration = Number(run.attributes.get("d"));
    const repeatCount = Math.max(0, Number(run.attributes.get("r") ?? 0));
    for (let i = 0; i <= repeatCount; i++) {
      segments.push({ number, startTime, duration });
      number += 1;
      startTime += duration;
    }
  }
  return segments;
}

/** Says what changed from one version of an MPD to the next that must not change. */
export function checkMpdUpdate(before: string, after: string): string[] {
  const [old, now] = [parseXml(before), parseXml(after)];
  const violations: string[] = [];
  const start = (mpd: XmlElement) => mpd.attributes.get("availabilityStartTime") ?? "";
  if (start(old) !== start(now)) violations.push("availabilityStartTime changed");
  const published = (mpd: XmlElement) => Date.parse(mpd.attributes.get("publishTime") ?? "");
  if (published(now) < published(old)) violations.push("publishTime went back");
  const isSame = withoutTime(before) === withoutTime(after);
  if (!isSame && published(now) === published(old)) {
    violations.push("it changed under the same publishTime");
  }
  for (const period of findAll(old, "Period")) {
    const id = period.attributes.get("id");
    const next = findAll(now, "Period").find((other) => other.attributes.get("id") === id);
    if (next === undefined) continue; // Its segments have all gone.
    if (next.attributes.get("start") !== period.attributes.get("start")) {
      violations.push(`the start of period ${id} changed`);
    }
    violations.push(...checkSamePeriod(period, next));
  }
  return violations;
}

/** The time of `UTCTiming` is that of sending, not of the MPD. */
function withoutTime(text: string): string {
  return text.replace(/<UTCTiming[^>]*>/, "");
}

function checkSamePeriod(before: XmlElement, after: XmlElement): string[] {
  const violations: string[] = [];
  const later = templatesOf(after);
  for (const [id, template] of templatesOf(before)) {
    const next = later.get(id);
    if (next === undefined) {
      violations.push(`representation ${id} is gone`);
      continue;
    }
    for (const name of ["timescale", "presentationTimeOffset", "media", "initialization"]) {
      if (template.attributes.get(name) !== next.attributes.get(name)) {
        violations.push(`${id}: ${name} changed`);
      }
    }
    // Where addresses hold times, who leaves the front changes the numbers of those behind.
    const keyOf = ({ number, startTime }: Segment): number =>
      template.attributes.get("media")?.includes("$Time") ? startTime : number;
    const byKey = new Map(segmentsOf(next).map((segment) => [keyOf(segment), segment]));
    for (const segment of segmentsOf(template)) {
      const same = byKey.get(keyOf(segment));
      if (same === undefined) continue;
      if (same.startTime !== segment.startTime || same.duration !== segment.duration) {
        violations.push(`${id}: segment ${keyOf(segment)} changed`);
      }
    }
    const last = (element: XmlElement): number => {
      const segment = segmentsOf(element).at(-1);
      return segment === undefined ? 0 : keyOf(segment);
    };
    if (last(next) < last(template)) violations.push(`${id}: segments vanished from the end`);
  }
  return violations;
}

/** By the representations' ids. */
function templatesOf(period: XmlElement): Map<string, XmlElement> {
  const templates = new Map<string, XmlElement>();
  for (const set of findAll(period, "AdaptationSet")) {
    for (const representation of findAll(set, "Representation")) {
      const template = templateOf(set, representation);
      if (template !== undefined)
        templates.set(representation.attributes.get("id") ?? "", template);
    }
  }
  return templates;
}

/** The elements of that name, however deep. */
export function findAll(element: XmlElement, name: string): XmlElement[] {
  return element.children.flatMap((child) => [
    ...(child.name === name ? [child] : []),
    ...findAll(child, name),
  ]);
}

function toSeconds(duration: string): number {
  const [, hours = "0", minutes = "0", seconds = "0"] =
    /^PT(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?$/.exec(duration) ?? [];
  return Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds);
}
