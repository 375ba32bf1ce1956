/**
 * A stream as an MPEG-TS file: tables in front, before each key frame, and each second.
 *
 * @module
 */

import { ByteWriter } from "../../base/byte-writer.ts";
import type { Frame } from "../../live/frame.ts";
import type { StreamDescription, Track } from "../../live/track.ts";
import { TsMuxer, type TsTracks } from "./ts-muxer.ts";

const CAPACITY = 64 * 1024;
/** For players that begin in the middle of the file, where key frames are far apart. */
const TABLES_INTERVAL_MS = 1_000;

export class TsFileMuxer {
  readonly #muxer = new TsMuxer();
  readonly #writer = new ByteWriter(CAPACITY);
  #tracks: TsTracks;
  #tablesMs: number | undefined;

  constructor({ video, audio }: StreamDescription) {
    this.#tracks = { video, audio };
    this.#muxer.setTracks(this.#tracks);
  }

  get pendingSize(): number {
    return this.#writer.size;
  }

  /** Frames that were not written: malformed ones. */
  get droppedFrames(): number {
    return this.#muxer.droppedFrames;
  }

  writeTrack(track: Track): void {
    this.#tracks = { ...this.#tracks, [track.kind]: track };
    this.#muxer.setTracks(this.#tracks);
  }

  /** @param dtsMs Milliseconds of the file. */
  writeFrame(frame: Frame, dtsMs: number): void {
    const isEntry = frame.track.kind === "video" && frame.isKeyFrame;
    const isLong = Math.abs(dtsMs - (this.#tablesMs ?? dtsMs)) >= TABLES_INTERVAL_MS;
    if (isEntry || isLong || this.#tablesMs === undefined) {
      this.#muxer.writeTables(this.#writer);
      this.#tablesMs = dtsMs;
    }
    this.#muxer.writeFrame(this.#writer, frame, dtsMs);
  }

  /** Gives away what is whole, which all of it always is. */
  take(): Uint8Array {
    return this.#writer.take();
  }
}
