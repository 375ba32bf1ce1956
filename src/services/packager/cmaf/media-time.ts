/**
 * From the timestamps of a stream to milliseconds since the Unix epoch.
 *
 * Where the stream leaves a publisher's timestamps as they are, they may begin anew at any time, and
 * the tracks do not do so at the same frame:
 *
 * ```text
 * video    79960  80000     0    40    80
 * audio  79970  79993  80016  80040  30  53
 *                         |------| of before the jump, though they come after it
 * ```
 *
 * @module
 */

import type { Frame } from "../../../live/frame.ts";
import { APART_MS_MAX } from "../segment-cutter.ts";

export class MediaTime {
  /** What to add to the timestamps of the track that leads. */
  #offsetMs = 0;
  /** What to add to those of the other track, which has jumped alone. */
  #otherOffsetMs: number | undefined;
  /** What was added before the latest jump, for as long as the other track has not followed. */
  #pastOffsetMs: number | undefined;
  /** When the latest jump was. */
  #jumpMs = 0;
  /** The newest of either. */
  #leadMs = 0;
  #otherMs: number | undefined;

  /** From now on the frame at `dtsMs` is that of `atMs`. */
  anchor(dtsMs: number, atMs: number): void {
    this.#offsetMs = Math.ceil(atMs - dtsMs);
    this.#otherOffsetMs = undefined;
    this.#pastOffsetMs = undefined;
    this.#leadMs = this.toMedia(dtsMs);
    this.#otherMs = undefined;
  }

  /** Likewise, while frames of the other track may still have the timestamps of before. */
  jump(dtsMs: number, atMs: number): void {
    // One that has an offset of its own has jumped already.
    const pastOffsetMs = this.#otherOffsetMs === undefined ? this.#offsetMs : undefined;
    const otherMs = this.#otherMs;
    this.anchor(dtsMs, atMs);
    this.#pastOffsetMs = pastOffsetMs;
    this.#otherMs = otherMs;
    this.#jumpMs = this.#leadMs;
  }

  /** Of the newest frame of all, in milliseconds since the Unix epoch. */
  get newestMs(): number {
    return Math.max(this.#leadMs, this.#otherMs ?? this.#leadMs);
  }

  toMedia(dtsMs: number): number {
    return dtsMs + this.#offsetMs;
  }

  toDts(mediaMs: number): number {
    return mediaMs - this.#offsetMs;
  }

  /** The time of a frame, which is in order among those of its track. */
  of({ dtsMs }: Frame, isLead: boolean): number {
    if (isLead) {
      this.#leadMs = this.toMedia(dtsMs);
      return this.#leadMs;
    }
    this.#otherMs = this.#ofOther(dtsMs);
    return this.#otherMs;
  }

  #ofOther(dtsMs: number): number {
    const mediaMs = dtsMs + (this.#otherOffsetMs ?? this.#offsetMs);
    const apartMs = this.#apart(mediaMs);
    if (this.#pastOffsetMs !== undefined) {
      const pastMs = dtsMs + this.#pastOffsetMs;
      if (this.#apart(pastMs) < Math.min(apartMs, APART_MS_MAX)) {
        return Math.min(pastMs, this.#jumpMs - 1);
      }
      this.#pastOffsetMs = undefined;
    }
    if (apartMs <= APART_MS_MAX) return mediaMs;
    this.#otherOffsetMs = Math.ceil(this.#leadMs - dtsMs);
    return dtsMs + this.#otherOffsetMs;
  }

  /** How far a time is from the newest ones. */
  #apart(mediaMs: number): number {
    const fromLeadMs = Math.abs(mediaMs - this.#leadMs);
    return Math.min(fromLeadMs, Math.abs(mediaMs - (this.#otherMs ?? this.#leadMs)));
  }
}
