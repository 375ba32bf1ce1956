/**
 * Collects arrivals for a transport-wide feedback, as many as fit.
 *
 * Spec: draft-holmer-rmcat-transport-wide-cc-extensions-01, 3.1.
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import type { FeedbackSources } from "./rtcp-header.ts";
import {
  ARRIVAL_DELTA_MAX,
  ARRIVAL_DELTA_MIN,
  ARRIVAL_TICKS_PER_MS,
  REFERENCE_TIME_UNIT_MS,
  RUN_LENGTH_MAX,
  STATUS_COUNT_MAX,
  TRANSPORT_FEEDBACK_HEADER_SIZE,
  type TransportFeedback,
} from "./transport-feedback.ts";

/** With IP, UDP and SRTCP around it, this is still below every usual MTU. In bytes. */
const SIZE_MAX = 1_100;
const CHUNK_SIZE = 2;
const LARGE_DELTA_SIZE = 2;
/** Up to 3 bytes of zeros at the end. */
const PADDING_SIZE_MAX = 3;
/** A chunk tells of at least as many packets, however their statuses alternate. */
const STATUSES_PER_CHUNK_MIN = 7;
/** From so many on, missing packets get a chunk of their own. */
const LONG_GAP_LENGTH = 14;

export interface TransportFeedbackOptions extends FeedbackSources {
  /** Which feedback it is: 8 bits. */
  readonly feedbackCount: number;
  /**
   * The sequence number, unwrapped, behind the last that the feedback before told of, so that what
   * is missing in between is told. Of the first packet for the first feedback.
   */
  readonly baseSequenceNumber: number;
  /** Of the RTCP packet, in bytes; 1,100 by default. */
  readonly sizeMax?: number;
}

/**
 * One feedback. Use:
 *
 * ```ts
 * if (!builder.add(sequenceNumber, arrivalMs)) {
 *   send(builder.build());
 *   builder = new TransportFeedbackBuilder({ ..., baseSequenceNumber: builder.nextSequenceNumber });
 *   builder.add(sequenceNumber, arrivalMs); // The first always fits.
 * }
 * ```
 */
export class TransportFeedbackBuilder {
  readonly #options: TransportFeedbackOptions;
  readonly #sizeMax: number;
  readonly #arrivals: (number | undefined)[] = [];
  #base: number;
  #referenceTimeMs = 0;
  #lastTicks = 0;
  #receivedCount = 0;
  /** Packets outside of long gaps, and the most chunks that the gaps need. */
  #statusCount = 0;
  #gapChunkCount = 0;

  constructor(options: TransportFeedbackOptions) {
    this.#options = options;
    this.#sizeMax = options.sizeMax ?? SIZE_MAX;
    this.#base = options.baseSequenceNumber;
  }

  get isEmpty(): boolean {
    return this.#arrivals.length === 0;
  }

  /** Unwrapped: the one behind the last added, and the least that may be added. */
  get nextSequenceNumber(): number {
    return this.#base + this.#arrivals.length;
  }

  /**
   * Adds a packet; those between it and the one before are told as missing, so packets are added in
   * the order of their numbers and not of their arrival. The first always fits: if too many are
   * missing in front of it, the feedback begins with it, and does not tell of them.
   *
   * @param sequenceNumber Unwrapped; at least `nextSequenceNumber`.
   * @param arrivalMs By the receiver's clock. It is rounded to 0.25 ms.
   * @returns Whether it fits: if it does not, nothing has changed, and a new feedback is to begin.
   * It does not if the feedback would be too large, or if the packet came more than 8 s before or
   * after the one before.
   */
  add(sequenceNumber: number, arrivalMs: number): boolean {
    const gap = sequenceNumber - this.nextSequenceNumber;
    assert(gap >= 0, "packets are added in the order of their sequence numbers");
    const isFirst = this.isEmpty;
    if (isFirst) {
      this.#referenceTimeMs =
        Math.floor(arrivalMs / REFERENCE_TIME_UNIT_MS) * REFERENCE_TIME_UNIT_MS;
    }
    const ticks = Math.round((arrivalMs - this.#referenceTimeMs) * ARRIVAL_TICKS_PER_MS);
    const delta = ticks - this.#lastTicks;
    if (this.#hasRoom(gap) && delta >= ARRIVAL_DELTA_MIN && delta <= ARRIVAL_DELTA_MAX) {
      this.#addMissing(gap);
    } else if (isFirst) {
      this.#base = sequenceNumber;
    } else {
      return false;
    }
    this.#arrivals.push(ticks / ARRIVAL_TICKS_PER_MS);
    this.#lastTicks = ticks;
    this.#statusCount++;
    this.#receivedCount++;
    return true;
  }

  /** The feedback with what has been added. */
  build(): TransportFeedback {
    const { senderSsrc, mediaSsrc, feedbackCount } = this.#options;
    return {
      type: "transport-feedback",
      senderSsrc,
      mediaSsrc,
      baseSequenceNumber: this.#base & 0xffff,
      feedbackCount: feedbackCount & 0xff,
      referenceTimeMs: this.#referenceTimeMs,
      arrivals: this.#arrivals,
    };
  }

  /** Whether one more packet fits behind `gap` missing ones, at the worst. */
  #hasRoom(gap: number): boolean {
    if (this.#arrivals.length + gap + 1 > STATUS_COUNT_MAX) return false;
    const isLong = gap >= LONG_GAP_LENGTH;
    const statusCount = this.#statusCount + (isLong ? 0 : gap) + 1;
    const chunkCount =
      Math.ceil(statusCount / STATUSES_PER_CHUNK_MIN) +
      this.#gapChunkCount +
      (isLong ? countGapChunks(gap) : 0);
    const size =
      TRANSPORT_FEEDBACK_HEADER_SIZE +
      chunkCount * CHUNK_SIZE +
      (this.#receivedCount + 1) * LARGE_DELTA_SIZE +
      PADDING_SIZE_MAX;
    return size <= this.#sizeMax;
  }

  #addMissing(gap: number): void {
    for (let i = 0; i < gap; i++) this.#arrivals.push(undefined);
    if (gap >= LONG_GAP_LENGTH) this.#gapChunkCount += countGapChunks(gap);
    else this.#statusCount += gap;
  }
}

/**
 * The most chunks that a long gap adds: its runs, the last of which may be too short and end
 * within a vector; and a vector before it that is not full of other packets.
 */
function countGapChunks(gap: number): number {
  return Math.ceil(gap / RUN_LENGTH_MAX) + 2;
}
