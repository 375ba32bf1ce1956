/**
 * Handshake messages of DTLS 1.2, whole and in fragments.
 *
 * Spec: RFC 6347, section 4.2.2; RFC 5246, section 7.4 (types).
 *
 * @module
 */

import { ByteReader } from "../../base/byte-reader.ts";
import { ByteWriter } from "../../base/byte-writer.ts";
import { MalformedError } from "../../base/errors.ts";

export const HandshakeType = {
  ClientHello: 1,
  ServerHello: 2,
  HelloVerifyRequest: 3,
  Certificate: 11,
  ServerKeyExchange: 12,
  CertificateRequest: 13,
  ServerHelloDone: 14,
  CertificateVerify: 15,
  ClientKeyExchange: 16,
  Finished: 20,
} as const;

export const HANDSHAKE_HEADER_SIZE = 12;

/** Chains of certificates are the largest; those of peers of WebRTC have one, of some hundred bytes. */
export const HANDSHAKE_SIZE_MAX = 16_384;

export interface HandshakeMessage {
  readonly type: number;
  readonly messageSequence: number;
  readonly body: Uint8Array;
}

/** A piece of a message, or all of it. */
export interface HandshakeFragment {
  readonly type: number;
  /** Of the whole message, in bytes. */
  readonly length: number;
  readonly messageSequence: number;
  readonly fragmentOffset: number;
  /** A view. */
  readonly bytes: Uint8Array;
}

/** The fragments in a record. @throws {MalformedError} If they are cut off, or longer than a message. */
export function parseHandshakeFragments(record: Uint8Array): HandshakeFragment[] {
  const reader = new ByteReader(record);
  const fragments: HandshakeFragment[] = [];
  while (reader.remaining > 0) {
    const { offset } = reader;
    const type = reader.readUint8();
    const length = reader.readUint24();
    const messageSequence = reader.readUint16();
    const fragmentOffset = reader.readUint24();
    const bytes = reader.readBytes(reader.readUint24());
    if (length > HANDSHAKE_SIZE_MAX || fragmentOffset + bytes.length > length) {
      throw new MalformedError("Cannot take handshake message: its size is wrong", offset);
    }
    fragments.push({ type, length, messageSequence, fragmentOffset, bytes });
  }
  return fragments;
}

/**
 * ```text
 * | type 8 | length 24 | message sequence 16 | fragment offset 24 | fragment length 24 | fragment |
 * ```
 */
export function writeHandshakeFragment(writer: ByteWriter, fragment: HandshakeFragment): void {
  writer.writeUint8(fragment.type);
  writer.writeUint24(fragment.length);
  writer.writeUint16(fragment.messageSequence);
  writer.writeUint24(fragment.fragmentOffset);
  writer.writeUint24(fragment.bytes.length);
  writer.writeBytes(fragment.bytes);
}

/** The message as one fragment, which is also how it goes into the hash of the handshake. */
export function encodeHandshakeMessage(message: HandshakeMessage): Uint8Array {
  const { type, messageSequence, body } = message;
  const writer = new ByteWriter(HANDSHAKE_HEADER_SIZE + body.length);
  const whole = { type, messageSequence, length: body.length, fragmentOffset: 0, bytes: body };
  writeHandshakeFragment(writer, whole);
  return writer.take();
}
