/**
 * Attributes that are text: USERNAME, SOFTWARE, REALM and NONCE.
 *
 * Spec: RFC 8489, 14.3, 14.9, 14.10 and 14.14; RFC 8445, 7.2.2 (the user name of ICE is both user
 * name fragments with a colon between them, the receiver's first).
 *
 * @module
 */

import { type StunAttribute, StunAttributeType } from "./attribute.ts";
import { findStunAttribute, type StunMessage } from "./message.ts";

const TEXT_DECODER = new TextDecoder();
const TEXT_ENCODER = new TextEncoder();

type TextAttributeType = (typeof StunAttributeType)["Username" | "Software" | "Realm" | "Nonce"];

export function encodeTextAttribute(type: TextAttributeType, text: string): StunAttribute {
  return { type, value: TEXT_ENCODER.encode(text) };
}

/** What is not UTF-8 becomes U+FFFD. @returns `undefined` if the message has no such attribute. */
export function findTextAttribute(
  message: StunMessage,
  type: TextAttributeType,
): string | undefined {
  const value = findStunAttribute(message, type);
  return value === undefined ? undefined : TEXT_DECODER.decode(value);
}

/** @returns `undefined` if the message has none. */
export function findUsername(message: StunMessage): string | undefined {
  return findTextAttribute(message, StunAttributeType.Username);
}
