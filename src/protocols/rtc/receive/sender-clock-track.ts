/**
 * One source of a sender's clock.
 *
 * @module
 */

import { type NtpTime, toUnixMs } from "../../../codec/rtcp/ntp-time.ts";
import { ArrivalDelay } from "../arrival-delay.ts";
import type { SenderClock } from "./sender-clock.ts";

/** Reports are so exact; to follow each of them would make a jitter of its own. */
const REPORT_TOLERANCE_MS = 5;
/** Arrivals are less exact. */
const ARRIVAL_TOLERANCE_MS = 20;
/** A slide ends when so little is left of it. */
const SLIDE_END_MS = 0.5;
/** How fast a source slides, as a share of the time that passes: 3 ms per frame at 30 per second. */
const SLIDE_SHARE = 0.1;
/** Beyond this a source jumps: sliding would take too long. */
const SLIDE_MS_MAX = 500;

/** Timestamps that run so far ahead of time passed, or back, are of a clock that was set anew. */
const AHEAD_MS_MAX = 3_000;
const BACK_MS_MAX = 1_000;
/** No clock drifts by that between two reports: the wall clock was set. */
const WALL_JUMP_MS = 250;
/** A report whose timestamp is so far from where the source is cannot be right. */
const REPORT_DISTANCE_MS_MAX = 10_000;

interface HeldReport {
  readonly wallMs: number;
  /** 32 bits. */
  readonly timestamp: number;
  readonly nowMs: number;
}

/** Made by SenderClock.addTrack. */
export class SenderClockTrack {
  readonly kind: "audio" | "video";
  readonly #clock: SenderClock;
  readonly #clockRate: number;
  readonly #arrivalDelay = new ArrivalDelay();
  /** Unwrapped, in ticks; `undefined` before the first packet. */
  #timestamp: number | undefined;
  #nowMs = 0;
  #timeMs = 0;
  #offsetMs: number | undefined;
  #wallOffsetMs: number | undefined;
  #hasReported = false;
  #isSliding = false;
  /** What came before the first packet. */
  #heldReport: HeldReport | undefined;

  constructor(clock: SenderClock, kind: "audio" | "video", clockRate: number) {
    this.#clock = clock;
    this.kind = kind;
    this.#clockRate = clockRate;
  }

  /** What it adds to its own milliseconds; `undefined` before the first packet. */
  get offsetMs(): number | undefined {
    return this.#offsetMs;
  }

  /** From its own milliseconds to the sender's wall clock; `undefined` without a valid report. */
  get wallOffsetMs(): number | undefined {
    return this.#wallOffsetMs;
  }

  /** Whether there ever was a valid report: another one is worth waiting for. */
  get hasReported(): boolean {
    return this.#hasReported;
  }

  /** From its own milliseconds to the least delayed arrival. */
  get arrivalOffsetMs(): number | undefined {
    return this.#arrivalDelay.minimumMs;
  }

