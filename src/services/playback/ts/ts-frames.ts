/**
 * Frames of an MPEG-TS file: near the time by halving, back to a point of entry, and on from there.
 *
 * @module
 */

import { TS_PACKET_SIZE } from "../../../codec/mpegts/packet.ts";
import { PTS_TICKS_PER_MS, PTS_WRAP, wrapPts } from "../../../codec/mpegts/pes.ts";
import type { Frame } from "../../../live/frame.ts";
import { TsToStream } from "../../../remux/mpegts/to-stream.ts";
import { FileWindow } from "../file-window.ts";
import { findBack, findPosition, type TimedPlace } from "../find-position.ts";
import type { FrameReader, OpenFrames, SourceFile } from "../frame-reader.ts";
import { type PesPlace, scanPes } from "./ts-scan.ts";

/** A whole number of packets. */
const PIECE_SIZE: number = 512 * TS_PACKET_SIZE;
const WRAP_MS: number = PTS_WRAP / PTS_TICKS_PER_MS;
/** Tables stand in front of the first frame; what is longer is something else. */
const FRONT_SIZE_MAX: number = 5_000 * TS_PACKET_SIZE;

/** Where to begin. */
interface Entry {
  readonly offset: number;
  /** When that is about, from the first frame on. */
  readonly ms: number;
  readonly isEntry: boolean;
}

export const openTsFrames: OpenFrames = async (source, startMs) => {
  const window = new FileWindow(source.file, source.size, PIECE_SIZE);
  const first = await findFirst(window);
  if (first === undefined) return new TsFrames(window, 0, { offset: 0, ms: 0, isEntry: false });
  const search = new Search(window, source, first.dts);
  const entry = startMs === undefined ? undefined : await search.find(startMs);
  const frames = new TsFrames(window, first.dts, entry ?? { offset: 0, ms: 0, isEntry: false });
  if (entry !== undefined && entry.offset > first.offset) {
    // Tables need not be repeated.
    frames.feedFront(await window.readSome(0, Math.min(first.offset, FRONT_SIZE_MAX)));
  }
  return frames;
};

async function findFirst(window: FileWindow): Promise<PesPlace | undefined> {
  for await (const place of scanPes(window, 0, window.size)) return place;
  return undefined;
}

class Search {
  readonly #window: FileWindow;
  readonly #hasVideo: boolean;
  readonly #firstDts: number;

  constructor(window: FileWindow, { hasVideo = true }: SourceFile, firstDts: number) {
    this.#window = window;
    this.#hasVideo = hasVideo;
    this.#firstDts = firstDts;
  }

  /** @returns `undefined` if there is no point of entry at that time or before. */
  async find(untilMs: number): Promise<Entry | undefined> {
    const position = await findPosition(this.#window.size, untilMs, (offset, end) =>
      this.#timeAt(offset, end, untilMs),
    );
    return findBack(position, (from) => this.#findLast(toPacket(from), untilMs));
  }

  async #timeAt(offset: number, end: number, nearMs: number): Promise<TimedPlace | undefined> {
    for await (const place of scanPes(this.#window, toPacket(offset), end)) {
      if (place.isVideo !== this.#hasVideo) continue;
      return { offset: place.offset, ms: this.#msOf(place, nearMs) };
    }
    return undefined;
  }

  async #findLast(from: number, untilMs: number): Promise<Entry | undefined> {
    let found: Entry | undefined;
    for await (const place of scanPes(this.#window, from, this.#window.size)) {
      if (place.isVideo !== this.#hasVideo) continue;
      const ms = this.#msOf(place, untilMs);
      if (ms > untilMs) break;
      const isEntry = place.isRandomAccess || !this.#hasVideo;
      if (isEntry) found = { offset: place.tablesOffset, ms, isEntry };
    }
    return found;
  }

  /** Which turn of the 33 bits it is, only the time that is looked for can tell. */
  #msOf({ dts }: PesPlace, nearMs: number): number {
    return toNearest(wrapPts(dts - this.#firstDts) / PTS_TICKS_PER_MS, nearMs);
  }
}

class TsFrames implements FrameReader {
  readonly metadata = undefined;
  readonly isEntry: boolean;
  readonly #window: FileWindow;
  readonly #input: TsToStream;
  readonly #firstMs: number;
  #offset: number;
  /** To be taken off the times that come; known with the first frame. */
  #shiftMs: number | undefined;
  readonly #startMs: number;
  #frames: Frame[] = [];
  #isOver = false;

  constructor(window: FileWindow, firstDts: number, { offset, ms, isEntry }: Entry) {
    this.#window = window;
    this.#firstMs = firstDts / PTS_TICKS_PER_MS;
    this.#offset = offset;
    this.#startMs = ms;
    this.isEntry = isEntry;
    this.#input = new TsToStream({
      writeMetadata: () => undefined,
      writeTrack: (track) => track,
      writeFrame: (frame) => this.#take(frame),
    });
  }

  /** @param bytes What stands in front of the first frame, where it is not begun with. */
  feedFront(bytes: Uint8Array): void {
    this.#input.read(bytes);
    this.#input.flush();
  }

  async next(): Promise<readonly Frame[] | undefined> {
    while (this.#frames.length === 0 && !this.#isOver) {
      const bytes = await this.#window.readSome(this.#offset, PIECE_SIZE);
      this.#offset += bytes.length;
      this.#input.read(bytes);
      this.#isOver = bytes.length === 0 || this.#offset >= this.#window.size;
      if (this.#isOver) this.#input.flush();
    }
    const frames = this.#frames;
    this.#frames = [];
    return frames.length > 0 ? frames : undefined;
  }

  #take(frame: Frame): void {
    const rawMs = frame.dtsMs - this.#firstMs;
    this.#shiftMs ??= rawMs - toNearest(rawMs, this.#startMs);
    this.#frames.push({ ...frame, dtsMs: rawMs - this.#shiftMs });
  }
}

/** The same time some turns of the 33 bits later or earlier, so that it is near another one. */
function toNearest(ms: number, nearMs: number): number {
  return ms + Math.round((nearMs - ms) / WRAP_MS) * WRAP_MS;
}

function toPacket(offset: number): number {
  return Math.floor(offset / TS_PACKET_SIZE) * TS_PACKET_SIZE;
}
