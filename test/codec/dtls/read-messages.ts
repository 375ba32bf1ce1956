/**
 * The handshake messages of a capture that are not protected.
 *
 * @module
 */

import {
  type HandshakeMessage,
  parseHandshakeFragments,
} from "../../../src/codec/dtls/handshake-message.ts";
import { DtlsContentType, parseDtlsRecords } from "../../../src/codec/dtls/record.ts";
import type { CapturedDatagram } from "./openssl-handshake.ts";

/** Of a capture in which nothing was lost: what does not continue a message begins one. */
export function readMessages(datagrams: readonly CapturedDatagram[]): HandshakeMessage[] {
  const messages: HandshakeMessage[] = [];
  for (const { bytes: datagram } of datagrams) {
    for (const { contentType, epoch, fragment } of parseDtlsRecords(datagram)) {
      if (contentType !== DtlsContentType.Handshake || epoch > 0) continue;
      for (const { type, length, ...piece } of parseHandshakeFragments(fragment)) {
        const { messageSequence, fragmentOffset, bytes } = piece;
        if (fragmentOffset === 0) {
          messages.push({ type, messageSequence, body: new Uint8Array(length) });
        }
        messages.at(-1)?.body.set(bytes, fragmentOffset);
      }
    }
  }
  return messages;
}
