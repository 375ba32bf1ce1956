/**
 * Writes STUN messages.
 *
 * Spec: RFC 8489, 5, 6, 7.3 (answers) and 14.
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import {
  ATTRIBUTE_HEADER_SIZE,
  attributeSize,
  type StunAttribute,
  StunAttributeType,
} from "./attribute.ts";
import { computeFingerprint } from "./fingerprint.ts";
import { computeIntegrity, type StunIntegrity } from "./integrity.ts";
import {
  BINDING_METHOD,
  encodeMessageType,
  FINGERPRINT_SIZE,
  INTEGRITY_SIZE,
  STUN_COOKIE,
  STUN_HEADER_SIZE,
  StunClass,
  type StunMessage,
  TRANSACTION_ID_OFFSET,
  TRANSACTION_ID_SIZE,
} from "./message.ts";
import { writeXorMappedAddress, xorMappedAddressSize } from "./xor-mapped-address.ts";

/** A Binding message to be written. It ends with FINGERPRINT, which ICE wants everywhere. */
export interface BindingMessage {
  readonly class: StunClass;
  /** 12 bytes: random for a request or an indication, those of the request for an answer. */
  readonly transactionId: Uint8Array;
  /** In this order; neither MESSAGE-INTEGRITY nor FINGERPRINT. */
  readonly attributes: readonly StunAttribute[];
  /** What it is protected with; indications and most errors are not. */
  readonly integrity?: StunIntegrity;
}

const INTEGRITY_ATTRIBUTE_SIZE = ATTRIBUTE_HEADER_SIZE + INTEGRITY_SIZE;
const FINGERPRINT_ATTRIBUTE_SIZE = ATTRIBUTE_HEADER_SIZE + FINGERPRINT_SIZE;

/** Encodes a message. */
export function encodeBindingMessage(message: BindingMessage): Uint8Array {
  const { transactionId, attributes, integrity } = message;
  assert(transactionId.length === TRANSACTION_ID_SIZE, "a transaction id has 12 bytes");
  let size = STUN_HEADER_SIZE + FINGERPRINT_ATTRIBUTE_SIZE;
  for (const { value } of attributes) size += attributeSize(value.length);
  if (integrity !== undefined) size += INTEGRITY_ATTRIBUTE_SIZE;
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  writeHeader(bytes, view, message.class, transactionId);
  let offset = STUN_HEADER_SIZE;
  for (const { type, value } of attributes) {
    writeAttributeHeader(view, offset, type, value.length);
    bytes.set(value, offset + ATTRIBUTE_HEADER_SIZE);
    offset += attributeSize(value.length);
  }
  finish(bytes, view, offset, integrity);
  return bytes;
}

/**
 * Answers a Binding request, which a server does several times a second for each peer: the answer is
 * all that is allocated.
 *
 * @param ip Where the request came from: 4 or 16 bytes, as `parseIpAddress` gives them. They are the
 * same for every request of a peer.
 */
export function encodeBindingSuccess(
  request: StunMessage,
  ip: Uint8Array,
  port: number,
  integrity: StunIntegrity,
): Uint8Array {
  const valueSize = xorMappedAddressSize(ip);
  const end = STUN_HEADER_SIZE + attributeSize(valueSize);
  const bytes = new Uint8Array(end + INTEGRITY_ATTRIBUTE_SIZE + FINGERPRINT_ATTRIBUTE_SIZE);
  const view = new DataView(bytes.buffer);
  writeHeader(bytes, view, StunClass.Success, request.transactionId);
  writeAttributeHeader(view, STUN_HEADER_SIZE, StunAttributeType.XorMappedAddress, valueSize);
  writeXorMappedAddress(bytes, STUN_HEADER_SIZE + ATTRIBUTE_HEADER_SIZE, ip, port);
  finish(bytes, view, end, integrity);
  return bytes;
}

function writeHeader(
  bytes: Uint8Array,
  view: DataView,
  messageClass: StunClass,
  transactionId: Uint8Array,
): void {
  view.setUint16(0, encodeMessageType(messageClass, BINDING_METHOD));
  view.setUint32(4, STUN_COOKIE);
  bytes.set(transactionId, TRANSACTION_ID_OFFSET);
}

function writeAttributeHeader(view: DataView, offset: number, type: number, size: number): void {
  view.setUint16(offset, type);
  view.setUint16(offset + 2, size);
}

/**
 * Writes what ends a message, for which there is room from `end` on. Each of the two covers what is
 * before it, and a length as if the message ended with it.
 */
function finish(
  bytes: Uint8Array,
  view: DataView,
  end: number,
  integrity: StunIntegrity | undefined,
): void {
  let offset = end;
  if (integrity !== undefined) {
    const integrityEnd = offset + INTEGRITY_ATTRIBUTE_SIZE;
    view.setUint16(2, integrityEnd - STUN_HEADER_SIZE);
    writeAttributeHeader(view, offset, StunAttributeType.MessageIntegrity, INTEGRITY_SIZE);
    bytes.set(computeIntegrity(bytes, offset, integrity), offset + ATTRIBUTE_HEADER_SIZE);
    offset = integrityEnd;
  }
  view.setUint16(2, bytes.length - STUN_HEADER_SIZE);
  writeAttributeHeader(view, offset, StunAttributeType.Fingerprint, FINGERPRINT_SIZE);
  view.setUint32(offset + ATTRIBUTE_HEADER_SIZE, computeFingerprint(bytes, offset));
}
