/**
 * What playback needs of a container: its frames, from a time on.
 *
 * @module
 */

import type { Frame } from "../../live/frame.ts";
import type { StreamMetadata } from "../../live/track.ts";
import type { OpenFile } from "../../runtime/runtime.ts";

/** A file to be read, of which the size is known. */
export interface SourceFile {
  readonly file: OpenFile;
  /** Bytes. */
  readonly size: number;
  /** `undefined`: it is not known. */
  readonly hasVideo: boolean | undefined;
}

export interface FrameReader {
  /** It begins with a picture that can be decoded, or with sound if there are none, at that time or earlier. */
  readonly isEntry: boolean;
  /** What the file says of the stream; `undefined` if it says nothing. */
  readonly metadata: StreamMetadata | undefined;
  /**
   * The next frames, roughly in order of their times, which count from the first frame of the file.
   *
   * @returns `undefined` at the end of the file.
   * @throws {MalformedError} If it is damaged. @throws {SystemError} If it cannot be read.
   */
  next(): Promise<readonly Frame[] | undefined>;
}

/**
 * Begins to read, with the last key frame at or before a time, or else at the beginning of the file.
 *
 * @param startMs From the first frame on; `undefined`: from the beginning, whatever is there.
 * @throws {MalformedError} @throws {SystemError}
 */
export type OpenFrames = (source: SourceFile, startMs: number | undefined) => Promise<FrameReader>;
