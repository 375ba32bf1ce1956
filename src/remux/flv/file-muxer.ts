/**
 * A stream as an FLV file, which can be played as far as it has been written, and is sought in once it
 * is complete.
 *
 * ```text
 * | header | onMetaData, with room for the index | sequence headers | frames, sequence headers, ... |
 * ```
 *
 * @module
 */

import { ByteWriter } from "../../base/byte-writer.ts";
import { encodeFlvHeader } from "../../codec/flv/header.ts";
import { FlvTagType, writeFlvTag } from "../../codec/flv/tag.ts";
import type { Frame } from "../../live/frame.ts";
import type { StreamDescription, Track, TrackKind } from "../../live/track.ts";
import type { FilePatch } from "../file-patch.ts";
import { frameBody, roundedFrame, trackBodies } from "./body.ts";
import {
  completeFileMetadata,
  createFileMetadata,
  encodeFileMetadata,
  type FlvFileMetadata,
} from "./file-metadata.ts";
import { flvFilePatches } from "./file-patches.ts";
import { KeyFrameIndex } from "./key-frame-index.ts";

const CAPACITY = 64 * 1024;

export class FlvFileMuxer {
  readonly #writer = new ByteWriter(CAPACITY);
  readonly #metadata: FlvFileMetadata;
  readonly #index: KeyFrameIndex;
  readonly #tracks = new Map<TrackKind, Track>();
  readonly #isSought: boolean;
  /** The file's first sequence headers do not hold for all of it. */
  #hasChanged = false;
  /** Tracks whose sequence headers have been written behind the latest frame, and where those begin. */
  readonly #fresh = new Set<TrackKind>();
  #freshPosition = 0;
  /** Bytes that have been taken. */
  #takenSize = 0;
  #lastMs = 0;

  /** @param entriesMax Room for so many key frames; 0: nobody will look for them. */
  constructor(description: StreamDescription, entriesMax: number) {
    const { video, audio } = description;
    this.#index = new KeyFrameIndex(Math.max(2, entriesMax));
    this.#isSought = entriesMax > 0;
    this.#metadata = createFileMetadata(description, entriesMax);
    const header = { hasAudio: audio !== undefined, hasVideo: video !== undefined };
    this.#writer.writeBytes(encodeFlvHeader(header));
    writeFlvTag(this.#writer, FlvTagType.ScriptData, 0, encodeFileMetadata(this.#metadata));
    for (const track of [video, audio]) {
      if (track === undefined) continue;
      this.#tracks.set(track.kind, track);
      this.#writeHeaders(track, 0);
    }
  }

  /** Bytes that have not been taken. */
  get pendingSize(): number {
    return this.#writer.size;
  }

  /** A track begins, or goes on under another configuration. */
  writeTrack(track: Track, dtsMs: number): void {
    this.#hasChanged = true;
    this.#tracks.set(track.kind, track);
    this.#writeHeaders(track, Math.round(dtsMs));
  }

  /** @param dtsMs Milliseconds of the file, from which FLV takes whole ones. */
  writeFrame(frame: Frame, dtsMs: number): void {
    const { track, isKeyFrame } = frame;
    const timestampMs = Math.round(dtsMs);
    if (track.kind === "video" && isKeyFrame && this.#isSought) this.#addEntry(timestampMs);
    this.#lastMs = Math.max(this.#lastMs, timestampMs);
    const body = frameBody(roundedFrame(frame, dtsMs));
    this.#writeTag(track, timestampMs, body);
    this.#fresh.clear();
  }

  /** Gives away what is whole, which all of it always is. */
  take(): Uint8Array {
    const bytes = this.#writer.take();
    this.#takenSize += bytes.length;
    return bytes;
  }

  /** What to write over when the file is complete. @param size Bytes of the file. */
  patches({ size, durationMs }: { size: number; durationMs: number }): readonly FilePatch[] {
    const facts = { size, durationMs, lastMs: this.#lastMs, index: this.#index };
    const header = { hasAudio: this.#tracks.has("audio"), hasVideo: this.#tracks.has("video") };
    return flvFilePatches(header, completeFileMetadata(this.#metadata, facts));
  }

  /** Who begins here by the index is to know what holds here. */
  #addEntry(timestampMs: number): void {
    for (const track of this.#hasChanged ? this.#tracks.values() : []) {
      if (!this.#fresh.has(track.kind)) this.#writeHeaders(track, timestampMs);
    }
    const isBehindHeaders = this.#hasChanged && this.#fresh.size > 0;
    this.#index.add(timestampMs, isBehindHeaders ? this.#freshPosition : this.#position);
  }

  #writeHeaders(track: Track, timestampMs: number): void {
    if (this.#fresh.size === 0) this.#freshPosition = this.#position;
    this.#fresh.add(track.kind);
    for (const body of trackBodies(track)) this.#writeTag(track, timestampMs, body);
  }

  /** Where the next tag begins, in bytes from the start of the file. */
  get #position(): number {
    return this.#takenSize + this.#writer.size;
  }

  /** FLV counts 32 bits of milliseconds. */
  #writeTag({ kind }: Track, timestampMs: number, body: Uint8Array): void {
    const type = kind === "video" ? FlvTagType.Video : FlvTagType.Audio;
    writeFlvTag(this.#writer, type, timestampMs | 0, body);
  }
}
