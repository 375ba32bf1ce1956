/**
 * Why a WebSocket is closed, and the payload of the frame that says so.
 *
 * Spec: RFC 6455, sections 5.5.1 and 7.4; the IANA WebSocket Close Code Number Registry.
 *
 * @module
 */

import { WebSocketMalformedError } from "./websocket-malformed-error.ts";

export const WebSocketCloseCode = {
  NormalClosure: 1000,
  GoingAway: 1001,
  ProtocolError: 1002,
  UnsupportedData: 1003,
  /** Never sent: the close frame had no code. */
  NoStatusReceived: 1005,
  /** Never sent: there was no close frame. */
  AbnormalClosure: 1006,
  InvalidPayload: 1007,
  PolicyViolation: 1008,
  MessageTooBig: 1009,
  MandatoryExtension: 1010,
  InternalError: 1011,
  ServiceRestart: 1012,
  TryAgainLater: 1013,
} as const;
export type WebSocketCloseCode = (typeof WebSocketCloseCode)[keyof typeof WebSocketCloseCode];

/** Payloads of control frames have at most 125 bytes, two of which are the code. */
const REASON_SIZE_MAX = 123;
const TEXT_ENCODER = new TextEncoder();
const TEXT_DECODER = new TextDecoder("utf-8", { fatal: true });

export interface WebSocketClose {
  readonly code: number;
  readonly reason: string;
}

/** @throws {WebSocketMalformedError} */
export function decodeClose(payload: Uint8Array): WebSocketClose {
  const [high, low] = payload;
  if (high === undefined) return { code: WebSocketCloseCode.NoStatusReceived, reason: "" };
  if (low === undefined) throw malformed("it has half a code");
  const code = (high << 8) | low;
  if (!isSendable(code)) throw malformed(`${code} is no code that is sent`);
  return { code, reason: decodeReason(payload.subarray(2)) };
}

/** Encodes a payload; a reason that is too long is cut. */
export function encodeClose(code: number, reason: string): Uint8Array {
  const text = TEXT_ENCODER.encode(reason);
  let size = Math.min(text.length, REASON_SIZE_MAX);
  // Not inside a character: step back while the first byte cut off continues one.
  while (size < text.length && ((text[size] ?? 0) & 0xc0) === 0x80) size -= 1;
  const payload = new Uint8Array(2 + size);
  payload[0] = code >>> 8;
  payload[1] = code & 0xff;
  payload.set(text.subarray(0, size), 2);
  return payload;
}

function decodeReason(bytes: Uint8Array): string {
  try {
    return TEXT_DECODER.decode(bytes);
  } catch (cause) {
    throw malformed("its reason is not UTF-8", cause);
  }
}

/** Codes for applications, and the registered ones but for those that stand for no code. */
function isSendable(code: number): boolean {
  if (code >= 3000 && code <= 4999) return true;
  return code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006;
}

function malformed(why: string, cause?: unknown): WebSocketMalformedError {
  const message = `Cannot decode close frame: ${why}`;
  return new WebSocketMalformedError(WebSocketCloseCode.ProtocolError, message, 0, { cause });
}
