/**
 * The proof that a message is from somebody who knows the password.
 *
 * Spec: RFC 8489, 14.5 and 9.1.1 (the key of short-term credentials, which ICE uses, is the
 * password).
 *
 * @module
 */

import { ATTRIBUTE_HEADER_SIZE } from "./attribute.ts";
import { INTEGRITY_SIZE, STUN_HEADER_SIZE, type StunMessage } from "./message.ts";

/** HMAC-SHA1: 20 bytes. A codec has no cryptography of its own. */
export type Hmac = (key: Uint8Array, data: Uint8Array) => Uint8Array;

/** What a message is protected with. */
export interface StunIntegrity {
  readonly key: Uint8Array;
  readonly hmac: Hmac;
}

/**
 * The value of MESSAGE-INTEGRITY.
 *
 * @param bytes A message whose length counts the attribute, and nothing behind it.
 * @param offset Where the attribute starts.
 */
export function computeIntegrity(
  bytes: Uint8Array,
  offset: number,
  { key, hmac }: StunIntegrity,
): Uint8Array {
  return hmac(key, bytes.subarray(0, offset));
}

/** Whether a message is protected, and with this key. */
export function isIntegrityValid(message: StunMessage, integrity: StunIntegrity): boolean {
  const { bytes, integrityOffset } = message;
  if (integrityOffset === undefined) return false;
  const start = integrityOffset + ATTRIBUTE_HEADER_SIZE;
  const end = start + INTEGRITY_SIZE;
  // FINGERPRINT was added, and the length with it, after the code had been computed.
  const protectedBytes = end === bytes.length ? bytes : withLength(bytes, end);
  return isEqual(
    computeIntegrity(protectedBytes, integrityOffset, integrity),
    bytes.subarray(start, end),
  );
}

/** The message up to `end`, with the length that it had when it ended there. */
function withLength(bytes: Uint8Array, end: number): Uint8Array {
  const copy = bytes.slice(0, end);
  const length = end - STUN_HEADER_SIZE;
  copy[2] = length >> 8;
  copy[3] = length;
  return copy;
}

/** Takes the same time wherever the two differ, so that a code cannot be guessed byte by byte. */
function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
  return difference === 0;
}
