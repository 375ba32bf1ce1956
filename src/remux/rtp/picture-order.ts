/**
 * Pictures in the order in which they are shown, as WebRTC's receivers take them for granted: those that
 * would be shown before one that has been sent (B-frames, mostly) are left out.
 *
 * What decoders make of it was tried with FFmpeg, on ten seconds of film each, comparing every picture
 * that is left with what it is in the whole stream:
 *
 * | encoder                                | left out | in order | pictures that are left          |
 * | -------------------------------------- | -------- | -------- | ------------------------------- |
 * | x264 either preset, `b-pyramid=strict` | all B    | yes      | the same, bit by bit            |
 * | x264 `veryfast` (one reference), normal| all B    | yes      | the same                        |
 * | x264 `medium`, `b-pyramid=normal`      | all B    | yes      | 2 of 3 differ, 31 dB on average |
 * | the same                               | B that nothing refers to | no | the same              |
 * | x265 without pyramid                   | all B    | yes      | the same                        |
 * | x265 with pyramid, which is its default| all B    | yes      | 4 of 5 differ, 17 dB            |
 * | the same                               | `_N` pictures | no  | the same                        |
 *
 * Chromium, given the two streams of x264 with a normal pyramid, decoded all 93 of 93 pictures that were
 * left, and asked for no key frame; given all 150 in their own order, it decoded 7 and asked 32 times.
 *
 * So leaving out only what nothing refers to would always decode, but leaves pictures that are shown in
 * another order than they are decoded in. Leaving out all that are late is in order; where P pictures
 * refer to B pictures (a pyramid and more than one reference), what is left has errors up to the next key
 * frame. No choice among the same pictures avoids both. In H.264 there are gaps in frame_num then, which
 * decoders fill; those of HEVC miss a reference and say so. Whoever publishes for WebRTC should encode
 * without B-frames or, at least, without a pyramid; `leftOutReferenceCount` tells that somebody does not.
 *
 * Late by time and late by slice type were the same pictures in every stream that was tried. Time alone
 * would do, then, if times were always right: an I or P picture with a wrong time is kept.
 *
 * @module
 */

import type { Frame } from "../../live/frame.ts";
import { VIDEO_CLOCK_RATE } from "./rtp-payload.ts";

const TICKS_PER_MS = VIDEO_CLOCK_RATE / 1000;

/** What is known of a picture beyond its time. */
export interface PictureRole {
  /** It is sent whatever its time: all that come after it refer to it. */
  readonly isNeeded: boolean;
  /** Some may refer to it. */
  readonly isReference: boolean;
}

/** Of codecs whose pictures are shown in the order in which they are decoded. */
export const NEEDED: PictureRole = { isNeeded: true, isReference: true };

/** Gives pictures their timestamps, and leaves out those that would have to be shown in the past. */
export class PictureOrder {
  /** Pictures that were left out though others may refer to them. */
  leftOutReferenceCount = 0;
  readonly #keepsBFrames: boolean;
  #latest: number | undefined;

  /** @param keepsBFrames Nothing is left out, and timestamps go back where the order does. */
  constructor(keepsBFrames: boolean) {
    this.#keepsBFrames = keepsBFrames;
  }

  /** @returns When it is shown, in ticks of 90 kHz; `undefined` if it is to be left out. */
  place(frame: Frame, { isNeeded, isReference }: PictureRole): number | undefined {
    const timestamp = Math.round((frame.dtsMs + frame.compositionTimeOffsetMs) * TICKS_PER_MS);
    if (this.#keepsBFrames) return timestamp;
    const latest = this.#latest ?? timestamp - 1;
    if (timestamp < latest && !isNeeded) {
      if (isReference) this.leftOutReferenceCount += 1;
      return undefined;
    }
    // Two pictures in the same millisecond, or a source whose times are wrong: just behind the other.
    this.#latest = Math.max(timestamp, latest + 1);
    return this.#latest;
  }
}
