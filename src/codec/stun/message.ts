/**
 * STUN messages, by which peers of ICE find out whether they reach each other.
 *
 * ```text
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * |0 0| M11-M7  |C1|M6-M4|C0|M3-M0|  length without these 20 bytes |
 * |                  magic cookie: 0x2112A442                     |
 * |                 transaction id (96 bits) ...                  |
 * | attributes ...
 * ```
 *
 * Spec: RFC 8489, 5, 6.3 and 14.
 *
 * @module
 */

import { MalformedError } from "../../base/errors.ts";
import { ATTRIBUTE_HEADER_SIZE, attributeSize, StunAttributeType } from "./attribute.ts";

/** In bytes. */
export const STUN_HEADER_SIZE = 20;
export const STUN_COOKIE = 0x2112_a442;
/** In bytes. */
export const TRANSACTION_ID_SIZE = 12;
/** Where in a message it stands, in bytes. */
export const TRANSACTION_ID_OFFSET = 8;

/** ICE has no other method. */
export const BINDING_METHOD = 0x001;

/** The two bits of the class, as they are coded. */
export const StunClass = { Request: 0, Indication: 1, Success: 2, Error: 3 } as const;
export type StunClass = (typeof StunClass)[keyof typeof StunClass];

/** Messages are to fit a path's MTU (6.1), and peers send some 100 bytes; nothing larger is read. */
export const STUN_SIZE_MAX = 2_048;

/** In bytes, without their headers. */
export const INTEGRITY_SIZE = 20;
export const FINGERPRINT_SIZE = 4;

/** A message that has come. Its values are read from its bytes when they are asked for. */
export interface StunMessage {
  readonly class: StunClass;
  /** 12 bits. */
  readonly method: number;
  /** 12 bytes: a view into `bytes`. */
  readonly transactionId: Uint8Array;
  /** All of it: the caller's. */
  readonly bytes: Uint8Array;
  /** Where the attributes end that count: at MESSAGE-INTEGRITY, at FINGERPRINT, or at the end. */
  readonly attributesEnd: number;
  /** Where MESSAGE-INTEGRITY starts; `undefined` if there is none. */
  readonly integrityOffset: number | undefined;
  /** Likewise FINGERPRINT. */
  readonly fingerprintOffset: number | undefined;
}

/** Whether a datagram, or a frame of TCP, is a STUN message and no other thing that ICE carries. */
export function isStun(bytes: Uint8Array): boolean {
  return (
    bytes.length >= STUN_HEADER_SIZE &&
    (bytes[0] ?? 0) < 0x40 &&
    bytes[4] === STUN_COOKIE >>> 24 &&
    bytes[5] === ((STUN_COOKIE >>> 16) & 0xff) &&
    bytes[6] === ((STUN_COOKIE >>> 8) & 0xff) &&
    bytes[7] === (STUN_COOKIE & 0xff)
  );
}

/**
 * Parses a message: the header, and the bounds of all attributes. Neither integrity nor fingerprint
 * are verified (integrity.ts, fingerprint.ts).
 *
 * @throws {MalformedError} If it is no STUN message of exactly this size, if an attribute does not
 * fit, or if one stands behind FINGERPRINT.
 */
export function parseStunMessage(bytes: Uint8Array): StunMessage {
  if (!isStun(bytes)) throw new MalformedError("Cannot read STUN message: no header", 0);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = STUN_HEADER_SIZE + view.getUint16(2);
  if (size !== bytes.length || size % 4 !== 0 || size > STUN_SIZE_MAX) {
    throw new MalformedError(`Cannot read STUN message of ${bytes.length} bytes: says ${size}`, 2);
  }
  let integrityOffset: number | undefined;
  let fingerprintOffset: number | undefined;
  for (let offset = STUN_HEADER_SIZE; offset < size; ) {
    if (fingerprintOffset !== undefined) {
      throw new MalformedError("Cannot read STUN message: attribute behind FINGERPRINT", offset);
    }
    // The size is a multiple of four, and so is every offset: type and size of the value are there.
    const type = view.getUint16(offset);
    const valueSize = view.getUint16(offset + 2);
    const end = offset + attributeSize(valueSize);
    if (end > size) {
      throw new MalformedError(`Cannot read attribute of ${valueSize} bytes`, offset);
    }
    if (type === StunAttributeType.MessageIntegrity && integrityOffset === undefined) {
      checkSize(valueSize === INTEGRITY_SIZE, offset);
      integrityOffset = offset;
    } else if (type === StunAttributeType.Fingerprint) {
      checkSize(valueSize === FINGERPRINT_SIZE, offset);
      fingerprintOffset = offset;
    }
    offset = end;
  }
  const type = view.getUint16(0);
  return {
    class: (((type >> 7) & 0b10) | ((type >> 4) & 0b1)) as StunClass,
    method: ((type >> 2) & 0xf80) | ((type >> 1) & 0x70) | (type & 0xf),
    transactionId: bytes.subarray(TRANSACTION_ID_OFFSET, STUN_HEADER_SIZE),
    bytes,
    attributesEnd: integrityOffset ?? fingerprintOffset ?? size,
    integrityOffset,
    fingerprintOffset,
  };
}

/**
 * The value of the first attribute of a type, a view. Attributes behind MESSAGE-INTEGRITY do not
 * count (14.5): anybody may have added them.
 *
 * @returns `undefined` if there is none.
 */
export function findStunAttribute(message: StunMessage, type: number): Uint8Array | undefined {
  const { bytes, attributesEnd } = message;
  for (let offset = STUN_HEADER_SIZE; offset < attributesEnd; ) {
    const size = readUint16(bytes, offset + 2);
    if (readUint16(bytes, offset) === type) {
      const start = offset + ATTRIBUTE_HEADER_SIZE;
      return bytes.subarray(start, start + size);
    }
    offset += attributeSize(size);
  }
  return undefined;
}

/** Attributes from here on may be left alone by whoever does not know them. */
const COMPREHENSION_OPTIONAL = 0x8000;
/** Those below that are understood here. */
const UNDERSTOOD: readonly number[] = [
  StunAttributeType.MappedAddress,
  StunAttributeType.Username,
  StunAttributeType.ErrorCode,
  StunAttributeType.UnknownAttributes,
  StunAttributeType.Realm,
  StunAttributeType.Nonce,
  StunAttributeType.XorMappedAddress,
  StunAttributeType.Priority,
  StunAttributeType.UseCandidate,
];

/** The types of attributes in a request that have to be understood (14), and are not. */
export function listUnknownAttributes({ bytes, attributesEnd }: StunMessage): number[] {
  const unknown: number[] = [];
  for (let offset = STUN_HEADER_SIZE; offset < attributesEnd; ) {
    const type = readUint16(bytes, offset);
    if (type < COMPREHENSION_OPTIONAL && !UNDERSTOOD.includes(type)) unknown.push(type);
    offset += attributeSize(readUint16(bytes, offset + 2));
  }
  return unknown;
}

/** The 16 bits in front of the length. */
export function encodeMessageType(messageClass: StunClass, method: number): number {
  return (
    ((messageClass & 0b10) << 7) |
    ((messageClass & 0b1) << 4) |
    ((method & 0xf80) << 2) |
    ((method & 0x70) << 1) |
    (method & 0xf)
  );
}

function readUint16(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset] ?? 0) << 8) | (bytes[offset + 1] ?? 0);
}

function checkSize(isRight: boolean, offset: number): void {
  if (!isRight) throw new MalformedError("Cannot read attribute: has no such size", offset);
}
