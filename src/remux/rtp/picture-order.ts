/**
 * Pictures in the order in which they are shown.
 *
 * @module
 */

import type { Frame } from "../../live/frame.ts";
import { VIDEO_CLOCK_RATE } from "./rtp-payload.ts";

const TICKS_PER_MS = VIDEO_CLOCK_RATE / 1000;

/** Gives pictures their timestamps, and leaves out those that would have to be shown in the past. */
export class PictureOrder {
  readonly #keepsBFrames: boolean;
  #latest: number | undefined;

  constructor(keepsBFrames: boolean) {
    this.#keepsBFrames = keepsBFrames;
  }

  /**
   * @param isNeeded Others will refer to the picture: it is sent whatever its time.
   * @returns When it is shown, in ticks of 90 kHz; `undefined` if it is to be left out.
   */
  place(frame: Frame, isNeeded: boolean): number | undefined {
    const timestamp = Math.round((frame.dtsMs + frame.compositionTimeOffsetMs) * TICKS_PER_MS);
    if (this.#keepsBFrames) return timestamp;
    const latest = this.#latest ?? timestamp - 1;
    if (timestamp < latest && !isNeeded) return undefined;
    // Two pictures in the same millisecond, or a source whose times are wrong: just behind the other.
    this.#latest = Math.max(timestamp, latest + 1);
    return this.#latest;
  }
}
