/**
 * Reads an FLV file that was not completed: how much of it is whole, and what its metadata are to say.
 *
 * @module
 */

import { unlessMalformed } from "../../base/errors.ts";
import { AudioPacketType, decodeAudioTracks } from "../../codec/flv/audio-body.ts";
import type { FlvHeader } from "../../codec/flv/header.ts";
import { decodeMetadata } from "../../codec/flv/script-data.ts";
import { type FlvReceiver, FlvStreamReader } from "../../codec/flv/stream-reader.ts";
import { FLV_TAG_OVERHEAD, type FlvTag, FlvTagType } from "../../codec/flv/tag.ts";
import { decodeVideoTracks, VideoFrameType, VideoPacketType } from "../../codec/flv/video-body.ts";
import type { FilePatch } from "../file-patch.ts";
import {
  completeFileMetadata,
  countRoom,
  type FlvFileMetadata,
  INDEX_ENTRIES_MAX,
} from "./file-metadata.ts";
import { FLV_HEADER_SIZE, flvFilePatches } from "./file-patches.ts";
import { KeyFrameIndex } from "./key-frame-index.ts";

export class FlvFileScan implements FlvReceiver {
  readonly #reader = new FlvStreamReader(this);
  #metadata: FlvFileMetadata | undefined;
  #index: KeyFrameIndex = new KeyFrameIndex(INDEX_ENTRIES_MAX);
  #wholeSize = 0;
  /** Where the sequence headers begin that stand directly in front of what follows. */
  #headersPosition: number | undefined;
  #hasAudio = false;
  #hasVideo = false;
  #firstMs: number | undefined;
  #lastMs = 0;

  /** Bytes up to the end of the last whole tag. */
  get wholeSize(): number {
    return this.#wholeSize;
  }

  get durationMs(): number {
    return this.#lastMs - (this.#firstMs ?? this.#lastMs);
  }

  /** There are frames in it. */
  get hasMedia(): boolean {
    return this.#firstMs !== undefined;
  }

  /** Takes the next piece of the file. @throws {MalformedError} If it is not FLV, from there on. */
  read(bytes: Uint8Array): void {
    this.#reader.read(bytes);
  }

  /** What to write over once the file is cut off at `wholeSize`. */
  patches(): readonly FilePatch[] {
    const { wholeSize: size, durationMs } = this;
    const facts = { size, durationMs, lastMs: this.#lastMs, index: this.#index };
    const metadata = this.#metadata;
    const scriptData = metadata === undefined ? undefined : completeFileMetadata(metadata, facts);
    return flvFilePatches({ hasAudio: this.#hasAudio, hasVideo: this.#hasVideo }, scriptData);
  }

  // FlvReceiver -------------------------------------------------------------------------------------

  header(_header: FlvHeader): void {
    this.#wholeSize = FLV_HEADER_SIZE;
  }

  tag(tag: FlvTag): void {
    const position = this.#wholeSize;
    this.#wholeSize += FLV_TAG_OVERHEAD + tag.data.length;
    if (tag.type === FlvTagType.ScriptData) {
      if (position === FLV_HEADER_SIZE) this.#readMetadata(tag.data);
      return;
    }
    if (tag.type === FlvTagType.Audio) this.#hasAudio = true;
    else this.#hasVideo = true;
    this.#firstMs ??= tag.timestampMs;
    this.#lastMs = Math.max(this.#lastMs, tag.timestampMs);
    if (isSequenceHeader(tag)) {
      this.#headersPosition ??= position;
      return;
    }
    if (tag.type === FlvTagType.Video && isKeyFrame(tag.data)) {
      this.#index.add(tag.timestampMs, this.#headersPosition ?? position);
    }
    this.#headersPosition = undefined;
  }

  #readMetadata(data: Uint8Array): void {
    const properties = unlessMalformed(() => decodeMetadata(data));
    if (properties === undefined) return;
    this.#metadata = { properties, size: data.length };
    this.#index = new KeyFrameIndex(Math.max(2, countRoom(this.#metadata)));
  }
}

function isSequenceHeader({ type, data }: FlvTag): boolean {
  if (type === FlvTagType.Audio) {
    const [part] = unlessMalformed(() => decodeAudioTracks(data)) ?? [];
    return part !== undefined && part.packetType !== AudioPacketType.CodedFrames;
  }
  const [part] = unlessMalformed(() => decodeVideoTracks(data)) ?? [];
  const { SequenceStart, Mpeg2TsSequenceStart, Metadata } = VideoPacketType;
  const types: readonly unknown[] = [SequenceStart, Mpeg2TsSequenceStart, Metadata];
  return types.includes(part?.packetType);
}

/** Whether a picture can be decoded alone: not so for sequence headers, though they say so. */
function isKeyFrame(body: Uint8Array): boolean {
  const [part] = unlessMalformed(() => decodeVideoTracks(body)) ?? [];
  if (part?.frameType !== VideoFrameType.KeyFrame) return false;
  const { CodedFrames, CodedFramesX } = VideoPacketType;
  return part.packetType === CodedFrames || part.packetType === CodedFramesX;
}
