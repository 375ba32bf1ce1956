/**
 * Reads the lines of HLS playlists strictly: for tests, which want to hear of everything that is not as it should
 * be, where players make the best of it. Specifications: RFC 8216 and draft-pantos-hls-rfc8216bis.
 *
 * @module
 */

/** What an attribute's value may look like (RFC 8216, section 4.2). */
type AttributeType =
  | "integer"
  | "decimal"
  | "string"
  | "string or NONE"
  | "hex"
  | "resolution"
  | readonly string[];

interface TagRule {
  readonly value: "none" | "integer" | "date" | "extinf" | "attributes" | "byterange";
  /** Appears at most once in a playlist. */
  readonly isSingle?: boolean;
  readonly attributes?: Readonly<Record<string, AttributeType>>;
  readonly required?: readonly string[];
}

const YES = ["YES"] as const;
const YES_NO = ["YES", "NO"] as const;

/** The tags that may be in a playlist of ours; any other is taken for a typing error. */
const TAGS: Readonly<Record<string, TagRule>> = {
  EXTM3U: { value: "none", isSingle: true },
  "EXT-X-VERSION": { value: "integer", isSingle: true },
  "EXT-X-INDEPENDENT-SEGMENTS": { value: "none", isSingle: true },
  "EXT-X-TARGETDURATION": { value: "integer", isSingle: true },
  "EXT-X-MEDIA-SEQUENCE": { value: "integer", isSingle: true },
  "EXT-X-DISCONTINUITY-SEQUENCE": { value: "integer", isSingle: true },
  "EXT-X-ENDLIST": { value: "none", isSingle: true },
  "EXT-X-PART-INF": {
    value: "attributes",
    isSingle: true,
    attributes: { "PART-TARGET": "decimal" },
    required: ["PART-TARGET"],
  },
  "EXT-X-SERVER-CONTROL": {
    value: "attributes",
    isSingle: true,
    attributes: {
      "CAN-BLOCK-RELOAD": YES,
      "CAN-SKIP-UNTIL": "decimal",
      "CAN-SKIP-DATERANGES": YES,
      "HOLD-BACK": "decimal",
      "PART-HOLD-BACK": "decimal",
    },
  },
  "EXT-X-SKIP": {
    value: "attributes",
    isSingle: true,
    attributes: { "SKIPPED-SEGMENTS": "integer" },
    required: ["SKIPPED-SEGMENTS"],
  },
  EXTINF: { value: "extinf" },
  "EXT-X-BYTERANGE": { value: "byterange" },
  "EXT-X-DISCONTINUITY": { value: "none" },
  "EXT-X-GAP": { value: "none" },
  "EXT-X-BITRATE": { value: "integer" },
  "EXT-X-PROGRAM-DATE-TIME": { value: "date" },
  "EXT-X-KEY": {
    value: "attributes",
    attributes: {
      METHOD: ["NONE", "AES-128", "SAMPLE-AES", "SAMPLE-AES-CTR"],
      URI: "string",
      IV: "hex",
      KEYFORMAT: "string",
      KEYFORMATVERSIONS: "string",
    },
    required: ["METHOD"],
  },
  "EXT-X-MAP": {
    value: "attributes",
    attributes: { URI: "string", BYTERANGE: "string" },
    required: ["URI"],
  },
  "EXT-X-PART": {
    value: "attributes",
    attributes: {
      URI: "string",
      DURATION: "decimal",
      INDEPENDENT: YES,
      BYTERANGE: "string",
      GAP: YES,
    },
    required: ["URI", "DURATION"],
  },
  "EXT-X-PRELOAD-HINT": {
    value: "attributes",
    attributes: {
      TYPE: ["PART", "MAP"],
      URI: "string",
      "BYTERANGE-START": "integer",
      "BYTERANGE-LENGTH": "integer",
    },
    required: ["TYPE", "URI"],
  },
  "EXT-X-RENDITION-REPORT": {
    value: "attributes",
    attributes: { URI: "string", "LAST-MSN": "integer", "LAST-PART": "integer" },
    required: ["URI"],
  },
  "EXT-X-MEDIA": {
    value: "attributes",
    attributes: {
      TYPE: ["AUDIO", "VIDEO", "SUBTITLES", "CLOSED-CAPTIONS"],
      URI: "string",
      "GROUP-ID": "string",
      LANGUAGE: "string",
      "ASSOC-LANGUAGE": "string",
      NAME: "string",
      DEFAULT: YES_NO,
      AUTOSELECT: YES_NO,
      FORCED: YES_NO,
      "INSTREAM-ID": "string",
      CHARACTERISTICS: "string",
      CHANNELS: "string",
    },
    required: ["TYPE", "GROUP-ID", "NAME"],
  },
  "EXT-X-STREAM-INF": {
    value: "attributes",
    attributes: {
      BANDWIDTH: "integer",
      "AVERAGE-BANDWIDTH": "integer",
      CODECS: "string",
      RESOLUTION: "resolution",
      "FRAME-RATE": "decimal",
      "VIDEO-RANGE": ["SDR", "HLG", "PQ"],
      "HDCP-LEVEL": ["NONE", "TYPE-0", "TYPE-1"],
      AUDIO: "string",
      VIDEO: "string",
      SUBTITLES: "string",
      "CLOSED-CAPTIONS": "string or NONE",
      "PROGRAM-ID": "integer", // Removed in version 6, still in the examples of RFC 8216.
    },
    required: ["BANDWIDTH"],
  },
  "EXT-X-I-FRAME-STREAM-INF": {
    value: "attributes",
    attributes: {
      URI: "string",
      BANDWIDTH: "integer",
      CODECS: "string",
      RESOLUTION: "resolution",
      "PROGRAM-ID": "integer",
    },
    required: ["BANDWIDTH", "URI"],
  },
};

