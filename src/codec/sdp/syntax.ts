/**
 * Which characters may stand where in a session description, and how a fault in one is told.
 *
 * Spec: RFC 8866, section 9 (token, byte-string); RFC 8839, section 5.4 (ice-char); RFC 8851,
 * section 10 (rid-id).
 *
 * @module
 */

import { MalformedError } from "../../base/errors.ts";
import type { SdpAttribute } from "./session-description.ts";

const TOKEN = /^[!#$%&'*+\-.0-9A-Z^_`a-z{|}~]+$/;
/**
 * `+` and `/` beside letters and digits by the specification; the others are what libwebrtc takes
 * too, because some send them.
 */
const ICE_TEXT = /^[A-Za-z0-9+/\-_=#]+$/;
const RID = /^[A-Za-z0-9_-]+$/;
const DIGITS = /^[0-9]{1,10}$/;

export function isSdpToken(text: string): boolean {
  return TOKEN.test(text);
}

export function isIceText(text: string): boolean {
  return ICE_TEXT.test(text);
}

export function isRid(text: string): boolean {
  return RID.test(text);
}

/** Reads a whole number of up to ten digits; `undefined` if it is none, or more than `max`. */
export function toSdpNumber(text: string | undefined, max: number): number | undefined {
  if (text === undefined || !DIGITS.test(text)) return undefined;
  const value = Number(text);
  return value <= max ? value : undefined;
}

/** The error for a line that was parsed, but whose attribute makes no sense. */
export function attributeError(attribute: SdpAttribute, fault: string): MalformedError {
  const place = attribute.line === undefined ? "" : ` in line ${attribute.line}`;
  return new MalformedError(`Cannot read a=${attribute.name}${place}: ${fault}`, 0);
}
