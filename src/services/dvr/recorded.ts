/**
 * What is known of a recording besides its file.
 *
 * @module
 */

import type { StreamName } from "../../base/stream-name.ts";
import type { SessionRequest } from "../../live/admission.ts";
import type { StreamDescription } from "../../live/track.ts";
import type { FinishedFile } from "./finish-file.ts";
import type { RecordingFormatName } from "./formats/recording-format.ts";

/** Whose recording it is, and what is in it. */
export interface Recorded {
  readonly name: StreamName;
  /** Who published it, the last one if there were several; `undefined` for what is no session. */
  readonly publisher: SessionRequest | undefined;
  readonly format: RecordingFormatName;
  /** When the file began, in milliseconds since the Unix epoch. */
  readonly startedWallMs: number;
  readonly tracks: readonly RecordedTrack[];
}

export interface RecordedTrack {
  readonly kind: "audio" | "video";
  /** Such as `h264`. */
  readonly codec: string;
}

/** A recording that is complete. */
export interface CompleteRecording extends Recorded, FinishedFile {
  readonly url: string;
}

export function recordedTracks({ video, audio }: StreamDescription): RecordedTrack[] {
  return [video, audio].flatMap((track) =>
    track === undefined ? [] : [{ kind: track.kind, codec: track.codec }],
  );
}
