/**
 * How much the network to a viewer carries: by the delays and the loss that transport-wide feedback
 * tells of, and by what the viewer says itself (REMB).
 *
 * Spec: draft-ietf-rmcat-gcc-02.
 *
 * @module
 */

import type { TransportFeedback } from "../../../codec/rtcp/transport-feedback.ts";
import { BitrateMeter } from "../bitrate-meter.ts";
import { DelayBasedRate } from "./delay-based-rate.ts";
import { DelayTrend } from "./delay-trend.ts";
import { LossBasedRate } from "./loss-based-rate.ts";
import { type LinkUse, OveruseDetector } from "./overuse-detector.ts";
import { PacketGroups } from "./packet-groups.ts";
import { ProbeTrain } from "./probe-train.ts";
import { SentPackets } from "./sent-packets.ts";

export interface EstimateBounds {
  /** In bit/s. */
  readonly bitrateMin: number;
  readonly bitrateMax: number;
  /** Before the first feedback. */
  readonly bitrateStart: number;
}

export const ESTIMATE_BOUNDS: EstimateBounds = {
  bitrateMin: 50_000,
  bitrateMax: 100_000_000,
  bitrateStart: 1_000_000,
};

/** R_hat is what arrived in so long (T, section 5.5). */
const MEASURED_WINDOW_MS = 500;
/** A limit that the viewer has not said again for so long does not hold. */
const REMB_MS = 10_000;
/** Reference times have 24 bits of 64 ms. */
const REFERENCE_SPAN_MS = 2 ** 24 * 64;
/** A viewer's clock that moves by this in one feedback was set, or it was away. */
const ARRIVAL_JUMP_MS = 10_000;
/** Where feedback tells of no rate that arrives, more than so much of what is sent is a guess. */
const SENT_FACTOR = 2;
/** Without feedback for so long, the rate falls again and again. */
const SILENCE_MS = 1_000;
const SILENCE_FACTOR = 0.8;
/** A probe fills the link for a moment: what that does to it lasts so long, and is no overuse. */
const PROBE_MS = 1_000;
/** Unless it has found so much less than was thought. */
const PROBED_SHARE_MIN = 0.85;
/** After so much of feedback the first estimate has become one. */
const SETTLE_MS = 1_000;
/** An estimate so near the most that what arrives allows may be too low. */
const LIMITED_FACTOR = 1.4;

export class BandwidthEstimator {
  /** What is sent now is sent faster than usual: it says what the network carries. */
  isProbing = false;
  readonly #bounds: EstimateBounds;
  readonly #sent = new SentPackets();
  readonly #train = new ProbeTrain();
  readonly #groups = new PacketGroups();
  readonly #trend = new DelayTrend();
  readonly #detector = new OveruseDetector();
  /** Before the first feedback, what is sent. */
  readonly #measured = new BitrateMeter(MEASURED_WINDOW_MS);
  readonly #delayBased: DelayBasedRate;
  readonly #lossBased: LossBasedRate;
  /** By the viewer's clock, unwrapped. */
  #referenceMs: number | undefined;
  #arrivalMs = 0;
  #roundTripMs = 100;
  #feedbackMs: number | undefined;
  #firstFeedbackMs: number | undefined;
  /** What the latest probe has found, in bit/s, and when that was known. */
  #probed = 0;
  #probedMs = Number.NEGATIVE_INFINITY;
  #sentCountBefore = 0;
  #rembBitrate = Number.POSITIVE_INFINITY;
  #rembMs = Number.NEGATIVE_INFINITY;

  constructor(bounds: EstimateBounds = ESTIMATE_BOUNDS) {
    this.#bounds = bounds;
    this.#delayBased = new DelayBasedRate(bounds.bitrateStart);
    this.#lossBased = new LossBasedRate(bounds.bitrateStart);
  }

  /** Of the latest packets reported on, from 0 to 1. */
  get lossFraction(): number {
    return this.#lossBased.lossFraction;
  }

