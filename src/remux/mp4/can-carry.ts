/**
 * Which tracks MP4 has a place for.
 *
 * @module
 */

import { unlessMalformed } from "../../base/errors.ts";
import type { Track } from "../../live/track.ts";
import { createCmafTrack } from "../cmaf/cmaf-track.ts";

/** What is described by the first frame, if by nothing else. */
const DESCRIBED_BY_FRAMES: ReadonlySet<Track["codec"]> = new Set(["vp8", "vp9", "mp3"]);

export function canCarryInMp4(track: Track): boolean {
  return (
    DESCRIBED_BY_FRAMES.has(track.codec) ||
    unlessMalformed(() => createCmafTrack(track)) !== undefined
  );
}
