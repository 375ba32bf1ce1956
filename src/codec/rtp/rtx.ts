/**
 * Retransmissions: packets of a stream of their own (SSRC and payload type), which carry a packet
 * that was lost behind its sequence number.
 *
 * Spec: RFC 4588, 4.
 *
 * @module
 */

import { MalformedError } from "../../base/errors.ts";
import type { RtpPacket } from "./rtp-packet.ts";

/** The original sequence number in front of the original payload, in bytes. */
export const RTX_HEADER_SIZE = 2;

/** Whose packets a stream of retransmissions repeats. */
export interface RtxOriginal {
  readonly ssrc: number;
  readonly payloadType: number;
}

/**
 * Makes the packet that was lost from one that repeats it. Its extensions are those of the
 * repetition, as are the sizes of its header and padding.
 *
 * @returns `undefined` for a packet without payload: padding, by which peers probe the bandwidth.
 * @throws {MalformedError} If the payload is cut off.
 */
export function restoreRtxPacket(packet: RtpPacket, original: RtxOriginal): RtpPacket | undefined {
  const { payload } = packet;
  if (payload.length === 0) return undefined;
  if (payload.length < RTX_HEADER_SIZE) {
    throw new MalformedError("Cannot read original sequence number: only 1 byte", 0);
  }
  return {
    ...packet,
    ssrc: original.ssrc,
    payloadType: original.payloadType,
    sequenceNumber: ((payload[0] ?? 0) << 8) | (payload[1] ?? 0),
    payload: payload.subarray(RTX_HEADER_SIZE),
  };
}

/** The payload of a packet that repeats another one. */
export function encodeRtxPayload(
  originalSequenceNumber: number,
  originalPayload: Uint8Array,
): Uint8Array {
  const payload = new Uint8Array(RTX_HEADER_SIZE + originalPayload.length);
  payload[0] = originalSequenceNumber >> 8;
  payload[1] = originalSequenceNumber;
  payload.set(originalPayload, RTX_HEADER_SIZE);
  return payload;
}
