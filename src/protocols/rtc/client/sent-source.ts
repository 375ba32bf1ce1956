/**
 * One RTP source of a client that publishes: numbers its packets, and says when they are to be played.
 *
 * Spec: RFC 3550, sections 5.1 and 6.4.1.
 *
 * @module
 */

import { toNtpTime } from "../../../codec/rtcp/ntp-time.ts";
import type { SenderReport } from "../../../codec/rtcp/sender-report.ts";
import { RTP_HEADER_SIZE } from "../../../codec/rtp/rtp-packet.ts";

/** What goes into one packet, as packetizers make it. */
export interface SentPayload {
  readonly payload: Uint8Array;
  /** In ticks, unwrapped. */
  readonly timestamp: number;
  readonly isMarked: boolean;
}

export interface SentSourceOptions {
  readonly ssrc: number;
  readonly payloadType: number;
  /** Random; below 32,768, so that SRTP's roll-over counter is known to the other side. */
  readonly firstSequenceNumber: number;
  /** Random, 32 bits. */
  readonly timestampOffset: number;
}

const VERSION = 0x80;
const MARKER = 0x80;
const TIMESTAMP_COUNT = 2 ** 32;

export class SentSource {
  readonly #options: SentSourceOptions;
  #nextSequence: number;
  #packetCount = 0;
  #octetCount = 0;
  #last: { readonly timestamp: number; readonly wallMs: number } | undefined;

  constructor(options: SentSourceOptions) {
    this.#options = options;
    this.#nextSequence = options.firstSequenceNumber;
  }

  /** @returns The packet, and its index for SRTP. @param wallMs Now, since the Unix epoch. */
  next({ payload, timestamp, isMarked }: SentPayload, wallMs: number): [Uint8Array, number] {
    const { ssrc, payloadType, timestampOffset } = this.#options;
    const index = this.#nextSequence++;
    const packet = new Uint8Array(RTP_HEADER_SIZE + payload.length);
    const view = new DataView(packet.buffer);
    const wrapped = modulo(timestamp + timestampOffset);
    view.setUint8(0, VERSION);
    view.setUint8(1, (isMarked ? MARKER : 0) | payloadType);
    view.setUint16(2, index % 0x1_0000);
    view.setUint32(4, wrapped);
    view.setUint32(8, ssrc);
    packet.set(payload, RTP_HEADER_SIZE);
    this.#packetCount += 1;
    this.#octetCount += payload.length;
    this.#last = { timestamp: wrapped, wallMs };
    return [packet, index];
  }

  /** That the latest packet was to be played when it was sent; `undefined` if there was none. */
  report(): SenderReport | undefined {
    if (this.#last === undefined) return undefined;
    return {
      type: "sender-report",
      ssrc: this.#options.ssrc,
      ...toNtpTime(this.#last.wallMs),
      rtpTimestamp: this.#last.timestamp,
      packetCount: modulo(this.#packetCount),
      octetCount: modulo(this.#octetCount),
      reports: [],
    };
  }
}

function modulo(value: number): number {
  const rest = Math.floor(value) % TIMESTAMP_COUNT;
  return rest < 0 ? rest + TIMESTAMP_COUNT : rest;
}
