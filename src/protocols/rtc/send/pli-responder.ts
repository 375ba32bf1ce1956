/**
 * Answers a viewer who has lost the picture from the history, so that no viewer makes the server
 * send a GOP again and again, and none can disturb the publisher.
 *
 * Spec: RFC 4585 section 6.3.1 (PLI).
 *
 * @module
 */

import type { SendTrack } from "./send-track.ts";

/** Between two bursts; each time twice as long for who asks again soon. */
const PAUSE_MS = 1_000;
const PAUSE_MS_MAX = 16_000;
/** Who has not asked for so long is as good as new. */
const FORGET_MS = 30_000;

/** What is done about a request. */
export type PliAnswer =
  /** The track starts anew at the latest key frame, and is behind for a while. */
  | "burst"
  /** The history is of no use: a key frame has to come from the publisher. */
  | "key-frame-needed"
  /** An answer is on its way, or this viewer has asked too often. */
  | "none";

export class PliResponder {
  #pauseMs = PAUSE_MS;
  #answeredMs = Number.NEGATIVE_INFINITY;

  answer(track: SendTrack, nowMs: number): PliAnswer {
    const elapsedMs = nowMs - this.#answeredMs;
    if (elapsedMs < this.#pauseMs) return "none";
    // What it has not got yet may be what it asks for.
    if (track.nextIndex !== undefined && !track.isLive && !track.isCutOff) return "none";
    this.#pauseMs = elapsedMs > FORGET_MS ? PAUSE_MS : Math.min(this.#pauseMs * 2, PAUSE_MS_MAX);
    this.#answeredMs = nowMs;
    return track.startAtKeyFrame() ? "burst" : "key-frame-needed";
  }
}
