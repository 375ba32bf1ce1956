/**
 * Answers a viewer's NACKs, so that no viewer can ask for more than its share.
 *
 * Spec: RFC 4585 section 6.2.1, RFC 4588 section 7 (congestion control).
 *
 * @module
 */

import type { SendTrack } from "./send-track.ts";
import type { PacketSink } from "./shared-payload.ts";
import { TokenBucket } from "./token-bucket.ts";

/** Resends take at most so much of the stream's rate: with a third lost, all of it is resent. */
const SHARE = 0.5;
/** ... but so much everyone has, in bit/s. */
const BITRATE_MIN = 100_000;
/** A burst of loss is resent in one go: as much as a second at the rate. */
const DEPTH_MS = 1_000;

/** Remembered resends, a power of two. */
const RECENT_COUNT = 256;
const MASK = RECENT_COUNT - 1;
/** A resend is on its way for a round trip; who asks again a little earlier is not wrong. */
const ROUND_TRIP_SHARE = 0.8;
const PAUSE_MS_MIN = 10;

export class NackResponder {
  readonly #track: SendTrack;
  readonly #bucket = new TokenBucket(BITRATE_MIN, DEPTH_MS);
  /** When the packet in a slot was resent, and which it was; most viewers never need them. */
  #resentMs: Float64Array | undefined;
  #resentNumbers: Uint16Array | undefined;
  #askedCount = 0;
  #answeredCount = 0;

  constructor(track: SendTrack) {
    this.#track = track;
  }

  /** Packets the viewer has asked for. */
  get askedCount(): number {
    return this.#askedCount;
  }

  get answeredCount(): number {
    return this.#answeredCount;
  }

  /** @param bitrate Of the stream as the viewer gets it, in bit/s. */
  setBitrate(bitrate: number): void {
    this.#bucket.setBitrate(Math.max(bitrate * SHARE, BITRATE_MIN));
  }

  /**
   * Resends what may be resent.
   *
   * @param sequenceNumbers Of the NACK; 16 bits each.
   * @param roundTripMs To the viewer: nothing is resent more often than that.
   * @param sink Gets the packets as they were sent first; whoever has negotiated RTX wraps them.
   */
  answer(
    sequenceNumbers: readonly number[],
    sink: PacketSink,
    nowMs: number,
    roundTripMs: number,
  ): void {
    this.#askedCount += sequenceNumbers.length;
    const pauseMs = Math.max(PAUSE_MS_MIN, roundTripMs * ROUND_TRIP_SHARE);
    for (const sequenceNumber of sequenceNumbers) {
      if (this.#isOnItsWay(sequenceNumber, nowMs, pauseMs)) continue;
      const payload = this.#track.find(sequenceNumber);
      if (payload === undefined) continue;
      if (!this.#bucket.take(payload.payload.length, nowMs)) return;
      this.#remember(sequenceNumber, nowMs);
      this.#track.resend(sequenceNumber, sink);
      this.#answeredCount++;
    }
  }

  #isOnItsWay(sequenceNumber: number, nowMs: number, pauseMs: number): boolean {
    const slot = sequenceNumber & MASK;
    if (this.#resentNumbers?.[slot] !== sequenceNumber) return false;
    return nowMs - (this.#resentMs?.[slot] ?? Number.NEGATIVE_INFINITY) < pauseMs;
  }

  #remember(sequenceNumber: number, nowMs: number): void {
    this.#resentMs ??= new Float64Array(RECENT_COUNT).fill(Number.NEGATIVE_INFINITY);
    this.#resentNumbers ??= new Uint16Array(RECENT_COUNT);
    this.#resentMs[sequenceNumber & MASK] = nowMs;
    this.#resentNumbers[sequenceNumber & MASK] = sequenceNumber;
  }
}
