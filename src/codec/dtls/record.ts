/**
 * Records of DTLS 1.2: what a datagram is made of.
 *
 * Spec: RFC 6347, section 4.1.
 *
 * @module
 */

import type { ByteWriter } from "../../base/byte-writer.ts";

export const DTLS_RECORD_HEADER_SIZE = 13;

export const DtlsContentType = {
  ChangeCipherSpec: 20,
  Alert: 21,
  Handshake: 22,
  ApplicationData: 23,
} as const;

/** The one's complement of 1.2. */
export const DTLS_VERSION_1_2 = 0xfefd;

/** The same of 1.0, which first records and HelloVerifyRequest may carry. */
export const DTLS_VERSION_1_0 = 0xfeff;

export interface DtlsRecord {
  readonly contentType: number;
  readonly version: number;
  readonly epoch: number;
  /** 48 bits. */
  readonly sequenceNumber: number;
  /** A view; encrypted if the epoch is not 0. */
  readonly fragment: Uint8Array;
}

/** What the versions of every DTLS have in common. */
const VERSION_MAJOR = 0xfe;

/**
 * The records of a datagram. A record that is cut off ends the list, one of another protocol is left
 * out: RFC 6347, section 4.1.2.7, has invalid records dropped without a word.
 */
export function parseDtlsRecords(datagram: Uint8Array): DtlsRecord[] {
  const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.length);
  const records: DtlsRecord[] = [];
  let offset = 0;
  while (offset + DTLS_RECORD_HEADER_SIZE <= datagram.length) {
    const start = offset + DTLS_RECORD_HEADER_SIZE;
    const end = start + view.getUint16(offset + 11);
    if (end > datagram.length) break;
    if (view.getUint8(offset + 1) === VERSION_MAJOR) {
      records.push({
        contentType: view.getUint8(offset),
        version: view.getUint16(offset + 1),
        epoch: view.getUint16(offset + 3),
        sequenceNumber: view.getUint16(offset + 5) * 0x1_0000_0000 + view.getUint32(offset + 7),
        fragment: datagram.subarray(start, end),
      });
    }
    offset = end;
  }
  return records;
}

/**
 * ```text
 * | type 8 | version 16 | epoch 16 | sequence number 48 | length 16 | fragment |
 * ```
 */
export function writeDtlsRecord(writer: ByteWriter, record: DtlsRecord): void {
  const { contentType, version, epoch, sequenceNumber, fragment } = record;
  writer.writeUint8(contentType);
  writer.writeUint16(version);
  writer.writeUint16(epoch);
  writer.writeUint16(Math.floor(sequenceNumber / 0x1_0000_0000));
  writer.writeUint32(sequenceNumber % 0x1_0000_0000);
  writer.writeUint16(fragment.length);
  writer.writeBytes(fragment);
}