export type Attributes = ReadonlyMap<string, string>;

/** A line that says something: a tag with its value taken apart, or an address. */
export interface PlaylistLine {
  /** Without the `#`; empty for an address. */
  readonly tag: string;
  /** The text behind the colon, or the address. */
  readonly value: string;
  readonly attributes: Attributes;
  /** From 1. */
  readonly number: number;
}

const ATTRIBUTE = /([A-Z0-9-]+)=("[^"\r\n]*"|[^",\s]+)(,|$)/y;

const ATTRIBUTE_FORMS: Readonly<Record<string, RegExp>> = {
  integer: /^\d{1,20}$/,
  decimal: /^\d+(\.\d+)?$/,
  string: /^"[^"]*"$/,
  "string or NONE": /^("[^"]*"|NONE)$/,
  hex: /^0[xX][0-9A-F]+$/,
  resolution: /^\d+x\d+$/,
};

const VALUE_FORMS: Readonly<Record<string, RegExp>> = {
  none: /^$/,
  integer: /^\d{1,20}$/,
  date: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)$/,
  extinf: /^\d+(\.\d+)?,.*$/,
  byterange: /^\d+(@\d+)?$/,
};

/** Splits the text into lines, and says what is wrong with each of them. */
export function readPlaylistLines(text: string): { lines: PlaylistLine[]; violations: string[] } {
  const violations: string[] = [];
  const lines: PlaylistLine[] = [];
  const seen = new Set<string>();
  if (!text.endsWith("\n")) violations.push("the last line has no end");
  for (const [index, raw] of text.split("\n").entries()) {
    const say = (what: string) => violations.push(`line ${index + 1}: ${what}`);
    if (index === 0 && raw.trimEnd() !== "#EXTM3U") say("the first line is not #EXTM3U");
    const line = readLine(raw.endsWith("\r") ? raw.slice(0, -1) : raw, index + 1, say);
    if (line === undefined) continue;
    lines.push(line);
    if (TAGS[line.tag]?.isSingle === true && seen.has(line.tag)) say(`${line.tag} a second time`);
    seen.add(line.tag);
  }
  return { lines, violations };
}

function readLine(
  line: string,
  number: number,
  say: (what: string) => void,
): PlaylistLine | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  if (/[\x00-\x1f\x7f]/.test(line)) say("it has a control character");
  if (line === "" || (line.startsWith("#") && !line.startsWith("#EXT"))) return undefined;
  if (!line.startsWith("#")) {
    if (/\s/.test(line)) say("the address has a blank");
    return { tag: "", value: line, attributes: new Map(), number };
  }
  const [, tag = "", value = ""] = /^#([^:]*):?(.*)$/.exec(line) ?? [];
  const rule = TAGS[tag];
  if (rule === undefined) {
    say(`unknown tag ${tag}`);
    return undefined;
  }
  if (VALUE_FORMS[rule.value]?.test(value) === false) say(`${tag} has the value "${value}"`);
  const attributes = rule.value === "attributes" ? readAttributes(value, rule, say) : new Map();
  return { tag, value, attributes, number };
}

function readAttributes(value: string, rule: TagRule, say: (what: string) => void): Attributes {
  const attributes = new Map<string, string>();
  ATTRIBUTE.lastIndex = 0;
  let end = 0;
  for (let match = ATTRIBUTE.exec(value); match !== null; match = ATTRIBUTE.exec(value)) {
    const [, name = "", raw = "", comma = ""] = match;
    end = ATTRIBUTE.lastIndex;
    if (attributes.has(name)) say(`${name} a second time`);
    checkAttribute(name, raw, rule, say);
    attributes.set(name, raw.startsWith('"') ? raw.slice(1, -1) : raw);
    if (comma === "") break;
  }
  if (end !== value.length || value.endsWith(",")) say(`cannot read attributes "${value}"`);
  for (const name of rule.required ?? []) if (!attributes.has(name)) say(`no ${name}`);
  return attributes;
}

function checkAttribute(
  name: string,
  raw: string,
  rule: TagRule,
  say: (what: string) => void,
): void {
  const type = rule.attributes?.[name];
  if (type === undefined) say(`unknown attribute ${name}`);
  else if (typeof type === "string") {
    if (ATTRIBUTE_FORMS[type]?.test(raw) !== true) say(`${name} is no ${type}: ${raw}`);
  } else if (!type.includes(raw)) say(`${name} is ${raw}, none of ${type.join(", ")}`);
}
