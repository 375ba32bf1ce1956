/**
 * The timeline of a stream: from the publisher's timestamps to those that all subscribers get.
 *
 * @module
 */

import type { TrackKind } from "./track.ts";

/**
 * - `full`: starts at 0, never goes back within a track, closes jumps, goes on over a republish.
 * - `zero`: starts at 0, otherwise as the publisher counts; goes on over a republish.
 * - `off`: as the publisher counts.
 */
export type JitterMode = "full" | "zero" | "off";

/** Audio and video are interleaved: a step back of this much is order, not a jump. As in SRS. */
const BACK_STEP_MS_MAX = 250;

/**
 * A step forward may exceed the time that passed by this much: what an encoder's buffers and a
 * burst over TCP amount to. A real gap, in which as much time passed as is missing, is kept.
 */
const FORWARD_LEAD_MS_MAX = 3_000;

/** What a jump is closed to: a plausible step from one frame to the next, as in SRS. */
const JUMP_STEP_MS = 10;

/** Two tracks whose times differ by less than this belong to the same count. */
const SAME_COUNT_MS_MAX = 10_000;

class TrackClock {
  offsetMs: number;
  lastInMs: number;
  lastOutMs: number;
  lastArrivalMs: number;

  constructor(offsetMs: number, inMs: number, arrivalMs: number, floorMs: number) {
    this.offsetMs = offsetMs;
    this.lastInMs = inMs;
    this.lastArrivalMs = arrivalMs;
    this.lastOutMs = floorMs;
  }
}

export class Timeline {
  #mode: JitterMode;
  #clocks = new Map<TrackKind, TrackClock>();
  /** What the latest jump, on whichever track, added. The other track follows when it jumps too. */
  #offsetMs: number | undefined;
  #lastOutMs: number | undefined;
  /** Where the publisher before ended; nothing goes back beyond it. */
  #floorMs = 0;
  #isStreamTime = false;

  constructor(mode: JitterMode) {
    this.#mode = mode;
  }

  get mode(): JitterMode {
    return this.#mode;
  }

  /** The latest time given out; 0 before the first. */
  get lastMs(): number {
    return this.#lastOutMs ?? 0;
  }

  /** From now on times are placed in another way; but for `off`, where those before ended. */
  switchTo(mode: JitterMode): void {
    this.#mode = mode;
    this.restart(this.#isStreamTime);
  }

  /**
   * A new publisher starts: what it counts has nothing to do with what was before.
   *
   * @param isStreamTime It counts as the stream does in another process of the server, where jumps
   *   have been closed: its times are kept where they fit behind what was before, and gaps in it are
   *   real, however late it comes, so that viewers of either see the same.
   */
  restart(isStreamTime = false): void {
    this.#isStreamTime = isStreamTime;
    this.#clocks.clear();
    this.#offsetMs = undefined;
    this.#floorMs = this.lastMs;
  }

  /**
   * Places a frame.
   *
   * @param inMs The publisher's DTS in milliseconds, unwrapped.
   * @param arrivalMs When it arrived, on a monotonic clock.
   * @returns The stream's DTS in milliseconds.
   */
  place(kind: TrackKind, inMs: number, arrivalMs: number): number {
    if (this.#mode !== "full") return this.#shift(inMs);
    const clock = this.#clocks.get(kind) ?? this.#start(kind, inMs, arrivalMs);
    if (this.#isJump(inMs - clock.lastInMs, arrivalMs - clock.lastArrivalMs)) {
      clock.offsetMs = this.#offsetAfterJump(clock, inMs);
    }
    const outMs = Math.max(inMs + clock.offsetMs, clock.lastOutMs);
    clock.lastInMs = inMs;
    clock.lastArrivalMs = arrivalMs;
    clock.lastOutMs = outMs;
    this.#lastOutMs = Math.max(this.#lastOutMs ?? 0, outMs);
    return outMs;
  }

  #shift(inMs: number): number {
    this.#offsetMs ??= this.#mode === "zero" ? this.#firstOffset(inMs) : 0;
    const outMs = inMs + this.#offsetMs;
    this.#lastOutMs = outMs;
    return outMs;
  }

  #start(kind: TrackKind, inMs: number, arrivalMs: number): TrackClock {
    const isFollowing = this.#offsetMs !== undefined && this.#isNear(inMs + this.#offsetMs);
    const offsetMs = isFollowing ? this.#currentOffset() : this.#firstOffset(inMs);
    this.#offsetMs = offsetMs;
    const clock = new TrackClock(offsetMs, inMs, arrivalMs, this.#floorMs);
    this.#clocks.set(kind, clock);
    return clock;
  }

  /** What to add to a publisher's times from its first frame on. */
  #firstOffset(inMs: number): number {
    const floorMs = this.#lastOutMs === undefined ? inMs : this.#floorMs;
    const isFitting = inMs >= floorMs && inMs - floorMs <= SAME_COUNT_MS_MAX;
    return this.#isStreamTime && isFitting ? 0 : this.#nextMs() - inMs;
  }

  #offsetAfterJump(clock: TrackClock, inMs: number): number {
    const offsetMs = this.#currentOffset();
    if (offsetMs !== clock.offsetMs && this.#isNear(inMs + offsetMs)) return offsetMs;
    this.#offsetMs = this.#nextMs() - inMs;
    return this.#offsetMs;
  }

  #currentOffset(): number {
    return this.#offsetMs ?? 0;
  }

  #nextMs(): number {
    return this.#lastOutMs === undefined ? 0 : this.#lastOutMs + JUMP_STEP_MS;
  }

  #isJump(stepMs: number, passedMs: number): boolean {
    if (stepMs < -BACK_STEP_MS_MAX) return true;
    return !this.#isStreamTime && stepMs > passedMs + FORWARD_LEAD_MS_MAX;
  }

  #isNear(outMs: number): boolean {
    return Math.abs(outMs - this.lastMs) <= SAME_COUNT_MS_MAX;
  }
}
