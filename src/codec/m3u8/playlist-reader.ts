/**
 * Reads playlists of other servers.
 *
 * Spec: RFC 8216, sections 4.1 to 4.3; what draft-pantos-hls-rfc8216bis adds for low latency is passed
 * over, as are tags that nobody knows.
 *
 * @module
 */

import { MalformedError } from "../../base/errors.ts";

export interface ByteRange {
  readonly offset: number;
  readonly size: number;
}

export interface ReadKey {
  readonly method: string;
  /** As it stands there; empty for the method `NONE`. */
  readonly uri: string;
  /** 16 bytes. Absent: the segment's media sequence number. */
  readonly iv: Uint8Array | undefined;
}

export interface ReadMap {
  readonly uri: string;
  readonly byteRange: ByteRange | undefined;
}

export interface ReadSegment {
  readonly uri: string;
  /** Seconds. */
  readonly duration: number;
  readonly mediaSequence: number;
  /** Segments with the same one have timestamps that go on. */
  readonly discontinuitySequence: number;
  /** There is no media to load. */
  readonly isGap: boolean;
  readonly byteRange: ByteRange | undefined;
  /** `undefined` if it is not encrypted. */
  readonly key: ReadKey | undefined;
  readonly map: ReadMap | undefined;
}

export interface ReadMediaPlaylist {
  readonly type: "media";
  /** Seconds. */
  readonly targetDuration: number;
  readonly segments: readonly ReadSegment[];
  /** No segment will follow. */
  readonly isEnded: boolean;
}

export interface ReadVariant {
  readonly uri: string;
  /** Bits per second. */
  readonly bandwidth: number;
  /** By RFC 6381; none if it is not said. */
  readonly codecs: readonly string[];
  /** The GROUP-ID of renditions with its sound, if that is apart. */
  readonly audio: string | undefined;
}

export interface ReadRendition {
  readonly type: string;
  readonly groupId: string;
  readonly isDefault: boolean;
  /** Absent: it is in the variant itself. */
  readonly uri: string | undefined;
}

export interface ReadMultivariantPlaylist {
  readonly type: "multivariant";
  readonly variants: readonly ReadVariant[];
  readonly renditions: readonly ReadRendition[];
}

const BYTE_RANGE = /^(\d{1,15})(?:@(\d{1,15}))?$/;
/** Of one playlist: a day of segments of a second. */
const SEGMENTS_MAX = 100_000;
/** Seconds. Whoever follows a playlist waits for multiples of it. */
const TARGET_DURATION_MAX = 3_600;

/** @throws {MalformedError} If it is no playlist, or breaks the specification. */
export function readPlaylist(text: string): ReadMediaPlaylist | ReadMultivariantPlaylist {
  const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  if (lines[0]?.trimEnd() !== "#EXTM3U") {
    throw new MalformedError("Cannot find a playlist: no #EXTM3U", 0);
  }
  const isMultivariant = lines.some((line) => line.startsWith("#EXT-X-STREAM-INF:"));
  return isMultivariant ? readMultivariant(lines) : new MediaPlaylistReader().read(lines);
}

function readMultivariant(lines: readonly string[]): ReadMultivariantPlaylist {
  const variants: ReadVariant[] = [];
  const renditions: ReadRendition[] = [];
  let attributes: ReadonlyMap<string, string> | undefined;
  for (const line of lines) {
    if (line.startsWith("#EXT-X-STREAM-INF:")) attributes = attributesOf(line);
    else if (line.startsWith("#EXT-X-MEDIA:")) renditions.push(toRendition(attributesOf(line)));
    else if (attributes !== undefined && line !== "" && !line.startsWith("#")) {
      const bandwidth = Number(attributes.get("BANDWIDTH") ?? 0);
      const codecs = attributes.get("CODECS")?.split(",") ?? [];
      variants.push({
        ...{ uri: line.trim(), bandwidth },
        codecs: codecs.map((codec) => codec.trim()).filter((codec) => codec !== ""),
        audio: attributes.get("AUDIO"),
      });
      attributes = undefined;
    }
  }
  return { type: "multivariant", variants, renditions };
}

function toRendition(attributes: ReadonlyMap<string, string>): ReadRendition {
  return {
    type: attributes.get("TYPE") ?? "",
    groupId: attributes.get("GROUP-ID") ?? "",
    isDefault: attributes.get("DEFAULT") === "YES",
    uri: attributes.get("URI"),
  };
}

class MediaPlaylistReader {
  readonly #segments: ReadSegment[] = [];
  #targetDuration: number | undefined;
  #mediaSequence = 0;
  #discontinuitySequence = 0;
  #isEnded = false;
  #key: ReadKey | undefined;
  #map: ReadMap | undefined;
  // Of the segment whose address comes next.
  #duration: number | undefined;
  #isGap = false;
  #byteRange: ByteRange | undefined;
  /** Where a byte range that does not say so begins: behind the one before it, in the same resource. */
  #rangeUri = "";
  #rangeEnd = 0;
  #rangeText: string | undefined;

