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
 * latest key frame, and those of the last 2 s. A GOP beyond the limits is given up from its start:
 * then nobody can start before the next key frame.
 */
export class PacketHistory {
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
  #keyFrameIndex: number | undefined;
  #last: SharedPayload | undefined;
  #lastFrameNumber = 0;
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
    return this.#keyFrameIndex;
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

  /** @returns The index of the packet. */
  append(payload: SharedPayload, nowMs: number): number {
    const last = this.#last;
    const isFrameStart =
      last === undefined || last.timestamp !== payload.timestamp || payload.isKeyFrameStart;
    if (isFrameStart) this.#lastFrameNumber++;
    if (payload.isKeyFrameStart) {
      this.#keyFrameIndex = this.#nextIndex;
      this.#gopSize = 0;
    }
    this.#makeRoom(payload.payload.length, nowMs);
    const slot = this.#nextIndex & this.#mask;
    this.#payloads[slot] = payload;
    this.#frameNumbers[slot] = this.#lastFrameNumber;
    this.#timesMs[slot] = nowMs;
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
    this.#keyFrameIndex = undefined;
    this.#last = undefined;
  }

  #makeRoom(size: number, nowMs: number): void {
    const { countMax, sizeMax, durationMs } = this.#limits;
    const neededIndex = this.#keyFrameIndex ?? this.#nextIndex;
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

  #dropFirst(): void {
    const slot = this.#firstIndex & this.#mask;
    this.#size -= this.#payloads[slot]?.payload.length ?? 0;
    this.#payloads[slot] = undefined;
    if (this.#firstIndex === this.#keyFrameIndex) this.#keyFrameIndex = undefined;
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
