/**
 * Why a request is refused.
 *
 * ```text
 * | 0 (21) | hundreds (3) | the rest of the code (8) | reason phrase ...
 * ```
 *
 * Spec: RFC 8489, 14.8 and 14.13; RFC 8445, 7.3.1.1 (487).
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import { MalformedError } from "../../base/errors.ts";
import { type StunAttribute, StunAttributeType } from "./attribute.ts";
import { findStunAttribute, type StunMessage } from "./message.ts";

const HEADER_SIZE = 4;
const CODE_MIN = 300;
const CODE_MAX = 699;
const TEXT_DECODER = new TextDecoder();
const TEXT_ENCODER = new TextEncoder();

export interface StunError {
  /** 300 to 699. */
  readonly code: number;
  /** For people. */
  readonly reason: string;
}

/** Those that servers of ICE have use for. */
export const StunErrors = {
  BadRequest: { code: 400, reason: "Bad Request" },
  Unauthenticated: { code: 401, reason: "Unauthenticated" },
  UnknownAttribute: { code: 420, reason: "Unknown Attribute" },
  RoleConflict: { code: 487, reason: "Role Conflict" },
  ServerError: { code: 500, reason: "Server Error" },
} as const;

export function encodeErrorCode({ code, reason }: StunError): StunAttribute {
  assert(code >= CODE_MIN && code <= CODE_MAX, "an error code is 300 to 699");
  const text = TEXT_ENCODER.encode(reason);
  const value = new Uint8Array(HEADER_SIZE + text.length);
  value[2] = Math.floor(code / 100);
  value[3] = code % 100;
  value.set(text, HEADER_SIZE);
  return { type: StunAttributeType.ErrorCode, value };
}

/**
 * @returns `undefined` if the message has none.
 * @throws {MalformedError} If it is cut off, or the code is none.
 */
export function findErrorCode(message: StunMessage): StunError | undefined {
  const value = findStunAttribute(message, StunAttributeType.ErrorCode);
  if (value === undefined) return undefined;
  const [, , hundreds = 0, rest = 0] = value;
  const code = (hundreds & 0b111) * 100 + rest;
  if (value.length < HEADER_SIZE || rest > 99 || code < CODE_MIN || code > CODE_MAX) {
    const offset = value.byteOffset - message.bytes.byteOffset;
    throw new MalformedError(`Cannot read error code ${code} in ${value.length} bytes`, offset);
  }
  return { code, reason: TEXT_DECODER.decode(value.subarray(HEADER_SIZE)) };
}

/** With error 420: the types of the attributes that are not known. */
export function encodeUnknownAttributes(types: readonly number[]): StunAttribute {
  const value = new Uint8Array(types.length * 2);
  const view = new DataView(value.buffer);
  for (const [index, type] of types.entries()) view.setUint16(index * 2, type);
  return { type: StunAttributeType.UnknownAttributes, value };
}

/**
 * @returns `undefined` if the message has none.
 * @throws {MalformedError} If half of a type is missing.
 */
export function findUnknownAttributes(message: StunMessage): number[] | undefined {
  const value = findStunAttribute(message, StunAttributeType.UnknownAttributes);
  if (value === undefined) return undefined;
  if (value.length % 2 !== 0) {
    const offset = value.byteOffset - message.bytes.byteOffset;
    throw new MalformedError(`Cannot read attribute types in ${value.length} bytes`, offset);
  }
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  return Array.from({ length: value.length / 2 }, (_, index) => view.getUint16(index * 2));
}
