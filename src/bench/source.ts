/**
 * What publishers send: the tags of an FLV file, made ready once for all of them, in an endless loop.
 *
 * @module
 */

import { ProtocolError } from "../base/errors.ts";
import { decodeFlvHeader } from "../codec/flv/header.ts";
import { decodeFlvTag, FLV_TAG_OVERHEAD, type FlvTag, FlvTagType } from "../codec/flv/tag.ts";
import { decodeVideoBody, type VideoBody, VideoPacketType } from "../codec/flv/video-body.ts";
import { MediaKind, mediaKindOf } from "./media-message.ts";
import { createTimeMark, TIME_MARK_SIZE } from "./time-mark.ts";

export interface SourceTag {
  readonly type: FlvTagType;
  /** From the start of the loop. */
  readonly timestampMs: number;
  /** Shared by all publishers, who fill in the time mark each time that they copy it. */
  readonly payload: Uint8Array;
  /** Where the time mark is; -1 if there is none. */
  readonly markOffset: number;
}

export interface Source {
  /** What comes first and is not repeated: metadata and sequence headers. */
  readonly prologue: readonly SourceTag[];
  readonly tags: readonly SourceTag[];
  readonly periodMs: number;
  /** Bytes of a loop. */
  readonly size: number;
}

/** Bits of the avcC's fifth byte that say how many bytes a NAL unit's length takes, less one. */
const LENGTH_SIZE_MASK = 0b11;
const LENGTH_SIZE_OFFSET = 4;
const NAL_UNIT_TYPE_MASK = 0x1f;
const NAL_UNIT_TYPE_DELIMITER = 9;

/**
 * Makes a file ready.
 *
 * @throws {MalformedError} If it is no FLV.
 * @throws {ProtocolError} If there is nothing in it to loop.
 */
export function createSource(file: Uint8Array): Source {
  const all = prepare(readTags(file));
  const firstFrame = all.findIndex(isFrame);
  const firstMs = all[firstFrame]?.timestampMs ?? 0;
  const periodMs = periodOf(all);
  // A file whose sequence headers change later on has to begin each loop with the first ones.
  const hasChanges = all.slice(Math.max(0, firstFrame)).some(isSequenceHeader);
  const tags = (
    hasChanges ? all.filter((tag) => tag.type !== FlvTagType.ScriptData) : all.slice(firstFrame)
  )
    .map((tag) => ({ ...tag, timestampMs: Math.max(0, tag.timestampMs - firstMs) }))
    .filter((tag) => tag.timestampMs < periodMs);
  const size = tags.reduce((sum, tag) => sum + tag.payload.length, 0);
  return { prologue: all.slice(0, firstFrame), tags, periodMs, size };
}

function readTags(file: Uint8Array): FlvTag[] {
  const [, start] = decodeFlvHeader(file) ?? [];
  const tags: FlvTag[] = [];
  if (start === undefined) return tags;
  let decoded = decodeFlvTag(file, start);
  // The last tag of a file that was cut off is left out.
  while (decoded !== undefined) {
    tags.push(decoded[0]);
    decoded = decodeFlvTag(file, decoded[1]);
  }
  return tags;
}

/** How long a loop lasts: from the first picture to one picture behind the last. */
function periodOf(tags: readonly SourceTag[]): number {
  const ofType = (type: FlvTagType): number[] =>
    tags.filter((tag) => tag.type === type && isFrame(tag)).map((tag) => tag.timestampMs);
  const pictures = ofType(FlvTagType.Video);
  const times = pictures.length > 1 ? pictures : ofType(FlvTagType.Audio);
  const [lastMs = 0, previousMs = 0] = times.slice(-2).reverse();
  const periodMs = lastMs - (times[0] ?? 0) + (lastMs - previousMs);
  if (periodMs > 0) return periodMs;
  throw new ProtocolError("Cannot publish file: it has no frames to loop");
}

function isFrame(tag: SourceTag): boolean {
  return kindOf(tag) >= MediaKind.Frame;
}

function isSequenceHeader(tag: SourceTag): boolean {
  return kindOf(tag) === MediaKind.SequenceHeader;
}

function kindOf({ type, payload }: SourceTag): MediaKind {
  return mediaKindOf(type, payload[0] ?? 0, payload[1] ?? 0);
}

/** Puts a time mark in front of each picture, where its codec is H.264. */
function prepare(tags: readonly FlvTag[]): SourceTag[] {
  let lengthSize = 4;
  return tags.map((tag) => {
    const { type, timestampMs, data } = tag;
    const body = type === FlvTagType.Video ? decodeVideoBody(data) : undefined;
    const plain = { type, timestampMs, payload: data, markOffset: -1 };
    if (body?.codec !== "h264") return plain;
    if (body.packetType === VideoPacketType.SequenceStart) {
      lengthSize = ((data[body.dataOffset + LENGTH_SIZE_OFFSET] ?? 3) & LENGTH_SIZE_MASK) + 1;
    }
    const isPicture =
      body.packetType === VideoPacketType.CodedFrames ||
      body.packetType === VideoPacketType.CodedFramesX;
    return isPicture && body.trackId === 0 && body.dataEnd === data.length
      ? mark(plain, body, lengthSize)
      : plain;
  });
}

/** A delimiter would have to come before the mark; it says nothing that is missed. */
function mark(tag: SourceTag, { dataOffset }: VideoBody, lengthSize: number): SourceTag {
  const { payload } = tag;
  const start = skipDelimiter(payload, dataOffset, lengthSize);
  const marked = new Uint8Array(payload.length + dataOffset - start + lengthSize + TIME_MARK_SIZE);
  marked.set(payload.subarray(0, dataOffset));
  marked[dataOffset + lengthSize - 1] = TIME_MARK_SIZE;
  marked.set(createTimeMark(), dataOffset + lengthSize);
  marked.set(payload.subarray(start), dataOffset + lengthSize + TIME_MARK_SIZE);
  return { ...tag, payload: marked, markOffset: dataOffset + lengthSize };
}

function skipDelimiter(payload: Uint8Array, offset: number, lengthSize: number): number {
  const nalUnit = offset + lengthSize;
  if (((payload[nalUnit] ?? 0) & NAL_UNIT_TYPE_MASK) !== NAL_UNIT_TYPE_DELIMITER) return offset;
  let size = 0;
  for (let i = offset; i < nalUnit; i++) size = size * 256 + (payload[i] ?? 0);
  return Math.min(nalUnit + size, payload.length);
}

/** Bits per second that a source has as FLV. */
export function bitrateOf({ size, tags, periodMs }: Source): number {
  return ((size + tags.length * FLV_TAG_OVERHEAD) * 8_000) / periodMs;
}
