/**
 * Frames of an FLV file: by the index in its metadata near the time, and on from there tag by tag.
 *
 * @module
 */

import { MalformedError, unlessMalformed } from "../../../base/errors.ts";
import { AmfObject } from "../../../codec/amf0/value.ts";
import { decodeMetadata } from "../../../codec/flv/script-data.ts";
import { type FlvTag, FlvTagType } from "../../../codec/flv/tag.ts";
import type { Frame } from "../../../live/frame.ts";
import type { StreamMetadata } from "../../../live/track.ts";
import { FlvToStream } from "../../../remux/flv/to-stream.ts";
import { FileWindow } from "../file-window.ts";
import type { FrameReader, OpenFrames, SourceFile } from "../frame-reader.ts";
import { type PlacedTag, readFlvHeader, readFlvTag, roleOf } from "./flv-tags.ts";

/** Sequence headers that hold at once: those of two tracks, with what completes them. */
const SEQUENCE_HEADERS_MAX = 8;
/** Frames that are given away at once. */
const BATCH_SIZE = 64 * 1024;

/** An entry of the index. */
interface IndexEntry {
  readonly timeMs: number;
  readonly position: number;
}

/** Where to begin, and what has to be known there. */
interface Entry {
  readonly offset: number;
  readonly sequenceHeaders: readonly FlvTag[];
  readonly isEntry: boolean;
}

/** What stands in front of the first frame. */
interface Front {
  readonly hasVideo: boolean;
  /** Where the first frame is; `undefined`: there is none. */
  readonly firstOffset: number | undefined;
  /** When it is, as the file counts. */
  readonly firstMs: number;
  readonly sequenceHeaders: readonly FlvTag[];
  readonly index: readonly IndexEntry[];
}

export const openFlvFrames: OpenFrames = async (source, startMs) => {
  const window = new FileWindow(source.file, source.size);
  const frames = new FlvFrames(window);
  const front = await readFront(window, source, frames);
  const entry = await findEntry(window, front, startMs);
  frames.begin(front, entry);
  return frames;
};

class FlvFrames implements FrameReader {
  isEntry = false;
  metadata: StreamMetadata | undefined;
  readonly #window: FileWindow;
  readonly #input: FlvToStream;
  #offset: number;
  #firstMs = 0;
  /** What is taken off besides: whole turns of 32 bits; known with the first frame. */
  #turnsMs: number | undefined;
  #frames: Frame[] = [];
  #frameSize = 0;

