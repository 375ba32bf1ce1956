/**
 * The keys of the WebSocket handshake, by which a client knows that it speaks to a WebSocket server
 * and not to one that echoes header fields.
 *
 * Spec: RFC 6455, sections 1.3 and 4.
 *
 * @module
 */

import { encodeBase64 } from "../../base/base64.ts";

export const WEBSOCKET_VERSION = "13";

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/** 16 bytes in Base 64. */
const KEY = /^[A-Za-z0-9+/]{22}==$/;
const TEXT_ENCODER = new TextEncoder();

/** Whether `text` can be a client's key. */
export function isWebSocketKey(text: string): boolean {
  return KEY.test(text);
}

/** Encodes the 16 random bytes of a client's key. */
export function encodeWebSocketKey(randomBytes: Uint8Array): string {
  return encodeBase64(randomBytes);
}

/** The Sec-WebSocket-Accept that answers a client's key. */
export function toAcceptKey(key: string, sha1: (data: Uint8Array) => Uint8Array): string {
  return encodeBase64(sha1(TEXT_ENCODER.encode(key + GUID)));
}
