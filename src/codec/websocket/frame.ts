/**
 * WebSocket frames.
 *
 * ```text
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-------+-+-------------+-------------------------------+
 * |F|R|R|R| opcode|M| payload size|  126: 16 bits of payload size |
 * |I|S|S|S|  (4)  |A|     (7)     |  127: 64 bits                 |
 * |N|V|V|V|       |S|             |                               |
 * | |1|2|3|       |K|             |                               |
 * +-+-+-+-+-------+-+-------------+-------------------------------+
 * | masking key, if MASK is set (32)                              |
 * +---------------------------------------------------------------+
 * ```
 *
 * Spec: RFC 6455, section 5.2.
 *
 * @module
 */

import { ByteWriter } from "../../base/byte-writer.ts";

/** What a frame carries (section 11.8). */
export const WebSocketOpcode = {
  Continuation: 0x0,
  Text: 0x1,
  Binary: 0x2,
  Close: 0x8,
  Ping: 0x9,
  Pong: 0xa,
} as const;
export type WebSocketOpcode = (typeof WebSocketOpcode)[keyof typeof WebSocketOpcode];

const FIN = 0x80;
const MASK = 0x80;
const SIZE_16 = 126; // The size follows in 16 bits.
const SIZE_64 = 127; // The size follows in 64 bits.

/** Bytes in front of an unmasked payload. */
export function frameHeaderSize(payloadSize: number): number {
  if (payloadSize < SIZE_16) return 2;
  return payloadSize <= 0xffff ? 4 : 10;
}

/** Writes the header of a whole message in one frame, from a server: final and unmasked. */
export function writeFrameHeader(
  writer: ByteWriter,
  opcode: WebSocketOpcode,
  payloadSize: number,
): void {
  writeHeader(writer, opcode, payloadSize, 0);
}

function writeHeader(writer: ByteWriter, opcode: number, payloadSize: number, mask: number): void {
  writer.writeUint8(FIN | opcode);
  if (payloadSize < SIZE_16) {
    writer.writeUint8(mask | payloadSize);
  } else if (payloadSize <= 0xffff) {
    writer.writeUint8(mask | SIZE_16);
    writer.writeUint16(payloadSize);
  } else {
    writer.writeUint8(mask | SIZE_64);
    writer.writeUint32(Math.floor(payloadSize / 0x1_0000_0000));
    writer.writeUint32(payloadSize >>> 0);
  }
}

/** Encodes a message as one frame from a server. Copies the payload. */
export function encodeFrame(opcode: WebSocketOpcode, payload: Uint8Array): Uint8Array {
  const writer = new ByteWriter(frameHeaderSize(payload.length) + payload.length);
  writeHeader(writer, opcode, payload.length, 0);
  writer.writeBytes(payload);
  return writer.view();
}

/** Encodes a message as one frame from a client, masked by the four bytes of `key`. */
export function encodeMaskedFrame(
  opcode: WebSocketOpcode,
  payload: Uint8Array,
  key: Uint8Array,
): Uint8Array {
  const headerSize = frameHeaderSize(payload.length) + 4;
  const writer = new ByteWriter(headerSize + payload.length);
  writeHeader(writer, opcode, payload.length, MASK);
  writer.writeBytes(key);
  writer.writeBytes(payload);
  const frame = writer.view();
  applyMask(frame.subarray(headerSize), key, 0);
  return frame;
}

/** Masks or unmasks in place; `phase` is how many bytes of the payload came before (section 5.3). */
export function applyMask(bytes: Uint8Array, key: Uint8Array, phase: number): void {
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = (bytes[i] ?? 0) ^ (key[(phase + i) & 3] ?? 0);
  }
}
