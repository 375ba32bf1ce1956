/**
 * One player's record: when it was served, and whether its media came whole and in time.
 *
 * @module
 */

import { MarkWatch } from "./mark-watch.ts";
import {
  HEAD_SIZE,
  MediaKind,
  type MediaMessage,
  MediaType,
  type MessageSink,
  mediaKindOf,
} from "./media-message.ts";
import type { PlayerTotals } from "./player-totals.ts";
import { StallWatch } from "./stall-watch.ts";
import { findTimeMark, readMarkNumber, readMarkSession, readMarkTime } from "./time-mark.ts";
import { TimestampWatch } from "./timestamp-watch.ts";
import type { WallTime } from "./wall-time.ts";

/** One kind of media. */
class Track {
  readonly times: TimestampWatch = new TimestampWatch();
  readonly stalls: StallWatch = new StallWatch();
}

export class PlayerMeter implements MessageSink {
  readonly totals: PlayerTotals;
  readonly #wallTime: WallTime;
  readonly #isContinuous: boolean;
  /** What happens when the first key frame is there. */
  onFirstFrame: (() => void) | undefined;
  /** What happens when bytes have come, before they are walked over. */
  onReceived: (() => void) | undefined;
  receivedSize = 0;
  hasFirstFrame = false;
  #startedMs = 0;
  #nowMs = 0;
  #isConnected = false;
  #isOver = false;
  /** The picture that is coming: what it is, and when it was sent if that counts. */
  #comingKind: MediaKind = MediaKind.Other;
  #comingSentUs = 0;
  /** From the beginning of the first key frame on. */
  #isWatching = false;
  #stallCount = 0;
  #gapCount = 0;
  readonly #video = new Track();
  readonly #audio = new Track();
  readonly #marks = new MarkWatch();

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
    this.onReceived?.();
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
    if (this.isConnected) {
      this.sweep(nowMs);
      if (!this.hasFirstFrame) this.totals.unservedCount += 1;
    }
    this.#isOver = true;
  }

  /** Now and then: finds a stall that goes on. */
  sweep(nowMs: number): void {
    if (!this.hasFirstFrame || !this.#isContinuous) return;
    this.#judgeSilence(this.#video.stalls, nowMs);
    this.#judgeSilence(this.#audio.stalls, nowMs);
  }

  // MessageSink -------------------------------------------------------------------------------------

  head(message: MediaMessage, bytes: Uint8Array, start: number, end: number): void {
    const { typeId, timestamp } = message;
    const isVideo = typeId === MediaType.Video;
    if (isVideo) this.#comingKind = MediaKind.Other;
    if (end - start < 2) return;
    const kind = mediaKindOf(typeId, bytes[start] ?? 0, bytes[start + 1] ?? 0);
    if (kind < MediaKind.Frame) return;
    if (isVideo && kind === MediaKind.KeyFrame) this.#isWatching = true;
    if (this.#isWatching) this.#watch(isVideo ? this.#video : this.#audio, timestamp);
    if (!isVideo) return;
    this.#comingKind = kind;
    this.#readMark(bytes, start, end);
  }

  end(message: MediaMessage): void {
    if (message.typeId !== MediaType.Video || this.#comingKind === MediaKind.Other) return;
    const { totals } = this;
    totals.frameCount += 1;
    if (this.#comingSentUs > 0) {
      totals.addLatency(this.#wallTime.atUs(this.#nowMs) - this.#comingSentUs);
    }
    if (!this.hasFirstFrame && this.#comingKind === MediaKind.KeyFrame) this.firstFrame();
    this.#comingKind = MediaKind.Other;
  }

  /** The first key frame is complete. */
  firstFrame(): void {
    this.hasFirstFrame = true;
    this.#video.stalls.came(this.#nowMs);
    this.totals.firstFrameCount += 1;
    this.totals.firstFrameTime.add((this.#nowMs - this.#startedMs) * 1_000);
    this.onFirstFrame?.();
  }

  // Inside ------------------------------------------------------------------------------------------

  #watch({ times, stalls }: Track, timestamp: number): void {
    if (this.hasFirstFrame) {
      // What else has been silent is looked at as well, so that one stall of both counts once.
      if (stalls.isLate(this.#nowMs)) this.sweep(this.#nowMs);
      stalls.came(this.#nowMs);
    }
    const step = times.check(timestamp);
    if (step === 0) return;
    const { totals } = this;
    this.#gapCount += 1;
    totals.gapCount += 1;
    if (step < 0) totals.backwardCount += 1;
    if (this.#gapCount === 1) totals.gapPlayerCount += 1;
    if (this.#gapCount > totals.gapCountMax) totals.gapCountMax = this.#gapCount;
  }

  #readMark(bytes: Uint8Array, start: number, end: number): void {
    this.#comingSentUs = 0;
    const offset = findTimeMark(bytes, start + 1, Math.min(end, start + HEAD_SIZE));
    if (offset < 0) {
      this.#marks.unmarked();
      return;
    }
    const sentUs = readMarkTime(bytes, offset);
    // Latency counts for pictures that were sent since the player came: earlier ones were stored.
    if (sentUs >= this.#wallTime.atUs(this.#startedMs)) this.#comingSentUs = sentUs;
    if (!this.#isWatching) return;
    const number = readMarkNumber(bytes, offset);
    this.totals.lostFrameCount += this.#marks.check(readMarkSession(bytes, offset), number);
  }

  /** A stall lasts until all kinds come again, and counts once. */
  #judgeSilence(stalls: StallWatch, nowMs: number): void {
    const silentMs = stalls.silentMs(nowMs);
    if (silentMs === 0) return;
    const { totals } = this;
    totals.stallMsMax = Math.max(totals.stallMsMax, silentMs);
    if (!this.#video.stalls.isStalled && !this.#audio.stalls.isStalled) {
      this.#stallCount += 1;
      totals.stallCount += 1;
      if (this.#stallCount === 1) totals.stalledPlayerCount += 1;
    }
    stalls.isStalled = true;
  }
}
