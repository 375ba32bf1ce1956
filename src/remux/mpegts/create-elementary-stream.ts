/**
 * Which tracks MPEG-TS can carry.
 *
 * @module
 */

import { unlessMalformed } from "../../base/errors.ts";
import type { Track } from "../../live/track.ts";
import { createAudioStream } from "./audio-stream.ts";
import type { ElementaryStream } from "./elementary-stream.ts";
import { createVideoStream } from "./video-stream.ts";

/**
 * @returns `undefined` if MPEG-TS has no place for the codec, or if the track's configuration is
 * missing or malformed, without which its frames cannot be brought into form.
 */
export function createElementaryStream(track: Track): ElementaryStream | undefined {
  return unlessMalformed(() =>
    track.kind === "video" ? createVideoStream(track) : createAudioStream(track),
  );
}

/** Whether a `TsMuxer` writes the track's frames. */
export function canCarryInTs(track: Track): boolean {
  return createElementaryStream(track) !== undefined;
}
