/**
 * The latest packets of a stream, kept once for all of its viewers: for those who join, who are
 * behind, and who lost some.
 *
 * @module
 */

import { BitrateMeter } from "../bitrate-meter.ts";
import type { SharedPayload } from "./shared-payload.ts";

export interface HistoryLimits {
  /** Packets, a power of two. */
  readonly countMax: number;
  /** Bytes of payload. */
  readonly sizeMax: number;
  /** What is kept though nobody could start from it, for those who lost packets. */
  readonly durationMs: number;
}

/** Room for 10 s between key frames at 10 Mbit/s. */
export const HISTORY_LIMITS: HistoryLimits = {
  countMax: 16_384,
  sizeMax: 16 * 1_024 * 1_024,
  durationMs: 2_000,
};

/** Room at first; it doubles when it is full. */
const CAPACITY_MIN = 256;
const RATE_WINDOW_MS = 2_000;

/**
 * Packets of one kind (audio or video), by consecutive indices from 0. Kept are those since the
 * latest key frame, and those of the last 2 s; for viewers who get them later than they come, all that
 * long more. A GOP beyond the limits is given up from its start: then nobody can start before the next
 * key frame.
 */
export class PacketHistory {
  /** By how much later than it comes some viewers get it, in milliseconds. */
  deferralMs = 0;
  readonly #limits: HistoryLimits;
  readonly #meter = new BitrateMeter(RATE_WINDOW_MS);
  #payloads: (SharedPayload | undefined)[];
  #frameNumbers: Uint32Array;
  #timesMs: Float64Array;
  #mask: number;
  #firstIndex = 0;
  #nextIndex = 0;
  #size = 0;
  #gopSize = 0;
  /** Where those start that are kept, from old to new. */
  readonly #keyFrames: number[] = [];
  #last: SharedPayload | undefined;
  #lastFrameNumber = 0;
  #latestMs = Number.NEGATIVE_INFINITY;
  #isEnded = false;

  constructor(limits: HistoryLimits = HISTORY_LIMITS) {
    this.#limits = limits;
    const capacity = this.#capacityMin;
    this.#payloads = new Array(capacity).fill(undefined);
    this.#frameNumbers = new Uint32Array(capacity);
    this.#timesMs = new Float64Array(capacity);
    this.#mask = capacity - 1;
  }

  get #capacityMin(): number {
    return Math.min(CAPACITY_MIN, this.#limits.countMax);
  }

  /** The oldest that is kept; `nextIndex` if there is none. */
  get firstIndex(): number {
    return this.#firstIndex;
  }

  /** What the next packet gets. */
  get nextIndex(): number {
    return this.#nextIndex;
  }

  /** Where the latest key frame starts, from which on all is kept; `undefined` without one. */
  get keyFrameIndex(): number | undefined {
    return this.#keyFrames.at(-1);
  }

  /** Where the latest key frame before an index starts; `undefined` without one. */
  keyFrameBefore(index: number): number | undefined {
    return this.#keyFrames.findLast((start) => start < index);
  }

  /**
   * How much of it there is from the latest key frame before an index to that, in ticks of its clock;
   * 0 without one.
   */
  ticksSinceKeyFrame(index: number): number {
    const keyFrameIndex = this.keyFrameBefore(index);
    const first = keyFrameIndex === undefined ? undefined : this.get(keyFrameIndex);
    return first === undefined ? 0 : (this.get(index - 1)?.timestamp ?? 0) - first.timestamp;
  }

