/**
 * What makes the times of a rung of a ladder those of the stream that it is a rung of. In this order:
 *
 * 1. The sound of both is the same, byte for byte: exact.
 * 2. Both count time alike, as the outputs of one encoder do, and a transcoder that has begun with the
 *    stream: the frames of one time then come within some seconds of each other.
 * 3. What comes now is of now: off by as much as the rung takes longer to be encoded.
 *
 * @module
 */

import { ArrivalDelay } from "../../protocols/rtc/arrival-delay.ts";
import { SoundTimes } from "./sound-times.ts";

/** Encoders look so far ahead, and start so much apart: beyond it, clocks have begun at other times. */
const SAME_CLOCK_MS = 5_000;
/** A clock that is taken for the same stays it for some more. */
const SAME_CLOCK_SLACK_MS = 1_000;
/** Frames come in bursts at first; after so long it is known how they come. */
const SETTLE_MS = 1_000;
/** What is known exactly is followed, what is not only if it was wrong by something that is seen. */
const EXACT_STEP_MS = 20;
const STEP_MS = 250;

/** About five seconds, of which so many are usual: a hitch does not count. */
const FRAMES_LATELY = 128;
const USUAL_SHARE = 0.9;

/** A frame of a picture as to its times, all in milliseconds. */
export interface TimedFrame {
  /** On the clock of its stream. */
  readonly timeMs: number;
  /** As its publisher counts. */
  readonly publisherMs: number;
  /** When it came, on the monotonic clock. */
  readonly arrivalMs: number;
}

/** How the frames of one stream come. */
class StreamTimes {
  readonly delay: ArrivalDelay = new ArrivalDelay();
  /** The latest differences, in no order. */
  readonly #differences: number[] = [];
  #count = 0;
  publisherOffsetMs = 0;
  firstMs: number | undefined;

  add({ timeMs, publisherMs, arrivalMs }: TimedFrame): void {
    this.firstMs ??= arrivalMs;
    this.publisherOffsetMs = timeMs - publisherMs;
    this.delay.add(arrivalMs - timeMs, arrivalMs);
    this.#differences[this.#count++ % FRAMES_LATELY] = arrivalMs - timeMs;
  }

  /** Of the differences of which `delay` has the least: nearly all are below it. */
  get usualMaximumMs(): number | undefined {
    const sorted = this.#differences.toSorted((a, b) => a - b);
    return sorted[Math.floor(sorted.length * USUAL_SHARE)];
  }

  isSettled(nowMs: number): boolean {
    return this.firstMs !== undefined && nowMs - this.firstMs >= SETTLE_MS;
  }
}

export class RungTime {
  readonly sounds: SoundTimes = new SoundTimes();
  readonly #base = new StreamTimes();
  readonly #rung = new StreamTimes();
  #isSameClock = false;
  #offsetMs: number | undefined;

  /** What has to be added to the rung's times; `undefined` before that is known. */
  get offsetMs(): number | undefined {
    return this.#offsetMs;
  }

  /**
   * By how much later than the base's its frames come, in milliseconds, but for a few: they may come in
   * bursts, of which the first frame is the latest. Less than 0 if they come sooner.
   */
  get latenessMs(): number {
    const baseMs = this.#base.delay.minimumMs;
    const rungMs = this.#rung.usualMaximumMs;
    if (baseMs === undefined || rungMs === undefined || this.#offsetMs === undefined) return 0;
    return rungMs - this.#offsetMs - baseMs;
  }

  baseFrame(frame: TimedFrame): void {
    this.#base.add(frame);
  }

  rungFrame(frame: TimedFrame): void {
    this.#rung.add(frame);
  }

  /**
   * Takes over what has become known. Call it where the rung's times may change: at a key frame, and
   * as long as they are not known.
   *
   * @returns Whether they are others now.
   */
  update(nowMs: number): boolean {
    const exactMs = this.sounds.differenceMs;
    const offsetMs = exactMs ?? this.#estimate(nowMs);
    if (offsetMs === undefined) return false;
    const step = exactMs === undefined ? STEP_MS : EXACT_STEP_MS;
    const before = this.#offsetMs;
    if (before !== undefined && Math.abs(offsetMs - before) < step) return false;
    this.#offsetMs = offsetMs;
    return true;
  }

  #estimate(nowMs: number): number | undefined {
    const [base, rung] = [this.#base, this.#rung];
    if (!base.isSettled(nowMs) || !rung.isSettled(nowMs)) return undefined;
    const baseMs = base.delay.minimumMs ?? 0;
    const rungMs = rung.delay.minimumMs ?? 0;
    const byArrivalMs = rungMs - baseMs;
    const byClockMs = base.publisherOffsetMs - rung.publisherOffsetMs;
    const limitMs = SAME_CLOCK_MS + (this.#isSameClock ? SAME_CLOCK_SLACK_MS : 0);
    this.#isSameClock = Math.abs(byClockMs - byArrivalMs) < limitMs;
    return this.#isSameClock ? byClockMs : byArrivalMs;
  }
}
