/**
 * The distinguished encoding of ASN.1, as far as certificates of our own need it.
 *
 * Spec: ITU-T X.690, section 8 (BER) and 10 (DER).
 *
 * @module
 */

import { concatBytes } from "../../base/bytes.ts";
import { formatDateTime } from "../../base/date-time.ts";

export const DerTag = {
  Integer: 0x02,
  BitString: 0x03,
  ObjectIdentifier: 0x06,
  Utf8String: 0x0c,
  UtcTime: 0x17,
  Sequence: 0x30,
  Set: 0x31,
  /** `[0]`, constructed. */
  Context0: 0xa0,
} as const;

const TEXT_ENCODER = new TextEncoder();

/** A value with its tag and its length in front. */
export function encodeDer(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const content = concatBytes(contents);
  return concatBytes([new Uint8Array([tag, ...encodeLength(content.length)]), content]);
}

export function derSequence(...contents: readonly Uint8Array[]): Uint8Array {
  return encodeDer(DerTag.Sequence, ...contents);
}

/** @param value Big-endian; a zero is put in front where it would be taken for a negative one. */
export function derInteger(value: Uint8Array): Uint8Array {
  const isNegative = ((value[0] ?? 0) & 0x80) !== 0;
  return isNegative
    ? encodeDer(DerTag.Integer, new Uint8Array([0]), value)
    : encodeDer(DerTag.Integer, value);
}

/** @param dotted Such as `1.2.840.10045.4.3.2`. */
export function derObjectIdentifier(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes = base128(first * 40 + second);
  for (const arc of rest) bytes.push(...base128(arc));
  return encodeDer(DerTag.ObjectIdentifier, new Uint8Array(bytes));
}

export function derText(text: string): Uint8Array {
  return encodeDer(DerTag.Utf8String, TEXT_ENCODER.encode(text));
}

/** To the second. @param wallMs Milliseconds since the Unix epoch, in the years from 1950 to 2049. */
export function derUtcTime(wallMs: number): Uint8Array {
  const digits = formatDateTime(wallMs).replace(/[-:T]/g, "").slice(2, 14);
  return encodeDer(DerTag.UtcTime, TEXT_ENCODER.encode(`${digits}Z`));
}

/** Whole bytes of bits. */
export function derBitString(bytes: Uint8Array): Uint8Array {
  return encodeDer(DerTag.BitString, new Uint8Array([0]), bytes);
}

function encodeLength(length: number): number[] {
  if (length < 0x80) return [length];
  if (length < 0x100) return [0x81, length];
  return [0x82, length >> 8, length & 0xff];
}

function base128(value: number): number[] {
  const bytes = [value & 0x7f];
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) bytes.unshift(0x80 | (rest & 0x7f));
  return bytes;
}