  /** The first of those that have come after a time, or should have; `nextIndex` if there is none. */
  indexAfter(timeMs: number): number {
    let low = this.#firstIndex;
    let high = this.#nextIndex;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#timesMs[middle & this.#mask] ?? 0) > timeMs) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** The latest packet. */
  get last(): SharedPayload | undefined {
    return this.#last;
  }

  /** Bytes of payload kept. */
  get size(): number {
    return this.#size;
  }

  /** Bytes of payload since the latest key frame. */
  get gopSize(): number {
    return this.#gopSize;
  }

  /** In bit/s of payload, over the last 2 s. */
  bitrate(nowMs: number): number {
    return this.#meter.bitrate(nowMs);
  }

  /**
   * @param usualMs When it would have come if it were not late: viewers who get packets later than they
   *   come get this one so much later than that.
   * @returns The index of the packet.
   */
  append(payload: SharedPayload, nowMs: number, usualMs: number = nowMs): number {
    const last = this.#last;
    const isFrameStart =
      last === undefined || last.timestamp !== payload.timestamp || payload.isKeyFrameStart;
    if (isFrameStart) this.#lastFrameNumber++;
    if (payload.isKeyFrameStart) {
      this.#keyFrames.push(this.#nextIndex);
      this.#gopSize = 0;
    }
    this.#makeRoom(payload.payload.length, nowMs);
    const slot = this.#nextIndex & this.#mask;
    this.#payloads[slot] = payload;
    this.#frameNumbers[slot] = this.#lastFrameNumber;
    this.#latestMs = Math.max(usualMs, this.#latestMs);
    this.#timesMs[slot] = this.#latestMs;
    this.#last = payload;
    this.#size += payload.payload.length;
    this.#gopSize += payload.payload.length;
    this.#meter.add(payload.payload.length, nowMs);
    return this.#nextIndex++;
  }

  /** @returns `undefined` if it is not kept any more, or not there yet. */
  get(index: number): SharedPayload | undefined {
    if (index < this.#firstIndex || index >= this.#nextIndex) return undefined;
    return this.#payloads[index & this.#mask];
  }

  /** Counts frames; packets of one frame have the same number. Only of what is kept. */
  frameNumber(index: number): number {
    return this.#frameNumbers[index & this.#mask] ?? 0;
  }

  /** Nothing will come any more, not even the rest of a frame. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  end(): void {
    this.clear();
    this.#isEnded = true;
  }

  /** Nobody can start before the next key frame: the stream has changed, or stopped. */
  clear(): void {
    this.#firstIndex = this.#nextIndex;
    this.#size = 0;
    this.#payloads = new Array(this.#capacityMin).fill(undefined);
    this.#frameNumbers = new Uint32Array(this.#capacityMin);
    this.#timesMs = new Float64Array(this.#capacityMin);
    this.#mask = this.#capacityMin - 1;
    this.#keyFrames.length = 0;
    this.#last = undefined;
    this.#latestMs = Number.NEGATIVE_INFINITY;
  }

  #makeRoom(size: number, nowMs: number): void {
    const { countMax, sizeMax } = this.#limits;
    const durationMs = this.#limits.durationMs + this.deferralMs;
    const neededIndex = this.#neededIndex(nowMs);
    while (this.#firstIndex < neededIndex) {
      if (nowMs - (this.#timesMs[this.#firstIndex & this.#mask] ?? 0) < durationMs) break;
      this.#dropFirst();
    }
    while (this.#firstIndex < this.#nextIndex && this.#size + size > sizeMax) this.#dropFirst();
    const count = this.#nextIndex - this.#firstIndex;
    if (count <= this.#mask) return;
    if (count < countMax) this.#grow();
    else this.#dropFirst();
  }

  /** Where whoever starts now has to, and whoever gets it later. */
  #neededIndex(nowMs: number): number {
    const [first = this.#nextIndex] = this.#keyFrames;
    if (this.deferralMs === 0) return this.keyFrameIndex ?? first;
    return this.keyFrameBefore(this.indexAfter(nowMs - this.deferralMs)) ?? first;
  }

  #dropFirst(): void {
    const slot = this.#firstIndex & this.#mask;
    this.#size -= this.#payloads[slot]?.payload.length ?? 0;
    this.#payloads[slot] = undefined;
    if (this.#firstIndex === this.#keyFrames[0]) this.#keyFrames.shift();
    this.#firstIndex++;
  }

  #grow(): void {
    const capacity = (this.#mask + 1) * 2;
    const payloads: (SharedPayload | undefined)[] = new Array(capacity).fill(undefined);
    const frameNumbers = new Uint32Array(capacity);
    const timesMs = new Float64Array(capacity);
    for (let index = this.#firstIndex; index < this.#nextIndex; index++) {
      const from = index & this.#mask;
      const to = index & (capacity - 1);
      payloads[to] = this.#payloads[from];
      frameNumbers[to] = this.#frameNumbers[from] ?? 0;
      timesMs[to] = this.#timesMs[from] ?? 0;
    }
    this.#payloads = payloads;
    this.#frameNumbers = frameNumbers;
    this.#timesMs = timesMs;
    this.#mask = capacity - 1;
  }
}
