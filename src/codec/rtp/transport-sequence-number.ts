/**
 * The number of a packet among all that a peer sends, whatever their SSRC: what transport-wide
 * feedback (codec/rtcp/transport-feedback.ts) speaks of.
 *
 * Spec: draft-holmer-rmcat-transport-wide-cc-extensions-01, 2.
 *
 * @module
 */

import { MalformedError } from "../../base/errors.ts";

/** In bytes. */
export const TRANSPORT_SEQUENCE_NUMBER_SIZE = 2;

/**
 * @returns 16 bits.
 * @throws {MalformedError} If the value is not of two bytes.
 */
export function decodeTransportSequenceNumber(value: Uint8Array): number {
  if (value.length !== TRANSPORT_SEQUENCE_NUMBER_SIZE) {
    throw new MalformedError(`Cannot read transport sequence number of ${value.length} bytes`, 0);
  }
  return ((value[0] ?? 0) << 8) | (value[1] ?? 0);
}

/** Writes the two bytes at `offset`; what is beyond 16 bits is left out. */
export function writeTransportSequenceNumber(
  target: Uint8Array,
  offset: number,
  sequenceNumber: number,
): void {
  target[offset] = sequenceNumber >> 8;
  target[offset + 1] = sequenceNumber;
}
