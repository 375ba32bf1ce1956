/**
 * One player's record: when it was served, and whether its media came whole and in time.
 *
 * @module
 */

import {
  HEAD_SIZE,
  MediaKind,
  type MediaMessage,
  MediaType,
  type MessageSink,
  mediaKindOf,
} from "./media-message.ts";
import type { PlayerTotals } from "./player-totals.ts";
import { findMarkTime } from "./time-mark.ts";
import type { WallTime } from "./wall-time.ts";

/** No media for longer than this is a stall: what a viewer with a second of buffer sees. */
export const STALL_MS = 1_000;
/** A step in timestamps is a gap if it is larger than the one before by this much. */
export const GAP_MS = 200;

export class PlayerMeter implements MessageSink {
  readonly totals: PlayerTotals;
  readonly #wallTime: WallTime;
  readonly #isContinuous: boolean;
  /** What happens when the first key frame is there. */
  onFirstFrame: (() => void) | undefined;
  receivedSize = 0;
  hasFirstFrame = false;
  #startedMs = 0;
  #nowMs = 0;
  #isConnected = false;
  #isOver = false;
  /** Whether the message that is being walked over is the first key frame. */
  #isKeyFrameComing = false;
  #mediaMs = 0;
  #isStalled = false;
  #stallCount = 0;
  #gapCount = 0;
  readonly #video = new TimestampWatch();
  readonly #audio = new TimestampWatch();

  /** @param isContinuous False if media comes in large pieces, with long pauses between them. */
  constructor(totals: PlayerTotals, wallTime: WallTime, isContinuous = true) {
    this.totals = totals;
    this.#wallTime = wallTime;
    this.#isContinuous = isContinuous;
  }

  get isConnected(): boolean {
    return this.#isConnected && !this.#isOver;
  }

  /** The attempt to connect begins. */
  start(nowMs: number): void {
    this.#startedMs = nowMs;
    this.#nowMs = nowMs;
    this.totals.startedCount += 1;
  }

  /** The server has agreed to serve. */
  connected(nowMs: number): void {
    if (this.#isConnected || this.#isOver) return;
    this.#isConnected = true;
    const { totals } = this;
    totals.joinedCount += 1;
    totals.connectedCount += 1;
    totals.connectedCountMax = Math.max(totals.connectedCountMax, totals.connectedCount);
    totals.connectTime.add((nowMs - this.#startedMs) * 1_000);
  }

  /** Bytes have come, which are about to be walked over. */
  received(size: number, nowMs: number): void {
    this.#nowMs = nowMs;
    this.receivedSize += size;
    this.totals.receivedSize += size;
    this.totals.receivedSizeEver += size;
  }

  /** The connection is over, for whatever reason, or was never made. */
  over(error: unknown, nowMs: number): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#isConnected) {
      this.totals.connectedCount -= 1;
      this.totals.losses.add(error);
      this.sweep(nowMs);
    } else this.totals.failures.add(error);
  }

  /** The run is over: what happens to the connection now is our doing. */
  finish(nowMs: number): void {
    if (this.isConnected) this.sweep(nowMs);
    this.#isOver = true;
  }

  /** Now and then: finds a stall that goes on. */
  sweep(nowMs: number): void {
    if (!this.hasFirstFrame || !this.#isContinuous) return;
    const silentMs = nowMs - this.#mediaMs;
    if (silentMs <= STALL_MS) return;
    this.#countStall(silentMs);
    this.#isStalled = true;
  }

  // MessageSink -------------------------------------------------------------------------------------

  head(message: MediaMessage, bytes: Uint8Array, start: number, end: number): void {
    const { typeId, timestamp } = message;
    if (end - start < 2) return;
    const kind = mediaKindOf(typeId, bytes[start] ?? 0, bytes[start + 1] ?? 0);
    if (kind < MediaKind.Frame) return;
    if (this.hasFirstFrame) this.#watchTime(typeId, timestamp);
    if (typeId !== MediaType.Video) return;
    this.#isKeyFrameComing = kind === MediaKind.KeyFrame;
    this.totals.frameCount += 1;
    this.#readMark(bytes, start, end);
  }

  end(message: MediaMessage): void {
    if (this.hasFirstFrame || !this.#isKeyFrameComing || message.typeId !== MediaType.Video) return;
    this.firstFrame();
  }

  /** The first key frame is complete. */
  firstFrame(): void {
    this.hasFirstFrame = true;
    this.#mediaMs = this.#nowMs;
    this.totals.firstFrameCount += 1;
    this.totals.firstFrameTime.add((this.#nowMs - this.#startedMs) * 1_000);
    this.onFirstFrame?.();
  }

  // Inside ------------------------------------------------------------------------------------------

  #watchTime(typeId: number, timestamp: number): void {
    if (this.#nowMs !== this.#mediaMs) this.#media();
    const watch = typeId === MediaType.Video ? this.#video : this.#audio;
    const step = watch.check(timestamp);
    if (step === 0) return;
    const { totals } = this;
    this.#gapCount += 1;
    totals.gapCount += 1;
    if (step < 0) totals.backwardCount += 1;
    if (this.#gapCount === 1) totals.gapPlayerCount += 1;
    if (this.#gapCount > totals.gapCountMax) totals.gapCountMax = this.#gapCount;
  }

  /** Media has come: ends a stall, if there was one. */
  #media(): void {
    const silentMs = this.#nowMs - this.#mediaMs;
    this.#mediaMs = this.#nowMs;
    if (silentMs > STALL_MS) this.#countStall(silentMs);
    this.#isStalled = false;
  }

  /** Latency counts for pictures that were sent since the player came: earlier ones were stored. */
  #readMark(bytes: Uint8Array, start: number, end: number): void {
    const sentUs = findMarkTime(bytes, start + 1, Math.min(end, start + HEAD_SIZE));
    if (sentUs === 0 || sentUs < this.#wallTime.atUs(this.#startedMs)) return;
    this.totals.latency.add(this.#wallTime.atUs(this.#nowMs) - sentUs);
  }

  #countStall(silentMs: number): void {
    const { totals } = this;
    totals.stallMsMax = Math.max(totals.stallMsMax, silentMs);
    if (this.#isStalled) return;
    this.#stallCount += 1;
    totals.stallCount += 1;
    if (this.#stallCount === 1) totals.stalledPlayerCount += 1;
  }
}

/** The timestamps of one kind of media. */
class TimestampWatch {
  #last = -1;
  /** The last step that was no gap; -1 before there was one. */
  #step = -1;

  /** @returns 0, or the step in milliseconds if it is a gap. */
  check(timestamp: number): number {
    const last = this.#last;
    this.#last = timestamp;
    if (last < 0) return 0;
    const step = (timestamp - last) | 0; // Times wrap at 32 bits.
    if (step >= 0 && (this.#step < 0 || step <= this.#step + GAP_MS)) {
      this.#step = step;
      return 0;
    }
    return step;
  }
}
