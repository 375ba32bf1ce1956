/**
 * What a recording needs of a container.
 *
 * @module
 */

import type { Frame } from "../../../live/frame.ts";
import type { StreamDescription, Track } from "../../../live/track.ts";
import type { FilePatch } from "../../../remux/file-patch.ts";
import type { Files, OpenFile } from "../../../runtime/runtime.ts";

export type RecordingFormatName = "flv" | "mp4" | "ts";

/** Makes the bytes of one file. Times are in milliseconds of the file. */
export interface RecordingMuxer {
  /** Bytes that it holds, of whole units or not. */
  readonly pendingSize: number;
  /** A track goes on under another configuration; called for those that `canSwitch` lets pass. */
  writeTrack(track: Track, dtsMs: number): void;
  writeFrame(frame: Frame, dtsMs: number): void;
  /**
   * Gives away all that can be played by itself behind what was given away before.
   *
   * @param isLast Nothing follows.
   */
  take(isLast: boolean): Uint8Array;
  /** What to write over in the file once it is complete. */
  patches(facts: { readonly size: number; readonly durationMs: number }): readonly FilePatch[];
}

/** A file that a dead process left, or one that ended early. */
export interface RepairedFile {
  /** How many of its bytes can be played; 0: there is nothing in it. */
  readonly size: number;
  readonly durationMs: number;
  readonly patches: readonly FilePatch[];
}

export interface RecordingFormat {
  readonly name: RecordingFormatName;
  /** Files always begin at 0: players would wait for any other time to come. */
  readonly isZeroBased: boolean;
  canCarry(track: Track): boolean;
  /** Whether a file goes on when a track of it becomes another one, or when there is a new one. */
  canSwitch(before: Track | undefined, after: Track): boolean;
  createMuxer(description: StreamDescription): RecordingMuxer;
  /** Looks how much of a file is whole. @throws {SystemError} */
  repair(file: OpenFile, size: number): Promise<RepairedFile>;
  /**
   * Makes of a complete file what is to stay of it, under another name. Absent: it stays as it is.
   *
   * @returns Whether there is such a file now; false: the one that is there stays.
   * @throws {SystemError}
   */
  rewrite?(files: Files, from: string, to: string, isCancelled: () => boolean): Promise<boolean>;
}
