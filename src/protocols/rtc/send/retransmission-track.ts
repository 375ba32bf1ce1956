/**
 * A viewer's stream of retransmissions: sequence numbers and counts of its own.
 *
 * Spec: RFC 4588 section 4.
 *
 * @module
 */

import { RTX_HEADER_SIZE } from "../../../codec/rtp/rtx.ts";

export interface RetransmissionTrackOptions {
  readonly ssrc: number;
  readonly payloadType: number;
  /** Random; below 32,768, so that SRTP's roll-over counter is known to the viewer. */
  readonly firstSequenceNumber: number;
}

export class RetransmissionTrack {
  readonly ssrc: number;
  readonly payloadType: number;
  #nextSequence: number;
  #packetCount = 0;
  #octetCount = 0;

  constructor(options: RetransmissionTrackOptions) {
    this.ssrc = options.ssrc;
    this.payloadType = options.payloadType;
    this.#nextSequence = options.firstSequenceNumber;
  }

  get packetCount(): number {
    return this.#packetCount;
  }

  /** Bytes of payload sent, the original sequence numbers included. */
  get octetCount(): number {
    return this.#octetCount;
  }

  /**
   * Counts a packet.
   *
   * @param originalSize Of the payload that it repeats, in bytes.
   * @returns Its sequence number, extended.
   */
  next(originalSize: number): number {
    this.#packetCount++;
    this.#octetCount += RTX_HEADER_SIZE + originalSize;
    return this.#nextSequence++;
  }
}
