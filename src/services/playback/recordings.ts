/**
 * The port by which playback knows of recordings.
 *
 * @module
 */

import type { StreamName } from "../../base/stream-name.ts";
import type { TrackKind } from "../../live/track.ts";

/** A recording that is complete. */
export interface PlayableRecording {
  readonly path: string;
  readonly format: "flv" | "mp4" | "ts";
  /** When its first frame came, in milliseconds since the Unix epoch. */
  readonly startedWallMs: number;
  readonly durationMs: number;
  /** Empty: it is not known. */
  readonly tracks: readonly { readonly kind: TrackKind }[];
}

export interface RecordingFilter {
  readonly name: StreamName;
  /** Recordings that end then or later, and begin then or earlier. Milliseconds since the Unix epoch. */
  readonly fromWallMs: number;
  readonly toWallMs?: number | undefined;
  /** By when they began. */
  readonly order: "oldest_first" | "newest_first";
  /** How many are passed over. */
  readonly start: number;
  readonly limit: number;
}

export interface Recordings {
  /** @throws {SystemError} If it cannot be told what there is. */
  find(filter: RecordingFilter): Promise<readonly PlayableRecording[]>;
}
