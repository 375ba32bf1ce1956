/**
 * A stream as FLV tags, for HTTP-FLV and WebSocket-FLV: all viewers share the tags, and a viewer's
 * own is only the file header in front.
 *
 * Timestamps are the stream's: a viewer who joins late starts at a high one, as FLV players expect
 * of a live stream.
 *
 * @module
 */

import { ByteWriter } from "../../base/byte-writer.ts";
import { encodeFlvHeader } from "../../codec/flv/header.ts";
import { FLV_TAG_OVERHEAD, FlvTagType, writeFlvTag } from "../../codec/flv/tag.ts";
import { WebSocketOpcode, writeFrameHeader } from "../../codec/websocket/frame.ts";
import type { BroadcastEncoder, BroadcastFormat, Join } from "../../live/broadcast-format.ts";
import type { Frame } from "../../live/frame.ts";
import type { StreamDescription, StreamMetadata, Track } from "../../live/track.ts";
import { frameBody, trackBodies } from "./body.ts";

export interface FlvFormatOptions {
  readonly hasAudio: boolean;
  readonly hasVideo: boolean;
  /** Announce only those of them that the stream has when a viewer joins. */
  readonly isGuessed: boolean;
  /** Each tag is a WebSocket message of its own. */
  readonly isWebSocket: boolean;
}

interface FlvMark {
  /** The stream's time in milliseconds. */
  readonly ms: number;
}

export function createFlvFormat(options: FlvFormatOptions): BroadcastFormat {
  const { hasAudio, hasVideo, isGuessed, isWebSocket } = options;
  const kinds = `${hasAudio ? "a" : ""}${hasVideo ? "v" : ""}${isGuessed ? "?" : ""}`;
  return {
    name: `${isWebSocket ? "ws-flv" : "flv"}/${kinds}`,
    createEncoder: (startMs) => new FlvEncoder(options, startMs),
  };
}

class FlvEncoder implements BroadcastEncoder {
  readonly #options: FlvFormatOptions;
  #lastMs: number;

  constructor(options: FlvFormatOptions, startMs: number) {
    this.#options = options;
    this.#lastMs = startMs;
  }

  writeFrame(writer: ByteWriter, frame: Frame): void {
    this.#lastMs = frame.dtsMs;
    this.#writeMedia(writer, frame.track, frame.dtsMs, frameBody(frame));
  }

  writeTrack(writer: ByteWriter, track: Track, dtsMs: number): void {
    for (const body of trackBodies(track)) this.#writeMedia(writer, track, dtsMs, body);
  }

  writeMetadata(writer: ByteWriter, metadata: StreamMetadata, dtsMs: number): void {
    this.#writeTag(writer, FlvTagType.ScriptData, dtsMs, metadata.scriptData);
  }

  mark(): FlvMark {
    return { ms: this.#lastMs };
  }

  baseAt(): number {
    return 0;
  }

  encodeJoin({ mark, description, latest, isFirst }: Join): Uint8Array {
    const { ms } = mark as FlvMark;
    const writer = new ByteWriter();
    if (isFirst) this.#writeFileHeader(writer, latest);
    const { metadata, audio, video } = description;
    if (metadata !== undefined && isFirst) this.writeMetadata(writer, metadata, ms);
    if (audio !== undefined) this.writeTrack(writer, audio, ms);
    if (video !== undefined) this.writeTrack(writer, video, ms);
    return writer.view();
  }

  /** Announces what the stream has: players wait for a track that is announced and never comes. */
  #writeFileHeader(writer: ByteWriter, { audio, video }: StreamDescription): void {
    const { hasAudio, hasVideo, isGuessed } = this.#options;
    const header = encodeFlvHeader({
      hasAudio: hasAudio && (audio !== undefined || !isGuessed),
      hasVideo: hasVideo && (video !== undefined || !isGuessed),
    });
    if (this.#options.isWebSocket) {
      writeFrameHeader(writer, WebSocketOpcode.Binary, header.length);
    }
    writer.writeBytes(header);
  }

  #writeMedia(writer: ByteWriter, track: Track, dtsMs: number, body: Uint8Array): void {
    const isVideo = track.kind === "video";
    if (!(isVideo ? this.#options.hasVideo : this.#options.hasAudio)) return;
    this.#writeTag(writer, isVideo ? FlvTagType.Video : FlvTagType.Audio, dtsMs, body);
  }

  /** FLV counts 32 bits of milliseconds, so that it wraps after 49 days. */
  #writeTag(writer: ByteWriter, type: FlvTagType, dtsMs: number, body: Uint8Array): void {
    if (this.#options.isWebSocket) {
      writeFrameHeader(writer, WebSocketOpcode.Binary, FLV_TAG_OVERHEAD + body.length);
    }
    writeFlvTag(writer, type, Math.round(dtsMs) | 0, body);
  }
}
