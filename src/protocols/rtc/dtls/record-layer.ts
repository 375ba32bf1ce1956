/**
 * Records in and out: numbers them, protects them once there are keys, and packs them into datagrams.
 *
 * Spec: RFC 6347, section 4.1.
 *
 * @module
 */

import { ByteWriter } from "../../../base/byte-writer.ts";
import type { HandshakeMessage } from "../../../codec/dtls/handshake-message.ts";
import {
  HANDSHAKE_HEADER_SIZE,
  writeHandshakeFragment,
} from "../../../codec/dtls/handshake-message.ts";
import {
  DTLS_RECORD_HEADER_SIZE,
  DTLS_VERSION_1_2,
  DtlsContentType,
  type DtlsRecord,
  writeDtlsRecord,
} from "../../../codec/dtls/record.ts";
import type { RecordCipher } from "./record-cipher.ts";

/** What fits into a datagram on any path of the Internet, with room for a tunnel. */
const DATAGRAM_SIZE_MAX = 1_200;
/** What a cipher adds to a record: explicit nonce and tag. */
const CIPHER_OVERHEAD = 24;
const FRAGMENT_SIZE_MAX =
  DATAGRAM_SIZE_MAX - DTLS_RECORD_HEADER_SIZE - HANDSHAKE_HEADER_SIZE - CIPHER_OVERHEAD;

/** Something to be sent: a handshake message, or another record as it is. */
export type FlightPart =
  | { readonly kind: "message"; readonly epoch: 0 | 1; readonly message: HandshakeMessage }
  | { readonly kind: "change-cipher-spec" };

export class RecordLayer {
  readonly #send: (datagram: Uint8Array) => void;
  readonly #sequenceNumbers = [0, 0];
  writeCipher: RecordCipher | undefined;
  readCipher: RecordCipher | undefined;

  constructor(send: (datagram: Uint8Array) => void) {
    this.#send = send;
  }

  /** Whether there are keys for what the peer protects. */
  get canReadProtected(): boolean {
    return this.readCipher !== undefined;
  }

  /** What a record says; `undefined` for one that is not to be looked at. */
  open(record: DtlsRecord): Uint8Array | undefined {
    if (record.epoch === 0) return record.fragment;
    return record.epoch === 1 ? this.readCipher?.unprotect(record) : undefined;
  }

  /** Sends a flight in as few datagrams as it fits into. Each time its records have new numbers. */
  sendFlight(parts: readonly FlightPart[]): void {
    const datagram = new ByteWriter(DATAGRAM_SIZE_MAX);
    for (const record of this.#records(parts)) {
      const size = DTLS_RECORD_HEADER_SIZE + record.fragment.length;
      if (datagram.size > 0 && datagram.size + size > DATAGRAM_SIZE_MAX) {
        this.#send(datagram.take());
      }
      writeDtlsRecord(datagram, record);
    }
    if (datagram.size > 0) this.#send(datagram.take());
  }

  /** Sends an alert or application data, protected if there are keys. */
  sendRecord(contentType: number, fragment: Uint8Array): void {
    const datagram = new ByteWriter(DTLS_RECORD_HEADER_SIZE + fragment.length + CIPHER_OVERHEAD);
    const epoch = this.writeCipher === undefined ? 0 : 1;
    writeDtlsRecord(datagram, this.#record(contentType, epoch, fragment));
    this.#send(datagram.take());
  }

  *#records(parts: readonly FlightPart[]): Iterable<DtlsRecord> {
    for (const part of parts) {
      if (part.kind === "change-cipher-spec") {
        yield this.#record(DtlsContentType.ChangeCipherSpec, 0, new Uint8Array([1]));
        continue;
      }
      const { type, messageSequence, body } = part.message;
      let fragmentOffset = 0;
      do {
        const bytes = body.subarray(fragmentOffset, fragmentOffset + FRAGMENT_SIZE_MAX);
        const writer = new ByteWriter(HANDSHAKE_HEADER_SIZE + bytes.length);
        const length = body.length;
        writeHandshakeFragment(writer, { type, messageSequence, length, fragmentOffset, bytes });
        yield this.#record(DtlsContentType.Handshake, part.epoch, writer.take());
        fragmentOffset += bytes.length;
      } while (fragmentOffset < body.length);
    }
  }

  #record(contentType: number, epoch: 0 | 1, fragment: Uint8Array): DtlsRecord {
    const sequenceNumber = this.#sequenceNumbers[epoch] ?? 0;
    this.#sequenceNumbers[epoch] = sequenceNumber + 1;
    const version = DTLS_VERSION_1_2;
    const record = { contentType, version, epoch, sequenceNumber, fragment };
    return epoch === 1 && this.writeCipher !== undefined
      ? this.writeCipher.protect(record)
      : record;
  }
}
