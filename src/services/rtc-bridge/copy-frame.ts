/**
 * Frames on their way from one stream into another.
 *
 * @module
 */

import type { Frame, IncomingFrame } from "../../live/frame.ts";
import type { Track } from "../../live/track.ts";

/** The same frame for another stream, which sets times of its own; the bytes are shared. */
export function copyFrame(frame: Frame, track: Track): IncomingFrame {
  const { dtsMs, compositionTimeOffsetMs, isKeyFrame, payload } = frame;
  return { track, dtsMs, compositionTimeOffsetMs, isKeyFrame, payload, flvBody: frame.flvBody };
}
