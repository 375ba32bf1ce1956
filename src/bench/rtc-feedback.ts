/**
 * What a WebRTC player tells the server as browsers do: reports every second, and several times a
 * second when packets have come (transport-wide congestion control).
 *
 * Spec: RFC 3550, section 6.4.2; draft-holmer-rmcat-transport-wide-cc-extensions-01.
 *
 * @module
 */

import { unlessMalformed } from "../base/errors.ts";
import { encodeRtcp, parseRtcp } from "../codec/rtcp/rtcp-packet.ts";
import { findExtension, parseRtpPacket } from "../codec/rtp/rtp-packet.ts";
import { SequenceUnwrapper } from "../codec/rtp/unwrap.ts";
import type { AgreedSection } from "../protocols/rtc/negotiation/agreement.ts";
import { ReceiverStatistics } from "../protocols/rtc/receive/receiver-statistics.ts";
import { TwccRecorder } from "../protocols/rtc/receive/twcc-recorder.ts";

const REPORT_MS = 1_000;
const PAYLOAD_TYPE_MASK = 0x7f;
/** Where a header's extensions begin that has no CSRCs, and the id of the first of them. */
const EXTENSION_FLAGS = 0x90;
const ONE_BYTE_PROFILE = 0xbede;
const ELEMENT_OFFSET = 16;
const TWO_BYTES_LONG = 1;

interface Source {
  readonly ssrc: number;
  readonly sequences: SequenceUnwrapper;
  readonly statistics: ReceiverStatistics;
}

export class RtcFeedback {
  readonly #ssrc: number;
  readonly #send: (packet: Uint8Array) => void;
  readonly #clockRates = new Map<number, number>();
  /** By payload type. */
  readonly #sources = new Map<number, Source>();
  readonly #twccId: number | undefined;
  readonly #twcc = new TwccRecorder();
  #reportedMs: number;

  /** @param ssrc The player's own. @param send Takes a compound RTCP packet. */
  constructor({ ssrc, nowMs, sections }: RtcFeedbackOptions, send: (packet: Uint8Array) => void) {
    this.#ssrc = ssrc;
    this.#send = send;
    this.#reportedMs = nowMs;
    for (const { payloadType, clockRate } of sections) this.#clockRates.set(payloadType, clockRate);
    const numbered = sections.find(
      ({ extensions }) => extensions.transportWideSequenceNumber !== undefined,
    );
    this.#twccId = numbered?.extensions.transportWideSequenceNumber;
  }

  /** A packet has come, decrypted or not. */
  received(packet: Uint8Array, nowMs: number): void {
    const payloadType = (packet[1] ?? 0) & PAYLOAD_TYPE_MASK;
    const clockRate = this.#clockRates.get(payloadType);
    if (clockRate === undefined) return;
    const ssrc = readUint32(packet, 8);
    let source = this.#sources.get(payloadType);
    if (source?.ssrc !== ssrc) {
      const statistics = new ReceiverStatistics(ssrc, clockRate);
      source = { ssrc, sequences: new SequenceUnwrapper(), statistics };
      this.#sources.set(payloadType, source);
    }
    const sequence = source.sequences.unwrap(readUint16(packet, 2));
    source.statistics.received(sequence, readUint32(packet, 4), nowMs);
    const number = this.#twccId === undefined ? undefined : findNumber(packet, this.#twccId);
    if (number !== undefined) this.#twcc.record(number, nowMs);
    if (this.#twcc.isDue(nowMs)) this.#tellArrivals(ssrc, nowMs);
    if (nowMs - this.#reportedMs >= REPORT_MS) this.#report(nowMs);
  }

  /** The server has sent RTCP. */
  rtcp(bytes: Uint8Array, nowMs: number): void {
    for (const packet of unlessMalformed(() => parseRtcp(bytes)) ?? []) {
      if (packet.type !== "sender-report") continue;
      for (const { ssrc, statistics } of this.#sources.values()) {
        if (ssrc === packet.ssrc) statistics.senderReportReceived(packet, nowMs);
      }
    }
  }

  #tellArrivals(mediaSsrc: number, nowMs: number): void {
    for (const feedback of this.#twcc.take({ senderSsrc: this.#ssrc, mediaSsrc }, nowMs)) {
      this.#send(encodeRtcp([feedback]));
    }
  }

  #report(nowMs: number): void {
    this.#reportedMs = nowMs;
    const ssrc = this.#ssrc;
    const reports = Array.from(this.#sources.values(), ({ statistics }) =>
      statistics.report(nowMs),
    ).filter((report) => report !== undefined);
    this.#send(
      encodeRtcp([
        { type: "receiver-report", ssrc, reports },
        { type: "source-description", chunks: [{ ssrc, cname: "bench" }] },
      ]),
    );
  }
}

export interface RtcFeedbackOptions {
  readonly ssrc: number;
  readonly nowMs: number;
  readonly sections: readonly AgreedSection[];
}

/** The transport-wide sequence number of a packet. Most have nothing else there. */
function findNumber(packet: Uint8Array, id: number): number | undefined {
  const isPlain =
    packet[0] === EXTENSION_FLAGS &&
    readUint16(packet, 12) === ONE_BYTE_PROFILE &&
    packet[ELEMENT_OFFSET] === ((id << 4) | TWO_BYTES_LONG);
  if (isPlain) return readUint16(packet, ELEMENT_OFFSET + 1);
  const value = unlessMalformed(() => findExtension(parseRtpPacket(packet), id));
  return value?.length === 2 ? readUint16(value, 0) : undefined;
}

function readUint16(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset] ?? 0) << 8) | (bytes[offset + 1] ?? 0);
}

function readUint32(bytes: Uint8Array, offset: number): number {
  return readUint16(bytes, offset) * 0x1_0000 + readUint16(bytes, offset + 2);
}