  read(lines: readonly string[]): ReadMediaPlaylist {
    for (const line of lines) {
      if (line.startsWith("#EXT")) this.#readTag(line);
      else if (line !== "" && !line.startsWith("#")) this.#readUri(line.trim());
    }
    const targetDuration = this.#targetDuration;
    if (targetDuration === undefined) {
      throw new MalformedError("Cannot read playlist: no #EXT-X-TARGETDURATION", 0);
    }
    if (targetDuration > TARGET_DURATION_MAX) {
      throw new MalformedError(`Cannot follow playlist: segments of ${targetDuration} s`, 0);
    }
    const { length } = this.#segments;
    if (length > SEGMENTS_MAX) throw new MalformedError(`Cannot take ${length} segments`, 0);
    return { type: "media", targetDuration, segments: this.#segments, isEnded: this.#isEnded };
  }

  #readTag(line: string): void {
    const colon = line.indexOf(":");
    const name = colon < 0 ? line.trimEnd() : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).trim();
    switch (name) {
      case "#EXT-X-TARGETDURATION":
        this.#targetDuration = readNumber(value, name);
        break;
      case "#EXT-X-MEDIA-SEQUENCE":
        this.#mediaSequence = readNumber(value, name);
        break;
      case "#EXT-X-DISCONTINUITY-SEQUENCE":
        this.#discontinuitySequence = readNumber(value, name);
        break;
      case "#EXT-X-DISCONTINUITY":
        this.#discontinuitySequence += 1;
        break;
      case "#EXTINF":
        this.#duration = readNumber(value.replace(/,.*$/s, ""), name);
        break;
      case "#EXT-X-GAP":
        this.#isGap = true;
        break;
      case "#EXT-X-BYTERANGE":
        this.#rangeText = value;
        break;
      case "#EXT-X-KEY":
        this.#key = readKey(attributesOf(line));
        break;
      case "#EXT-X-MAP":
        this.#map = readMap(attributesOf(line));
        break;
      case "#EXT-X-ENDLIST":
        this.#isEnded = true;
        break;
      default:
        break;
    }
  }

  #readUri(uri: string): void {
    const duration = this.#duration;
    if (duration === undefined) throw new MalformedError("Cannot read segment: no #EXTINF", 0);
    this.#byteRange = this.#rangeText === undefined ? undefined : this.#readRange(uri);
    this.#segments.push({
      ...{ uri, duration, isGap: this.#isGap, byteRange: this.#byteRange },
      mediaSequence: this.#mediaSequence + this.#segments.length,
      discontinuitySequence: this.#discontinuitySequence,
      key: this.#key,
      map: this.#map,
    });
    this.#duration = undefined;
    this.#isGap = false;
    this.#rangeText = undefined;
  }

  #readRange(uri: string): ByteRange {
    const start = this.#rangeUri === uri ? this.#rangeEnd : 0;
    const range = toByteRange(this.#rangeText ?? "", start);
    this.#rangeUri = uri;
    this.#rangeEnd = range.offset + range.size;
    return range;
  }
}

function readKey(attributes: ReadonlyMap<string, string>): ReadKey | undefined {
  const method = attributes.get("METHOD") ?? "";
  if (method === "NONE") return undefined;
  const iv = attributes.get("IV");
  return { method, uri: attributes.get("URI") ?? "", iv: iv === undefined ? undefined : toIv(iv) };
}

function readMap(attributes: ReadonlyMap<string, string>): ReadMap {
  const range = attributes.get("BYTERANGE");
  const byteRange = range === undefined ? undefined : toByteRange(range, 0);
  return { uri: attributes.get("URI") ?? "", byteRange };
}

/** Names and values, quotes taken off, as far as the list is well-formed. */
function attributesOf(line: string): ReadonlyMap<string, string> {
  const attributes = new Map<string, string>();
  let at = line.indexOf(":") + 1;
  for (;;) {
    const equals = line.indexOf("=", at);
    if (equals < 0) return attributes;
    const name = line.slice(at, equals).trim();
    const isQuoted = line[equals + 1] === '"';
    const start = isQuoted ? equals + 2 : equals + 1;
    const quote = isQuoted ? line.indexOf('"', start) : start;
    if (quote < 0) return attributes;
    const comma = line.indexOf(",", quote);
    const behind = comma < 0 ? line.length : comma;
    attributes.set(name, isQuoted ? line.slice(start, quote) : line.slice(start, behind).trim());
    if (comma < 0) return attributes;
    at = comma + 1;
  }
}

function readNumber(text: string, name: string): number {
  const value = /^\d{1,15}(\.\d*)?$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isFinite(value)) return value;
  throw new MalformedError(`Cannot read ${name} of ${JSON.stringify(text.slice(0, 40))}`, 0);
}

function toByteRange(text: string, start: number): ByteRange {
  const match = BYTE_RANGE.exec(text);
  if (match === null) throw new MalformedError("Cannot read byte range", 0);
  const [, size, offset] = match;
  return { size: Number(size), offset: offset === undefined ? start : Number(offset) };
}

function toIv(text: string): Uint8Array {
  const digits = /^0[xX]([0-9a-fA-F]{1,32})$/.exec(text)?.[1]?.padStart(32, "0");
  if (digits === undefined) throw new MalformedError("Cannot read IV of a key", 0);
  return Uint8Array.from({ length: 16 }, (_, index) =>
    Number.parseInt(digits.slice(2 * index, 2 * index + 2), 16),
  );
}
