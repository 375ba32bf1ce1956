/**
 * A player of one track of Low-Latency HLS, without the playing: it asks for what comes next by
 * blocking reloads, and for the part that the playlist hints at before that is there.
 *
 * Specification: draft-pantos-hls-rfc8216bis, sections 6.2.5.2, 6.3.7 and B.1.
 *
 * @module
 */

import * as HLS from "hls-parser";
import { PlaylistHistory } from "./hls-history.ts";
import type { ParsedMediaPlaylist, ParsedPart } from "./hls-parse.ts";
import { fetchBytes, fetchText } from "./packaged-stream.ts";

/**
 * hls-parser wants parts to be gone from all but the last three segments, the open one included. The
 * draft wants them for three target durations, which are three segments and the open one.
 */
const PARTS_RULE = "Remove EXT-X-PART tags";

export class LowLatencyClient {
  /** All that was wrong with any version. */
  readonly violations: string[] = [];
  /** Versions that skipped something. */
  deltaCount = 0;
  reloadCount = 0;
  readonly #url: string;
  readonly #isSkipping: boolean;
  readonly #history = new PlaylistHistory();
  readonly #parts = new Map<string, Promise<Uint8Array | undefined>>();
  /** By the numbers of their segments. */
  readonly #partNames = new Map<number, Set<string>>();
  /** Segments all of whose parts have been named: those of old ones are not, nor any at the end. */
  readonly #whole = new Set<number>();
  #text = "";

  /** @param isSkipping Ask for delta updates. */
  constructor(url: string, isSkipping = false) {
    this.#url = url;
    this.#isSkipping = isSkipping;
    HLS.setOptions({ strictMode: true });
  }

  get playlist(): ParsedMediaPlaylist {
    return this.#history.playlist;
  }

  get isEnded(): boolean {
    return this.playlist.isEnded;
  }

  /** Where the media ends that the playlist names, in milliseconds since the Unix epoch. */
  get endMs(): number {
    const { segments, openSegment } = this.playlist;
    const last = openSegment ?? segments.at(-1);
    const durations = openSegment?.parts ?? segments.slice(-1);
    const seconds = durations.reduce((sum, { duration }) => sum + duration, 0);
    return (last?.programDateTimeMs ?? Number.NaN) + seconds * 1_000;
  }

  /** Gets the first version. The server keeps it back until there is something to play. */
  async start(): Promise<void> {
    this.#take(await fetchText(this.#url));
  }

  /** Asks for what comes next; resolves when it has come. */
  async reload(): Promise<void> {
    const { msn, part } = this.#next();
    const skip = this.#isSkipping ? "&_HLS_skip=YES" : "";
    const before = this.#text;
    const text = await fetchText(`${this.#url}?_HLS_msn=${msn}&_HLS_part=${part}${skip}`);
    this.reloadCount += 1;
    if (text === before) this.violations.push(`no news for ${msn}.${part}`);
    this.#take(text);
    if (!this.isEnded && !this.#has(msn, part)) this.violations.push(`no ${msn}.${part}`);
  }

  /** All parts of a segment in one; `undefined` if the player has not seen all of them. */
  async partsOf(sequenceNumber: number): Promise<Uint8Array | undefined> {
    if (!this.#whole.has(sequenceNumber)) return undefined;
    const names = [...(this.#partNames.get(sequenceNumber) ?? [])];
    const parts = await Promise.all(names.map((name) => this.#parts.get(name)));
    return Buffer.concat(parts.map((bytes, index) => bytes ?? fail(names[index])));
  }

  #next(): { readonly msn: number; readonly part: number } {
    const { openSegment, segments } = this.playlist;
    if (openSegment !== undefined) {
      return { msn: openSegment.sequenceNumber, part: openSegment.parts.length };
    }
    return { msn: (segments.at(-1)?.sequenceNumber ?? -1) + 1, part: 0 };
  }

  /** Behind the last part of a segment comes the first of the next. */
  #has(msn: number, part: number): boolean {
    const { openSegment, segments } = this.playlist;
    const last = openSegment ?? segments.at(-1);
    const lastNumber = last?.sequenceNumber ?? -1;
    return lastNumber > msn || (lastNumber === msn && (last?.parts.length ?? 0) > part);
  }

  #take(text: string): void {
    this.#text = text;
    this.violations.push(...this.#history.add(text));
    try {
      HLS.parse(text);
    } catch (error) {
      const { message } = error as Error;
      if (!message.includes(PARTS_RULE)) this.violations.push(`hls-parser: ${message}`);
    }
    const { segments, openSegment, skippedSegments, preloadHints } = this.playlist;
    if (text.includes("#EXT-X-SKIP:") || skippedSegments > 0) this.deltaCount += 1;
    for (const { sequenceNumber, parts } of segments) {
      if (parts.length > 0) this.#whole.add(sequenceNumber);
    }
    for (const { sequenceNumber, parts } of [...segments, ...(openSegment ? [openSegment] : [])]) {
      const names = this.#partNames.get(sequenceNumber) ?? new Set();
      this.#partNames.set(sequenceNumber, names);
      for (const part of parts) names.add(this.#fetch(part));
    }
    for (const hint of preloadHints) this.#fetch({ uri: hint.get("URI") ?? "" });
  }

  #fetch({ uri }: Pick<ParsedPart, "uri">): string {
    // A hint at what never comes, since the stream has ended, is answered so.
    const fetched = this.#parts.get(uri) ?? fetchBytes(new URL(uri, this.#url).href);
    this.#parts.set(
      uri,
      fetched.catch(() => undefined),
    );
    return uri;
  }
}

function fail(name: string | undefined): never {
  throw new Error(`The part ${name} was named, but is not there`);
}
