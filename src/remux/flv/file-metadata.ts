/**
 * onMetaData of an FLV file: written with room in it as the file begins, and again, in as many bytes,
 * once it is known how long the file is and where its key frames are.
 *
 * Spec: Adobe Flash Video File Format Specification 10.1, Annex E.5 (onMetaData). `keyframes`, with
 * `times` in seconds and `filepositions` in bytes, is what players have agreed on beside it.
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import { SIGNATURE } from "../../base/version.ts";
import { encodeAmf0 } from "../../codec/amf0/encode.ts";
import { AmfObject, type AmfValue, EcmaArray } from "../../codec/amf0/value.ts";
import type { StreamDescription } from "../../live/track.ts";
import type { KeyFrameIndex } from "./key-frame-index.ts";

const NAME = "onMetaData";
/** Takes the room that is left: an array of texts, none of them so long that FFmpeg refuses it. */
const PADDING = "padding";
const PADDING_TEXT_MAX = 900;
/** A text in AMF0 without its characters, and an array without its elements. */
const TEXT_OVERHEAD = 3;
const ARRAY_OVERHEAD = 5;
/** The index without its entries, and the smallest text, so that any room can be filled. */
const ROOM_MIN = 80;
/** What is said of a whole file, and of none that is made as it is sent. */
const FACTS: readonly string[] = [
  "duration",
  "filesize",
  "lasttimestamp",
  "lastkeyframetimestamp",
  "hasKeyframes",
];
/** Two numbers in AMF0. */
const ENTRY_SIZE = 18;
/** The index is read by everybody who opens the file. */
export const INDEX_ENTRIES_MAX = 3_600;

/** What is known of a file when it is complete. */
export interface FlvFileFacts {
  /** Bytes of the whole file. */
  readonly size: number;
  readonly durationMs: number;
  /** The latest timestamp in it. */
  readonly lastMs: number;
  readonly index: KeyFrameIndex;
}

export interface FlvFileMetadata {
  readonly properties: AmfObject;
  /** Bytes of script data, from now on. */
  readonly size: number;
}

/**
 * Begins a file's metadata with what the publisher said of the stream.
 *
 * @param entriesMax Room for so many key frames, at most INDEX_ENTRIES_MAX; 0: it will not be completed.
 */
export function createFileMetadata(
  { metadata, video, audio }: StreamDescription,
  entriesMax: number,
): FlvFileMetadata {
  const properties = new EcmaArray();
  for (const [name, value] of metadata?.fields ?? []) properties.set(name, value);
  properties.set("service", SIGNATURE);
  properties.set("hasVideo", video !== undefined);
  properties.set("hasAudio", audio !== undefined);
  if (entriesMax === 0) {
    for (const fact of FACTS) properties.delete(fact);
    return { properties, size: encodeAmf0(NAME, properties).length };
  }
  setFacts(properties, { size: 0, durationMs: 0, lastMs: 0 }, [], []);
  properties.set(PADDING, createPadding(ROOM_MIN + entriesMax * ENTRY_SIZE));
  return { properties, size: encodeAmf0(NAME, properties).length };
}

/** Encodes it as it is. */
export function encodeFileMetadata({ properties }: FlvFileMetadata): Uint8Array {
  return encodeAmf0(NAME, properties);
}

/**
 * Encodes the metadata of a file that is complete, in as many bytes as before.
 *
 * @param metadata As it was written, or as it has been read.
 * @returns `undefined` if there is no room: the file is another program's.
 */
export function completeFileMetadata(
  { properties, size }: FlvFileMetadata,
  facts: FlvFileFacts,
): Uint8Array | undefined {
  const complete = new EcmaArray(properties);
  const { timesMs, positions } = facts.index;
  setFacts(complete, facts, timesMs, positions);
  complete.set(PADDING, []);
  const room = size - encodeAmf0(NAME, complete).length;
  if (room < TEXT_OVERHEAD) return undefined;
  complete.set(PADDING, createPadding(room));
  const encoded = encodeAmf0(NAME, complete);
  assert(encoded.length === size, "metadata takes the room it has");
  return encoded;
}

/** How many key frames there is room for in metadata as they are written first. */
export function countRoom({ properties }: FlvFileMetadata): number {
  const padding = properties.get(PADDING);
  if (padding === undefined) return 0;
  const room = encodeAmf0(padding).length - ARRAY_OVERHEAD - ROOM_MIN;
  return Math.max(0, Math.min(INDEX_ENTRIES_MAX, Math.floor(room / ENTRY_SIZE)));
}

/** Texts of so many bytes together, as AMF0 has them. */
function createPadding(size: number): string[] {
  const texts: string[] = [];
  for (let left = size; left > 0; ) {
    let taken = Math.min(left, TEXT_OVERHEAD + PADDING_TEXT_MAX);
    // What is left must be enough for a text, or nothing.
    if (left > taken && left - taken < TEXT_OVERHEAD) taken -= TEXT_OVERHEAD;
    texts.push(" ".repeat(taken - TEXT_OVERHEAD));
    left -= taken;
  }
  return texts;
}

function setFacts(
  properties: AmfObject,
  { size, durationMs, lastMs }: Pick<FlvFileFacts, "size" | "durationMs" | "lastMs">,
  timesMs: readonly number[],
  positions: readonly number[],
): void {
  const seconds = (ms: number): number => ms / 1_000;
  const facts: [string, AmfValue][] = [
    ["duration", seconds(durationMs)],
    ["filesize", size],
    ["lasttimestamp", seconds(lastMs)],
    ["lastkeyframetimestamp", seconds(timesMs.at(-1) ?? 0)],
    ["hasKeyframes", positions.length > 0],
    ["hasMetadata", true],
  ];
  for (const [name, value] of facts) properties.set(name, value);
  if (positions.length === 0) return; // FFmpeg complains of an empty one.
  const index = new AmfObject();
  index.set("filepositions", [...positions]);
  index.set("times", timesMs.map(seconds));
  properties.set("keyframes", index);
}
