/**
 * The headers of one source's packets, written over and over into the same bytes.
 *
 * Spec: RFC 3550, section 5.1; RFC 8285, section 4.2; the transport-wide sequence number of
 * draft-holmer-rmcat-transport-wide-cc-extensions-01.
 *
 * @module
 */

import { encodeHeaderExtension } from "../../codec/rtp/header-extension.ts";
import { RTP_HEADER_SIZE, writeRtpHeader } from "../../codec/rtp/rtp-packet.ts";
import { TRANSPORT_SEQUENCE_NUMBER_SIZE } from "../../codec/rtp/transport-sequence-number.ts";

const MARKER_FLAG = 0x80;
/** The extension's profile and length, and the element's id and size. */
const ELEMENT_OFFSET = RTP_HEADER_SIZE + 5;

export interface RtpHeaderOptions {
  readonly ssrc: number;
  readonly payloadType: number;
  /** The id of the transport-wide sequence number; `undefined` without. */
  readonly sequenceId: number | undefined;
}

export class RtpHeaderWriter {
  readonly bytes: Uint8Array;
  readonly size: number;
  readonly hasSequence: boolean;
  readonly #payloadType: number;

  constructor({ ssrc, payloadType, sequenceId }: RtpHeaderOptions) {
    const value = new Uint8Array(TRANSPORT_SEQUENCE_NUMBER_SIZE);
    const extension =
      sequenceId === undefined
        ? new Uint8Array()
        : encodeHeaderExtension([{ id: sequenceId, value }]);
    this.hasSequence = sequenceId !== undefined;
    this.size = RTP_HEADER_SIZE + extension.length;
    this.bytes = new Uint8Array(this.size);
    this.bytes.set(extension, RTP_HEADER_SIZE);
    this.#payloadType = payloadType;
    const header = { isMarked: false, payloadType, sequenceNumber: 0, timestamp: 0, ssrc };
    writeRtpHeader(new DataView(this.bytes.buffer), 0, header, this.hasSequence);
  }

  /** @param sequence Its low 16 bits count. @param timestamp 32 bits. */
  set(isMarked: boolean, sequence: number, timestamp: number): void {
    const { bytes } = this;
    bytes[1] = (isMarked ? MARKER_FLAG : 0) | this.#payloadType;
    bytes[2] = sequence >>> 8;
    bytes[3] = sequence;
    bytes[4] = timestamp >>> 24;
    bytes[5] = timestamp >>> 16;
    bytes[6] = timestamp >>> 8;
    bytes[7] = timestamp;
  }

  /** @param sequence Its low 16 bits count. */
  setTransportSequence(sequence: number): void {
    this.bytes[ELEMENT_OFFSET] = sequence >>> 8;
    this.bytes[ELEMENT_OFFSET + 1] = sequence;
  }
}
