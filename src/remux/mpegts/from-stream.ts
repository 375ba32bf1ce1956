/**
 * A stream as MPEG-TS, for HTTP-TS and WebSocket-TS: all viewers share the packets, and a viewer's own
 * are only the tables in front.
 *
 * Continuity counters go on for all. Who joins starts anywhere in their count; who skips, because it
 * is slow, sees a gap in it, which is what happened: packets were lost on the way to it. To declare a
 * discontinuity there would be wrong, as it would say that the clock jumps.
 *
 * @module
 */

import { ByteWriter } from "../../base/byte-writer.ts";
import { WebSocketOpcode, writeFrameHeader } from "../../codec/websocket/frame.ts";
import type { BroadcastEncoder, BroadcastFormat, Join } from "../../live/broadcast-format.ts";
import type { Frame } from "../../live/frame.ts";
import type { Track } from "../../live/track.ts";
import type { TablesMark } from "./program-tables.ts";
import { TsMuxer, type TsTracks } from "./ts-muxer.ts";

export interface TsFormatOptions {
  readonly hasAudio: boolean;
  readonly hasVideo: boolean;
  /** Each frame, with the tables before it, is a WebSocket message of its own. */
  readonly isWebSocket: boolean;
}

/**
 * Tables stand before each key frame. Where those are further apart than this they are repeated, for
 * receivers behind the viewer that tune in at any time.
 */
const TABLES_INTERVAL_MS = 1_000;

export function createTsFormat(options: TsFormatOptions): BroadcastFormat {
  const { hasAudio, hasVideo, isWebSocket } = options;
  const kinds = `${hasAudio ? "a" : ""}${hasVideo ? "v" : ""}`;
  return {
    name: `${isWebSocket ? "ws-ts" : "ts"}/${kinds}`,
    createEncoder: () => new TsEncoder(options),
  };
}

class TsEncoder implements BroadcastEncoder {
  readonly #options: TsFormatOptions;
  readonly #muxer = new TsMuxer();
  /** A message whose size must be known before it is sent. */
  readonly #message = new ByteWriter();
  #tracks: TsTracks = {};
  #tablesMs: number | undefined;

  constructor(options: TsFormatOptions) {
    this.#options = options;
  }

  writeFrame(writer: ByteWriter, frame: Frame): void {
    if (!this.#isWanted(frame.track)) return;
    if (!this.#options.isWebSocket) {
      this.#writeFrame(writer, frame);
      return;
    }
    this.#writeFrame(this.#message, frame);
    writeMessage(writer, this.#message.view());
    this.#message.truncate(0);
  }

  /** What the tables say next: they are written with the next frame. */
  writeTrack(_writer: ByteWriter, track: Track): void {
    if (!this.#isWanted(track)) return;
    this.#tracks = { ...this.#tracks, [track.kind]: track };
    this.#muxer.setTracks(this.#tracks);
  }

  writeMetadata(): void {
    // MPEG-TS has no place for it.
  }

  restart(): void {
    this.#tracks = {};
    this.#muxer.setTracks(this.#tracks);
  }

  mark(): TablesMark {
    return this.#muxer.markTables();
  }

  baseAt(): number {
    return 0;
  }

  encodeJoin({ mark }: Join): Uint8Array {
    const tables = this.#muxer.encodeTablesAt(mark as TablesMark);
    if (!this.#options.isWebSocket) return tables;
    const writer = new ByteWriter();
    writeMessage(writer, tables);
    return writer.view();
  }

  #isWanted({ kind }: Track): boolean {
    return kind === "video" ? this.#options.hasVideo : this.#options.hasAudio;
  }

  #writeFrame(writer: ByteWriter, frame: Frame): void {
    const { track, isKeyFrame, dtsMs } = frame;
    const isEntry = track.kind === "video" && isKeyFrame;
    const isLong = Math.abs(dtsMs - (this.#tablesMs ?? dtsMs)) >= TABLES_INTERVAL_MS;
    if (isEntry || isLong || this.#tablesMs === undefined) {
      this.#muxer.writeTables(writer);
      this.#tablesMs = dtsMs;
    }
    this.#muxer.writeFrame(writer, frame);
  }
}

function writeMessage(writer: ByteWriter, bytes: Uint8Array): void {
  if (bytes.length === 0) return;
  writeFrameHeader(writer, WebSocketOpcode.Binary, bytes.length);
  writer.writeBytes(bytes);
}
