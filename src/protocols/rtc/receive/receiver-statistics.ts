/**
 * What a receiver tells the sender of a source: loss, jitter and when its last report came.
 *
 * Spec: RFC 3550 sections 6.4.1, A.3 and A.8.
 *
 * @module
 */

import { type NtpTime, toCompactNtp } from "../../../codec/rtcp/ntp-time.ts";
import type { ReportBlock } from "../../../codec/rtcp/report-block.ts";

/** The cumulative count has 24 bits and a sign. */
const LOST_MAX = 0x7f_ffff;
const LOST_MIN = -0x80_0000;

/** A change of transit time beyond this is a clock that was set, and would spoil the mean for long. */
const TRANSIT_CHANGE_MS_MAX = 10_000;

export class ReceiverStatistics {
  readonly #ssrc: number;
  readonly #clockRate: number;
  #baseSequence: number | undefined;
  #highestSequence = 0;
  #receivedCount = 0;
  #expectedBefore = 0;
  #receivedBefore = 0;
  #timestamp: number | undefined;
  #arrivalMs = 0;
  /** In ticks. */
  #jitter = 0;
  #lastSenderReport = 0;
  #senderReportMs = 0;

  /** @param clockRate Ticks of its timestamps per second. */
  constructor(ssrc: number, clockRate: number) {
    this.#ssrc = ssrc;
    this.#clockRate = clockRate;
  }

  /** Packets that should have come since the source began. */
  get expectedCount(): number {
    return this.#baseSequence === undefined ? 0 : this.#highestSequence - this.#baseSequence + 1;
  }

  /** Packets that came, duplicates included: those that did not, not those that were repaired. */
  get lostCount(): number {
    return this.expectedCount - this.#receivedCount;
  }

  get jitterMs(): number {
    return (this.#jitter * 1_000) / this.#clockRate;
  }

  /**
   * Takes a packet of the source itself; retransmissions by RTX are another source.
   *
   * @param sequence Extended, as SequenceTracker gives it.
   * @param timestamp 32 bits, in ticks.
   */
  received(sequence: number, timestamp: number, nowMs: number): void {
    if (this.#baseSequence === undefined) this.restart(sequence);
    this.#highestSequence = Math.max(this.#highestSequence, sequence);
    this.#receivedCount++;
    this.#measureJitter(timestamp, nowMs);
  }

  /** The source has begun anew at `sequence`. */
  restart(sequence: number): void {
    this.#baseSequence = sequence;
    this.#highestSequence = sequence - 1;
    this.#receivedCount = 0;
    this.#expectedBefore = 0;
    this.#receivedBefore = 0;
    this.#timestamp = undefined;
  }

  senderReportReceived(time: NtpTime, nowMs: number): void {
    this.#lastSenderReport = toCompactNtp(time);
    this.#senderReportMs = nowMs;
  }

  /** Makes a report of what came since the last one; `undefined` before the first packet. */
  report(nowMs: number): ReportBlock | undefined {
    if (this.#baseSequence === undefined) return undefined;
    const fractionLost = this.#fractionLost();
    const hasSenderReport = this.#lastSenderReport !== 0;
    const delay = hasSenderReport ? ((nowMs - this.#senderReportMs) * 65_536) / 1_000 : 0;
    return {
      ssrc: this.#ssrc,
      fractionLost,
      cumulativeLost: Math.min(Math.max(this.lostCount, LOST_MIN), LOST_MAX),
      highestSequenceNumber: this.#highestSequence >>> 0,
      jitter: Math.floor(this.#jitter),
      lastSenderReport: this.#lastSenderReport,
      delaySinceLastSenderReport: Math.min(Math.round(delay), 0xffff_ffff),
    };
  }

  #fractionLost(): number {
    const expected = this.expectedCount;
    const expectedInterval = expected - this.#expectedBefore;
    const lostInterval = expectedInterval - (this.#receivedCount - this.#receivedBefore);
    this.#expectedBefore = expected;
    this.#receivedBefore = this.#receivedCount;
    if (expectedInterval <= 0 || lostInterval <= 0) return 0;
    return Math.min(Math.floor((lostInterval * 256) / expectedInterval), 255);
  }

  #measureJitter(timestamp: number, nowMs: number): void {
    const before = this.#timestamp;
    const elapsed = ((nowMs - this.#arrivalMs) * this.#clockRate) / 1_000;
    this.#timestamp = timestamp;
    this.#arrivalMs = nowMs;
    if (before === undefined) return;
    const change = Math.abs(elapsed - ((timestamp - before) | 0));
    if (change > (TRANSIT_CHANGE_MS_MAX * this.#clockRate) / 1_000) return;
    this.#jitter += (change - this.#jitter) / 16;
  }
}
