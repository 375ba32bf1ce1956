/**
 * Tells a sender when its packets have come, so that it can estimate the bandwidth.
 *
 * Spec: draft-holmer-rmcat-transport-wide-cc-extensions-01 section 3.1.
 *
 * @module
 */

import type { FeedbackSources } from "../../../codec/rtcp/rtcp-header.ts";
import type { TransportFeedback } from "../../../codec/rtcp/transport-feedback.ts";
import { TransportFeedbackBuilder } from "../../../codec/rtcp/transport-feedback-builder.ts";
import { sequenceDistance } from "./sequence-tracker.ts";

/** Arrivals it remembers, a power of two: 2 s of 8 Mbit/s. */
const REACH = 2_048;
const MASK = REACH - 1;
/** A jump beyond this is a sender that began anew, or one to whom feedback does not help. */
const JUMP_MAX = 1_024;

/** Senders react within a round trip; more often than every 100 ms costs without gain. */
const PERIOD_MS = 100;
/** Of a fast sender feedback goes out earlier, though not more often than every 50 ms. */
const PERIOD_MS_MIN = 50;
const PENDING_COUNT = 50;

/** Records arrivals of one transport, whatever its sources are. */
export class TwccRecorder {
  readonly #arrivalsMs = new Float64Array(REACH).fill(Number.NaN);
  #highest: number | undefined;
  /** The first that no feedback has told of. */
  #base = 0;
  #pendingCount = 0;
  #feedbackCount = 0;
  #lastMs = Number.NEGATIVE_INFINITY;

  /** @param sequenceNumber The transport-wide one, 16 bits. */
  record(sequenceNumber: number, nowMs: number): void {
    const highest = this.#highest;
    const distance = highest === undefined ? 0 : sequenceDistance(highest, sequenceNumber);
    if (highest === undefined || Math.abs(distance) > JUMP_MAX) {
      this.#restart(sequenceNumber, nowMs);
      return;
    }
    const sequence = highest + distance;
    for (let passed = highest + 1; passed <= sequence; passed++) {
      this.#arrivalsMs[passed & MASK] = Number.NaN;
    }
    if (!Number.isNaN(this.#arrivalsMs[sequence & MASK])) return;
    this.#arrivalsMs[sequence & MASK] = nowMs;
    this.#pendingCount++;
    this.#highest = Math.max(highest, sequence);
    // What was told to be lost and came late is told of once more, as it helps the sender.
    this.#base = Math.max(Math.min(this.#base, sequence), this.#highest - MASK);
  }

  /** Whether there is something to tell, and the last time was long enough ago. */
  isDue(nowMs: number): boolean {
    const periodMs = this.#pendingCount >= PENDING_COUNT ? PERIOD_MS_MIN : PERIOD_MS;
    return this.#pendingCount > 0 && nowMs - this.#lastMs >= periodMs;
  }

  /** @returns What to send: one packet, or more if one cannot say it all. */
  take(sources: FeedbackSources, nowMs: number): TransportFeedback[] {
    this.#lastMs = nowMs;
    if (this.#pendingCount === 0 || this.#highest === undefined) return [];
    const feedback: TransportFeedback[] = [];
    let builder = this.#createBuilder(sources, this.#base);
    for (let sequence = this.#base; sequence <= this.#highest; sequence++) {
      const arrivalMs = this.#arrivalsMs[sequence & MASK] ?? Number.NaN;
      if (Number.isNaN(arrivalMs) || builder.add(sequence, arrivalMs)) continue;
      feedback.push(builder.build());
      builder = this.#createBuilder(sources, builder.nextSequenceNumber);
      builder.add(sequence, arrivalMs);
    }
    feedback.push(builder.build());
    this.#base = this.#highest + 1;
    this.#pendingCount = 0;
    return feedback;
  }

  #restart(sequenceNumber: number, nowMs: number): void {
    this.#arrivalsMs.fill(Number.NaN);
    this.#arrivalsMs[sequenceNumber & MASK] = nowMs;
    this.#highest = sequenceNumber;
    this.#base = sequenceNumber;
    this.#pendingCount = 1;
  }

  #createBuilder(sources: FeedbackSources, baseSequenceNumber: number): TransportFeedbackBuilder {
    const feedbackCount = this.#feedbackCount;
    this.#feedbackCount = (feedbackCount + 1) & 0xff;
    return new TransportFeedbackBuilder({ ...sources, feedbackCount, baseSequenceNumber });
  }
}