  /** Whether it stands by sender reports, to within 10 ms of the reference. */
  get isSynchronized(): boolean {
    const targetMs = this.#clock.targetOffsetMs(this) ?? this.#offsetMs;
    if (this.#wallOffsetMs === undefined || this.#clock.reference?.wallOffsetMs === undefined) {
      return false;
    }
    return Math.abs((targetMs ?? 0) - (this.#offsetMs ?? 0)) <= 2 * REPORT_TOLERANCE_MS;
  }

  /**
   * Gives a packet its time; call it in the order of packets.
   *
   * @param timestamp 32 bits, in ticks.
   * @returns Milliseconds, common to all sources, near the caller's clock at the beginning; never
   * less than before.
   */
  timeMs(timestamp: number, nowMs: number): number {
    const before = this.#timestamp;
    if (before === undefined) return this.#begin(timestamp, nowMs);
    const step = (timestamp - before) | 0;
    if (step === 0) return this.#timeMs;
    this.#timestamp = before + step;
    const stepMs = this.#toMs(step);
    const elapsedMs = nowMs - this.#nowMs;
    this.#nowMs = nowMs;
    if (stepMs > elapsedMs + AHEAD_MS_MAX || stepMs < -BACK_MS_MAX) this.#rebase(elapsedMs);
    const ownMs = this.#toMs(this.#timestamp);
    this.#arrivalDelay.add(nowMs - ownMs, nowMs);
    this.#correct(Math.max(stepMs, 0));
    this.#timeMs = Math.max(this.#timeMs, ownMs + (this.#offsetMs ?? 0));
    return this.#timeMs;
  }

  /** @param timestamp What the report says is the same moment as `time`; 32 bits, in ticks. */
  senderReport(time: NtpTime, timestamp: number, nowMs: number): void {
    // A sender without a wall clock says 0 (RFC 3550 section 6.4.1).
    if (time.ntpSeconds === 0 && time.ntpFraction === 0) return;
    const report = { wallMs: toUnixMs(time), timestamp, nowMs };
    if (this.#timestamp === undefined) this.#heldReport = report;
    else this.#take(report, this.#timestamp);
  }

  /** For SenderClock. */
  forgetSenderReport(): void {
    this.#wallOffsetMs = undefined;
    this.#heldReport = undefined;
  }

  #toMs(ticks: number): number {
    return (ticks * 1_000) / this.#clockRate;
  }

  #begin(timestamp: number, nowMs: number): number {
    this.#timestamp = timestamp;
    this.#nowMs = nowMs;
    const ownMs = this.#toMs(timestamp);
    this.#arrivalDelay.add(nowMs - ownMs, nowMs);
    if (this.#heldReport !== undefined) this.#take(this.#heldReport, timestamp);
    this.#heldReport = undefined;
    this.#offsetMs = this.#clock.targetOffsetMs(this) ?? nowMs - ownMs;
    this.#timeMs = Math.max(ownMs + this.#offsetMs, 0);
    return this.#timeMs;
  }

  /** The source's clock was set: its time goes on as if it had not been. */
  #rebase(elapsedMs: number): void {
    this.#arrivalDelay.reset();
    this.#wallOffsetMs = undefined;
    this.#isSliding = false;
    this.#offsetMs = this.#timeMs + elapsedMs - this.#toMs(this.#timestamp ?? 0);
  }

  #take(report: HeldReport, timestamp: number): void {
    const expected = timestamp + ((report.nowMs - this.#nowMs) * this.#clockRate) / 1_000;
    const distance = (report.timestamp - Math.round(expected)) | 0;
    if (Math.abs(this.#toMs(distance)) > REPORT_DISTANCE_MS_MAX) return;
    const wallOffsetMs = report.wallMs - this.#toMs(Math.round(expected) + distance);
    const before = this.#wallOffsetMs;
    this.#wallOffsetMs = wallOffsetMs;
    this.#hasReported = true;
    if (before !== undefined && Math.abs(wallOffsetMs - before) > WALL_JUMP_MS) {
      this.#clock.wallClockJumped(this);
    }
  }

  /** Slides to where the source belongs, or jumps if that is far. */
  #correct(stepMs: number): void {
    const targetMs = this.#clock.targetOffsetMs(this);
    const offsetMs = this.#offsetMs ?? 0;
    if (targetMs === undefined) return;
    const errorMs = targetMs - offsetMs;
    if (Math.abs(errorMs) > SLIDE_MS_MAX) {
      this.#jump(errorMs);
      return;
    }
    const isExact = this.#wallOffsetMs !== undefined;
    const toleranceMs = isExact ? REPORT_TOLERANCE_MS : ARRIVAL_TOLERANCE_MS;
    this.#isSliding = Math.abs(errorMs) > (this.#isSliding ? SLIDE_END_MS : toleranceMs);
    if (!this.#isSliding) return;
    const slideMs = Math.min(Math.abs(errorMs), stepMs * SLIDE_SHARE, SLIDE_MS_MAX * SLIDE_SHARE);
    this.#offsetMs = offsetMs + Math.sign(errorMs) * slideMs;
  }

  /** Nobody's time goes back: who is too late stays, and the reference comes to it. */
  #jump(errorMs: number): void {
    this.#isSliding = false;
    if (errorMs > 0) this.#offsetMs = (this.#offsetMs ?? 0) + errorMs;
    else this.#clock.reference?.shift(-errorMs);
  }

  /** For a source that the reference has to come to. */
  shift(byMs: number): void {
    this.#offsetMs = (this.#offsetMs ?? 0) + byMs;
  }
}
