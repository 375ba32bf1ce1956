/**
 * What protects records once both sides have the keys: AES-128 in GCM, one direction.
 *
 * Spec: RFC 5288, section 3 (nonce); RFC 5246, section 6.2.3.3 (additional data); RFC 6347, section
 * 4.1.2.6 (replays).
 *
 * @module
 */

import { concatBytes } from "../../../base/bytes.ts";
import type { DtlsRecord } from "../../../codec/dtls/record.ts";
import { AES_GCM_TAG_SIZE, type AesGcm, type Crypto } from "../../../runtime/runtime.ts";
import { ReplayWindow } from "../srtp/replay-window.ts";

export const RECORD_KEY_SIZE = 16;
export const RECORD_SALT_SIZE = 4;

const EXPLICIT_NONCE_SIZE = 8;

export class RecordCipher {
  readonly #gcm: AesGcm;
  readonly #salt: Uint8Array;
  readonly #window = new ReplayWindow();

  /** @param salt The part of the nonce that is not sent, 4 bytes. */
  constructor(crypto: Pick<Crypto, "createAesGcm">, key: Uint8Array, salt: Uint8Array) {
    this.#gcm = crypto.createAesGcm(key);
    this.#salt = salt;
  }

  /** The record with its fragment encrypted. */
  protect(record: DtlsRecord): DtlsRecord {
    const explicit = sequenceBytes(record);
    const nonce = concatBytes([this.#salt, explicit]);
    const sealed = this.#gcm.seal(
      nonce,
      additionalData(record, record.fragment.length),
      record.fragment,
    );
    return { ...record, fragment: concatBytes([explicit, sealed]) };
  }

  /** What the record says; `undefined` if it is not authentic, or has been here before. */
  unprotect(record: DtlsRecord): Uint8Array | undefined {
    const { fragment, sequenceNumber } = record;
    const size = fragment.length - EXPLICIT_NONCE_SIZE - AES_GCM_TAG_SIZE;
    if (size < 0 || !this.#window.isFresh(sequenceNumber)) return undefined;
    const nonce = concatBytes([this.#salt, fragment.subarray(0, EXPLICIT_NONCE_SIZE)]);
    const sealed = fragment.subarray(EXPLICIT_NONCE_SIZE);
    const opened = this.#gcm.open(nonce, additionalData(record, size), sealed);
    if (opened !== undefined) this.#window.add(sequenceNumber);
    return opened;
  }
}

/** Epoch and sequence number, as both the nonce and the additional data have them. */
function sequenceBytes({ epoch, sequenceNumber }: DtlsRecord): Uint8Array {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, epoch);
  view.setUint16(2, Math.floor(sequenceNumber / 0x1_0000_0000));
  view.setUint32(4, sequenceNumber % 0x1_0000_0000);
  return bytes;
}

function additionalData(record: DtlsRecord, size: number): Uint8Array {
  const bytes = new Uint8Array(13);
  bytes.set(sequenceBytes(record));
  const view = new DataView(bytes.buffer);
  view.setUint8(8, record.contentType);
  view.setUint16(9, record.version);
  view.setUint16(11, size);
  return bytes;
}
