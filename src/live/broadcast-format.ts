/**
 * What a broadcast needs of an output format (RTMP chunks, FLV tags, ...). The formats are in
 * `remux/`.
 *
 * @module
 */

import type { ByteWriter } from "../base/byte-writer.ts";
import type { EncoderMark } from "./block.ts";
import type { Frame } from "./frame.ts";
import type { StreamDescription, StreamMetadata, Track } from "./track.ts";

export interface BroadcastFormat {
  /** Distinguishes the broadcasts of a stream: equal names get equal bytes. */
  readonly name: string;
  /** Each frame is handed on at once, whatever the stream's flush settings (relays to peers). */
  readonly isImmediate?: boolean;
  /** Video leaves no trace in it, so that a subscriber may enter at any audio frame. */
  readonly isAudioOnly?: boolean;
  /** @param startMs The stream's time, in milliseconds, from which on it will encode. */
  createEncoder(startMs: number): BroadcastEncoder;
}

/**
 * Writes a stream in one format, the same bytes for every subscriber. What a subscriber needs of its
 * own is written once, by `encodeJoin`.
 */
export interface BroadcastEncoder {
  writeFrame(writer: ByteWriter, frame: Frame): void;
  /** The track's configuration, at the start of a stream and whenever it changes. */
  writeTrack(writer: ByteWriter, track: Track, dtsMs: number): void;
  writeMetadata(writer: ByteWriter, metadata: StreamMetadata, dtsMs: number): void;
  /** The publisher is gone. Another one's tracks come, or none at all. */
  restart?(): void;
  /** Where the encoder stands, before what it writes next. */
  mark(): EncoderMark;
  /** The stream time, in milliseconds, that is zero for a subscriber who first joins at `mark`. */
  baseAt(mark: EncoderMark): number;
  /** What brings a subscriber to `join.mark`; what was encoded from there on follows. */
  encodeJoin(join: Join): Uint8Array;
}

/** A subscriber enters the chain, for the first time or again after it had to skip. */
export interface Join {
  readonly mark: EncoderMark;
  /** The stream as it was at the mark. */
  readonly description: StreamDescription;
  /** The stream as it is now: what a header that cannot be taken back must announce. */
  readonly latest: StreamDescription;
  /** What `baseAt` said when this subscriber first joined. */
  readonly baseMs: number;
  readonly isFirst: boolean;
}
