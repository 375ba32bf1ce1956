/**
 * The tags of an FLV file, one after the other, from any of them on.
 *
 * @module
 */

import { MalformedError, unlessMalformed } from "../../../base/errors.ts";
import { AudioPacketType, decodeAudioTracks } from "../../../codec/flv/audio-body.ts";
import { decodeFlvHeader, type FlvHeader } from "../../../codec/flv/header.ts";
import {
  decodeFlvTag,
  decodeFlvTagHead,
  FLV_TAG_HEAD_SIZE,
  FLV_TAG_OVERHEAD,
  type FlvTag,
  FlvTagType,
} from "../../../codec/flv/tag.ts";
import {
  decodeVideoTracks,
  VideoFrameType,
  VideoPacketType,
} from "../../../codec/flv/video-body.ts";
import type { FileWindow } from "../file-window.ts";

/** Of the file's header, with more than any is known to have. */
const HEADER_SIZE_MAX = 1_100;

export interface PlacedTag {
  readonly tag: FlvTag;
  /** Where it begins, in bytes from the start of the file. */
  readonly offset: number;
  /** Where the next one does. */
  readonly end: number;
}

/** What a tag is to somebody who looks for a place to begin. */
export type TagRole = "key frame" | "picture" | "sound" | "sequence header" | "other";

/** @returns The header and where the first tag begins. @throws {MalformedError} @throws {SystemError} */
export async function readFlvHeader(window: FileWindow): Promise<[FlvHeader, number]> {
  const decoded = decodeFlvHeader(await window.readSome(0, HEADER_SIZE_MAX));
  if (decoded === undefined) throw new MalformedError("Cannot read FLV: the file ends", 0);
  return decoded;
}

/** @returns `undefined` at the end of the file. @throws {MalformedError} @throws {SystemError} */
export async function readFlvTag(
  window: FileWindow,
  offset: number,
): Promise<PlacedTag | undefined> {
  if (offset === window.size) return undefined;
  const headBytes =
    window.peek(offset, FLV_TAG_HEAD_SIZE) ?? (await window.read(offset, FLV_TAG_HEAD_SIZE));
  const head = decodeFlvTagHead(headBytes, 0);
  const size = FLV_TAG_OVERHEAD + (head?.dataSize ?? 0);
  const bytes = window.peek(offset, size) ?? (await window.read(offset, size));
  const decoded = decodeFlvTag(bytes, 0);
  if (decoded === undefined) throw new MalformedError("Cannot read tag: cut off", offset);
  return { tag: decoded[0], offset, end: offset + size };
}

/** What is broken has no role: who plays it will hear of it. */
export function roleOf({ type, data }: FlvTag): TagRole {
  return unlessMalformed(() => decodeRole(type, data)) ?? "other";
}

function decodeRole(type: FlvTagType, data: Uint8Array): TagRole {
  if (type === FlvTagType.Audio) {
    const part = decodeAudioTracks(data).find(({ trackId }) => trackId === 0);
    if (part?.packetType === AudioPacketType.CodedFrames) return "sound";
    return part === undefined ? "other" : "sequence header";
  }
  if (type !== FlvTagType.Video) return "other";
  const part = decodeVideoTracks(data).find(({ trackId }) => trackId === 0);
  if (part === undefined || part.frameType === VideoFrameType.Command) return "other";
  switch (part.packetType) {
    case VideoPacketType.CodedFrames:
    case VideoPacketType.CodedFramesX:
      return part.frameType === VideoFrameType.KeyFrame ? "key frame" : "picture";
    case VideoPacketType.SequenceStart:
    case VideoPacketType.Mpeg2TsSequenceStart:
    case VideoPacketType.Metadata:
      return "sequence header";
    default:
      return "other";
  }
}
