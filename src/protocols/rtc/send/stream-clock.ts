/**
 * Which moment of a stream is now: what sender reports of all of its tracks go by, so that viewers
 * play them in sync.
 *
 * Spec: RFC 3550 section 6.4.1.
 *
 * @module
 */

import { ArrivalDelay } from "../arrival-delay.ts";

/** The stream's time was set: it has jumped by more than any jitter. */
const JUMP_MS = 1_000;

/** One per stream; its tracks and viewers share it. */
export class StreamClock {
  readonly #delay = new ArrivalDelay();

  /** A frame of any track has come from the publisher. */
  frameReceived(streamMs: number, nowMs: number): void {
    const differenceMs = nowMs - streamMs;
    const leastMs = this.#delay.minimumMs ?? differenceMs;
    if (Math.abs(differenceMs - leastMs) > JUMP_MS) this.#delay.reset();
    this.#delay.add(differenceMs, nowMs);
  }

  /** The time of the stream in milliseconds; `undefined` before the first frame. */
  streamMs(nowMs: number): number | undefined {
    const { minimumMs } = this.#delay;
    return minimumMs === undefined ? undefined : nowMs - minimumMs;
  }
}
