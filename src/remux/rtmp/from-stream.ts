/**
 * A stream as RTMP chunks. All players share the bytes, though each of them starts near timestamp 0:
 * shared messages carry the difference to the message before (chunk format 1), and only what a
 * player gets at its join carries absolute times (format 0), its own.
 *
 * @module
 */

import { ByteWriter } from "../../base/byte-writer.ts";
import { encodeAmf0 } from "../../codec/amf0/encode.ts";
import { prependSetDataFrame } from "../../codec/flv/script-data.ts";
import { type ChunkHeader, ChunkStreamId, writeChunks } from "../../codec/rtmp/chunk-encoder.ts";
import { RtmpMessageType } from "../../codec/rtmp/message.ts";
import type { BroadcastEncoder, BroadcastFormat, Join } from "../../live/broadcast-format.ts";
import type { Frame } from "../../live/frame.ts";
import type { StreamMetadata, Track } from "../../live/track.ts";
import { frameBody, trackBodies } from "../flv/body.ts";

export interface RtmpFormatOptions {
  /** What SetChunkSize announces to players, in bytes. */
  readonly chunkSize: number;
  /** The message stream that players were given; the same for all. */
  readonly messageStreamId: number;
  /**
   * The chunks go to servers that it is published to: metadata are for them to keep, and what is a
   * filler for players is left out.
   */
  readonly isForServers?: boolean;
  /** Players get the stream's own times instead of times that start near 0 for each of them. */
  readonly isTimeAbsolute: boolean;
}

/** The time, in milliseconds, of the last message on each chunk stream. */
interface RtmpMark {
  readonly audioMs: number;
  readonly videoMs: number;
}

/**
 * A chunk stream on which nothing was sent for so long is sent a message that means nothing, so that
 * its time stays near the other's and a player who joins starts near 0 on both.
 */
const SILENCE_MS_MAX = 5_000;
/** How far behind the other track such a message is set: more than audio and video are apart. */
const SILENCE_LAG_MS = 1_000;

const { Audio: AUDIO, Video: VIDEO, DataAmf0: DATA } = RtmpMessageType;

/**
 * A message that means nothing to a player in mid-stream. Flash Media Server and SRS send it to every
 * player at the start, so that every player knows it.
 */
const NOTHING = encodeAmf0("|RtmpSampleAccess", true, true);

export function createRtmpFormat(options: RtmpFormatOptions): BroadcastFormat {
  const { chunkSize, messageStreamId, isTimeAbsolute, isForServers = false } = options;
  return {
    name: `${isForServers ? "rtmp-forward" : "rtmp"}/${chunkSize}/${messageStreamId}/${isTimeAbsolute ? "absolute" : "relative"}`,
    createEncoder: (startMs) => new RtmpEncoder(options, Math.round(startMs)),
  };
}

class RtmpEncoder implements BroadcastEncoder {
  readonly #options: RtmpFormatOptions;
  readonly #header: { -readonly [Field in keyof ChunkHeader]: ChunkHeader[Field] };
  #audioMs: number;
  #videoMs: number;

  constructor(options: RtmpFormatOptions, startMs: number) {
    this.#options = options;
    const { messageStreamId } = options;
    this.#header = { format: 1, chunkStreamId: 0, timestamp: 0, typeId: 0, messageStreamId };
    this.#audioMs = startMs;
    this.#videoMs = startMs;
  }

  writeFrame(writer: ByteWriter, frame: Frame): void {
    const ms = Math.round(frame.dtsMs);
    const body = frameBody(frame);
    if (frame.track.kind === "video") this.#writeVideo(writer, RtmpMessageType.Video, ms, body);
    else this.#writeAudio(writer, RtmpMessageType.Audio, ms, body);
    this.#breakSilence(writer, ms);
  }

  /** At the time of the frame before: the next one of this track may not be later than now. */
  writeTrack(writer: ByteWriter, track: Track): void {
    for (const body of trackBodies(track)) {
      if (track.kind === "video") this.#writeVideo(writer, VIDEO, this.#videoMs, body);
      else this.#writeAudio(writer, AUDIO, this.#audioMs, body);
    }
  }

  writeMetadata(writer: ByteWriter, metadata: StreamMetadata): void {
    this.#writeVideo(writer, DATA, this.#videoMs, this.#metadataBody(metadata));
  }

  mark(): RtmpMark {
    return { audioMs: this.#audioMs, videoMs: this.#videoMs };
  }

  baseAt(mark: object): number {
    const { audioMs, videoMs } = mark as RtmpMark;
    return this.#options.isTimeAbsolute ? 0 : Math.min(audioMs, videoMs);
  }

  /** Ends with an absolute time on both chunk streams, from which the shared messages count on. */
  encodeJoin({ mark, description, baseMs, isFirst }: Join): Uint8Array {
    const writer = new ByteWriter();
    const { audioMs, videoMs } = mark as RtmpMark;
    const { metadata, audio, video } = description;
    const videoStart = { chunkStreamId: ChunkStreamId.Video, timestamp: videoMs - baseMs };
    const audioStart = { chunkStreamId: ChunkStreamId.Audio, timestamp: audioMs - baseMs };
    if (metadata !== undefined && isFirst) {
      this.#writeStart(writer, videoStart, DATA, [this.#metadataBody(metadata)]);
    }
    this.#writeStart(writer, audioStart, AUDIO, audio === undefined ? [] : trackBodies(audio));
    this.#writeStart(writer, videoStart, VIDEO, video === undefined ? [] : trackBodies(video));
    return writer.view();
  }

  #metadataBody({ scriptData }: StreamMetadata): Uint8Array {
    return this.#options.isForServers === true ? prependSetDataFrame(scriptData) : scriptData;
  }

  #writeAudio(writer: ByteWriter, typeId: number, ms: number, body: Uint8Array): void {
    const header = this.#delta(ChunkStreamId.Audio, typeId, ms - this.#audioMs);
    writeChunks(writer, header, body, this.#options.chunkSize);
    this.#audioMs = ms;
  }

  #writeVideo(writer: ByteWriter, typeId: number, ms: number, body: Uint8Array): void {
    const header = this.#delta(ChunkStreamId.Video, typeId, ms - this.#videoMs);
    writeChunks(writer, header, body, this.#options.chunkSize);
    this.#videoMs = ms;
  }

  #breakSilence(writer: ByteWriter, ms: number): void {
    if (this.#options.isForServers === true) return;
    if (ms - this.#audioMs > SILENCE_MS_MAX) {
      this.#writeAudio(writer, DATA, ms - SILENCE_LAG_MS, NOTHING);
    } else if (ms - this.#videoMs > SILENCE_MS_MAX) {
      this.#writeVideo(writer, DATA, ms - SILENCE_LAG_MS, NOTHING);
    }
  }

  /** The header of a shared message; one object for all of them. */
  #delta(chunkStreamId: number, typeId: number, deltaMs: number): ChunkHeader {
    this.#header.chunkStreamId = chunkStreamId;
    this.#header.timestamp = deltaMs;
    this.#header.typeId = typeId;
    return this.#header;
  }

  #writeStart(
    writer: ByteWriter,
    start: { readonly chunkStreamId: number; readonly timestamp: number },
    typeId: number,
    bodies: readonly Uint8Array[],
  ): void {
    const { chunkSize, messageStreamId } = this.#options;
    const type = bodies.length === 0 ? DATA : typeId;
    for (const body of bodies.length === 0 ? [NOTHING] : bodies) {
      writeChunks(writer, { format: 0, ...start, typeId: type, messageStreamId }, body, chunkSize);
    }
  }
}