  constructor(window: FileWindow) {
    this.#window = window;
    this.#offset = window.size;
    this.#input = new FlvToStream({
      writeMetadata: (metadata) => {
        this.metadata = metadata;
      },
      writeTrack: (track) => track,
      writeFrame: (frame) => this.#take(frame),
    });
  }

  begin({ firstMs }: Front, { offset, sequenceHeaders, isEntry }: Entry): void {
    this.#firstMs = firstMs;
    this.#offset = offset;
    this.isEntry = isEntry;
    for (const tag of sequenceHeaders) this.feed(tag);
  }

  feed({ type, timestampMs, data }: FlvTag): void {
    if (type === FlvTagType.Video) this.#input.video(timestampMs, data);
    else if (type === FlvTagType.Audio) this.#input.audio(timestampMs, data);
    // Metadata are of use, but nothing depends on them.
    else unlessMalformed(() => this.#input.scriptData(data));
  }

  #take(frame: Frame): void {
    const ms = frame.dtsMs - this.#firstMs;
    this.#turnsMs ??= Math.floor(ms) - distance(this.#firstMs, Math.floor(frame.dtsMs));
    this.#frames.push({ ...frame, dtsMs: ms - this.#turnsMs });
    this.#frameSize += frame.payload.length;
  }

  async next(): Promise<readonly Frame[] | undefined> {
    while (this.#frameSize < BATCH_SIZE) {
      const placed = await readFlvTag(this.#window, this.#offset);
      if (placed === undefined) break;
      this.#offset = placed.end;
      this.feed(placed.tag);
      // What has come is given away before the disk is waited for.
      if (this.#frames.length > 0 && this.#window.peek(placed.end, 1) === undefined) break;
    }
    const frames = this.#frames;
    this.#frames = [];
    this.#frameSize = 0;
    return frames.length > 0 ? frames : undefined;
  }
}

/** From one time to another one, of which either may have lost what is more than 32 bits. */
function distance(fromMs: number, toMs: number): number {
  return Math.round(toMs - fromMs) | 0;
}

async function readFront(
  window: FileWindow,
  { hasVideo }: SourceFile,
  frames: FlvFrames,
): Promise<Front> {
  const [header, start] = await readFlvHeader(window);
  const sequenceHeaders: FlvTag[] = [];
  let index: readonly IndexEntry[] = [];
  let offset = start;
  for (;;) {
    const placed = await readFlvTag(window, offset);
    const role = placed && roleOf(placed.tag);
    const isFrame = role === "key frame" || role === "picture" || role === "sound";
    if (placed === undefined || isFrame) {
      return {
        hasVideo: hasVideo ?? header.hasVideo,
        firstOffset: placed?.offset,
        firstMs: placed?.tag.timestampMs ?? 0,
        sequenceHeaders,
        index,
      };
    }
    if (role === "sequence header") addSequenceHeader(sequenceHeaders, placed.tag);
    if (placed.tag.type === FlvTagType.ScriptData) {
      index = readIndex(placed.tag.data) ?? index;
      frames.feed(placed.tag);
    }
    offset = placed.end;
  }
}

/** `keyframes`, with `times` in seconds and `filepositions`; `undefined` if there is none. */
function readIndex(scriptData: Uint8Array): IndexEntry[] | undefined {
  const keyFrames = unlessMalformed(() => decodeMetadata(scriptData))?.get("keyframes");
  if (!(keyFrames instanceof AmfObject)) return undefined;
  const [times, positions] = [keyFrames.get("times"), keyFrames.get("filepositions")];
  if (!Array.isArray(times) || !Array.isArray(positions)) return undefined;
  return times.flatMap((time, i): IndexEntry[] => {
    const position = positions[i];
    if (typeof time !== "number" || typeof position !== "number") return [];
    return [{ timeMs: time * 1_000, position }];
  });
}

async function findEntry(
  window: FileWindow,
  front: Front,
  startMs: number | undefined,
): Promise<Entry> {
  const { firstOffset, firstMs, sequenceHeaders } = front;
  const beginning = { offset: firstOffset ?? window.size, sequenceHeaders, isEntry: false };
  if (firstOffset === undefined || startMs === undefined) return beginning;
  const near = await findNear(window, front, startMs);
  const held = [...sequenceHeaders];
  let entry: Entry = beginning;
  for (let offset = near ?? firstOffset; ; ) {
    const placed = await readWholeTag(window, offset);
    if (placed === undefined) return entry;
    const role = roleOf(placed.tag);
    const isLate = distance(firstMs, placed.tag.timestampMs) > startMs;
    if (role === "sequence header") addSequenceHeader(held, placed.tag);
    else if (isLate && (role !== "sound" || !front.hasVideo) && role !== "other") return entry;
    else if (role === (front.hasVideo ? "key frame" : "sound")) {
      entry = { offset, sequenceHeaders: [...held], isEntry: true };
    }
    offset = placed.end;
  }
}

/** What is damaged has nothing to begin with; who plays up to there will hear of it. */
async function readWholeTag(window: FileWindow, offset: number): Promise<PlacedTag | undefined> {
  try {
    return await readFlvTag(window, offset);
  } catch (error) {
    if (error instanceof MalformedError) return undefined;
    throw error;
  }
}

/** The place of a key frame, or of what stands before it, at or before a time, if the index has one that is there. */
async function findNear(
  window: FileWindow,
  { index, firstOffset = 0, firstMs }: Front,
  startMs: number,
): Promise<number | undefined> {
  let found: IndexEntry | undefined;
  for (const entry of index) {
    if (distance(firstMs, entry.timeMs) > startMs) continue;
    if (found === undefined || entry.timeMs >= found.timeMs) found = entry;
  }
  if (found === undefined) return undefined;
  const { position, timeMs } = found;
  if (!Number.isInteger(position) || position < firstOffset || position >= window.size) {
    return undefined;
  }
  // Nobody has checked that the index is that of this file.
  const placed = await readWholeTag(window, position);
  const role = placed && roleOf(placed.tag);
  const isThere =
    placed !== undefined &&
    (role === "key frame" || role === "sequence header") &&
    distance(placed.tag.timestampMs, timeMs) === 0;
  return isThere ? position : undefined;
}

/** The latest of a track comes last; of those before it, what it replaces does no harm. */
function addSequenceHeader(held: FlvTag[], tag: FlvTag): void {
  held.push({ ...tag, data: tag.data.slice() });
  while (held.length > SEQUENCE_HEADERS_MAX) {
    const older = held.findIndex(({ type }, i) => held.some((t, j) => j > i && t.type === type));
    held.splice(Math.max(0, older), 1);
  }
}