  get linkUse(): LinkUse {
    return this.#detector.use;
  }

  /** Whether more is sent than the link carries, but for a probe. */
  isOverused(nowMs: number): boolean {
    if (this.linkUse !== "overuse") return false;
    const isAsExpected = this.#probed >= this.#delayBased.bitrate * PROBED_SHARE_MIN;
    return nowMs - this.#probedMs >= PROBE_MS || !isAsExpected;
  }

  /** Whether there was feedback, so that the estimate is one. */
  get hasFeedback(): boolean {
    return this.#feedbackMs !== undefined;
  }

  /**
   * Whether there was feedback for long enough for decisions: the first estimate is a guess, which
   * probes make better, unless the link is full.
   */
  isSettled(nowMs: number): boolean {
    if (this.linkUse === "overuse") return true;
    return this.#firstFeedbackMs !== undefined && nowMs - this.#firstFeedbackMs >= SETTLE_MS;
  }

  /** Whether more might get through than the estimate says, as no more was sent. */
  get isLimitedBySending(): boolean {
    const measured = this.#measured.bitrate(this.#arrivalMs);
    return this.linkUse === "normal" && this.#delayBased.bitrate >= measured * LIMITED_FACTOR;
  }

  /** In bit/s. */
  estimate(nowMs: number): number {
    const remb = nowMs - this.#rembMs < REMB_MS ? this.#rembBitrate : Number.POSITIVE_INFINITY;
    const bitrate = Math.min(this.#delayBased.bitrate, this.#lossBased.bitrate, remb);
    return Math.max(bitrate, this.#bounds.bitrateMin);
  }

  /**
   * Counts a packet that is about to be sent, on any track.
   *
   * @param size In bytes.
   * @returns The transport-wide sequence number for its header extension, 16 bits.
   */
  packetSent(size: number, nowMs: number): number {
    if (!this.hasFeedback) this.#measured.add(size, nowMs);
    const sequence = this.#sent.count;
    if (this.isProbing) this.#train.sent(sequence, size, nowMs);
    return this.#sent.add(size, nowMs);
  }

  /** @param roundTripMs As receiver reports tell. */
  setRoundTrip(roundTripMs: number): void {
    this.#roundTripMs = roundTripMs;
  }

  rembReceived(bitrate: number, nowMs: number): void {
    this.#rembBitrate = bitrate;
    this.#rembMs = nowMs;
  }

  /** For viewers without transport-wide feedback: loss alone, as receiver reports tell it. */
  reportReceived(lossFraction: number, packetCount: number, nowMs: number): void {
    if (this.hasFeedback) return;
    this.#lossBased.count(packetCount * (1 - lossFraction), packetCount * lossFraction);
    this.#lossBased.update(this.#roundTripMs, nowMs);
    const sent = this.#measured.bitrate(nowMs);
    const bitrateMax = Math.max(sent * SENT_FACTOR, this.#bounds.bitrateStart);
    this.#lossBased.setBounds(
      this.#bounds.bitrateMin,
      Math.min(bitrateMax, this.#bounds.bitrateMax),
    );
    this.#delayBased.scale(this.#lossBased.bitrate / this.#delayBased.bitrate);
  }

  feedbackReceived(feedback: TransportFeedback, nowMs: number): void {
    if (!this.hasFeedback) this.#measured.reset();
    this.#feedbackMs = nowMs;
    this.#firstFeedbackMs ??= nowMs;
    this.#sentCountBefore = this.#sent.count;
    const referenceMs = this.#unwrapReference(feedback.referenceTimeMs);
    const { arrivals, baseSequenceNumber } = feedback;
    let reported = -1;
    for (let index = 0; index < arrivals.length; index++) {
      const sequence = this.#sent.find((baseSequenceNumber + index) & 0xffff);
      if (sequence === undefined) continue;
      reported = sequence;
      const arrivalMs = arrivals[index];
      if (arrivalMs !== undefined && Math.abs(arrivalMs) > ARRIVAL_JUMP_MS) continue;
      if (arrivalMs === undefined) this.#packetLost(sequence);
      else this.#packetArrived(sequence, referenceMs + arrivalMs);
    }
    const measured = this.#measured.bitrate(this.#arrivalMs);
    this.#takeProbe(this.#train.take(reported, nowMs), nowMs);
    const isProbed = nowMs - this.#probedMs < PROBE_MS;
    const carried = isProbed ? Math.max(measured, this.#probed) : measured;
    const use = isProbed && !this.isOverused(nowMs) ? "underuse" : this.linkUse;
    this.#delayBased.update(use, carried, this.#roundTripMs, nowMs);
    this.#lossBased.update(this.#roundTripMs, nowMs);
    this.#keepBounds(measured);
  }

  /** Call it now and then: without feedback the estimate falls. */
  tick(nowMs: number): void {
    if (this.#feedbackMs === undefined || this.#sent.count === this.#sentCountBefore) return;
    if (nowMs - this.#feedbackMs < SILENCE_MS + this.#roundTripMs) return;
    this.#feedbackMs = nowMs;
    this.#delayBased.scale(SILENCE_FACTOR);
    this.#delayBased.setBounds(this.#bounds.bitrateMin, this.#bounds.bitrateMax);
  }

  #takeProbe(found: number | undefined, nowMs: number): void {
    if (found === undefined) return;
    this.#probed = found;
    this.#probedMs = nowMs;
    this.#delayBased.probed(found);
    this.#lossBased.probed(found);
  }

  /** Feedback may tell so more than once. */
  #packetLost(sequence: number): void {
    if (this.#sent.reportLost(sequence)) this.#lossBased.count(0, 1);
  }

  #packetArrived(sequence: number, arrivalMs: number): void {
    const wasLost = this.#sent.isLost(sequence);
    const size = this.#sent.takeSize(sequence);
    if (size === 0) return;
    const sentMs = this.#sent.sentMs(sequence);
    this.#lossBased.count(1, wasLost ? -1 : 0);
    this.#arrivalMs = Math.max(this.#arrivalMs, arrivalMs);
    this.#measured.add(size, arrivalMs);
    this.#train.arrived(sequence, size, arrivalMs);
    if (!this.#groups.add(sentMs, arrivalMs)) return;
    const { sendDeltaMs, arrivalDeltaMs } = this.#groups;
    const trend = this.#trend.add(arrivalDeltaMs - sendDeltaMs, arrivalMs);
    this.#detector.update(trend, sendDeltaMs, arrivalMs);
  }

  #unwrapReference(referenceTimeMs: number): number {
    const before = this.#referenceMs;
    if (before === undefined) {
      this.#referenceMs = referenceTimeMs;
      return referenceTimeMs;
    }
    const turns = Math.round((before - referenceTimeMs) / REFERENCE_SPAN_MS);
    const referenceMs = referenceTimeMs + turns * REFERENCE_SPAN_MS;
    if (Math.abs(referenceMs - before) > ARRIVAL_JUMP_MS) this.#forgetDelays(referenceMs);
    this.#referenceMs = referenceMs;
    return referenceMs;
  }

  #forgetDelays(arrivalMs: number): void {
    this.#groups.reset();
    this.#trend.reset();
    this.#detector.reset();
    this.#measured.reset();
    this.#arrivalMs = arrivalMs;
  }

  /** Loss allows no more than delays do by far, else it would take long to notice a real limit. */
  #keepBounds(measured: number): void {
    const { bitrateMin, bitrateMax } = this.#bounds;
    this.#delayBased.setBounds(bitrateMin, bitrateMax);
    const most = Math.max(this.#delayBased.bitrate, measured) * 2;
    this.#lossBased.setBounds(bitrateMin, Math.min(most, bitrateMax));
  }
}
