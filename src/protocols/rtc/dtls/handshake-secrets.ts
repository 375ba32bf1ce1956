/**
 * What both sides of a handshake come to know: its messages, the random values, the secret, and the
 * keys that are made of them.
 *
 * Spec: RFC 5246, sections 6.3, 7.4.9 and 8.1; RFC 7627 (extended master secret); RFC 5764, section 4.2
 * (keys of SRTP).
 *
 * @module
 */

import { concatBytes } from "../../../base/bytes.ts";
import {
  encodeHandshakeMessage,
  type HandshakeMessage,
} from "../../../codec/dtls/handshake-message.ts";
import type { Crypto } from "../../../runtime/runtime.ts";
import {
  keyingMaterialSize,
  type SrtpKeys,
  type SrtpProfile,
  splitKeyingMaterial,
} from "../srtp/srtp-keys.ts";
import { deriveExtendedMasterSecret, deriveMasterSecret, expandSecret } from "./prf.ts";
import { RECORD_KEY_SIZE, RECORD_SALT_SIZE, RecordCipher } from "./record-cipher.ts";

/** Spec: RFC 5246, section 7.4.9. */
const VERIFY_DATA_SIZE = 12;

export type DtlsRole = "client" | "server";

export interface RecordCiphers {
  readonly client: RecordCipher;
  readonly server: RecordCipher;
}

export class HandshakeSecrets {
  readonly #crypto: Crypto;
  #messages: Uint8Array[] = [];
  clientRandom: Uint8Array = new Uint8Array();
  serverRandom: Uint8Array = new Uint8Array();
  /** Both sides bind the secret to the handshake. */
  isExtended = false;
  #masterSecret: Uint8Array = new Uint8Array();

  constructor(crypto: Crypto) {
    this.#crypto = crypto;
  }

  /** The handshake goes on by this message, ours or the peer's. */
  add(message: HandshakeMessage): void {
    this.#messages.push(encodeHandshakeMessage(message));
  }

  /** What was said so far does not count: a hello without a cookie. */
  forget(): void {
    this.#messages = [];
  }

  /** All messages so far: what a CertificateVerify signs. */
  get transcript(): Uint8Array {
    return concatBytes(this.#messages);
  }

  /** The client's key exchange is the latest message. */
  agree(preMasterSecret: Uint8Array): RecordCiphers {
    const crypto = this.#crypto;
    this.#masterSecret = this.isExtended
      ? deriveExtendedMasterSecret(crypto, preMasterSecret, this.#hash())
      : deriveMasterSecret(crypto, preMasterSecret, this.clientRandom, this.serverRandom);
    const seed = concatBytes([this.serverRandom, this.clientRandom]);
    const size = 2 * (RECORD_KEY_SIZE + RECORD_SALT_SIZE);
    const block = this.#expand("key expansion", seed, size);
    const saltsAt = 2 * RECORD_KEY_SIZE;
    const cipher = (index: number): RecordCipher => {
      const key = index * RECORD_KEY_SIZE;
      const salt = saltsAt + index * RECORD_SALT_SIZE;
      return new RecordCipher(
        crypto,
        block.slice(key, key + RECORD_KEY_SIZE),
        block.slice(salt, salt + RECORD_SALT_SIZE),
      );
    };
    return { client: cipher(0), server: cipher(1) };
  }

  /** What `role` says in its Finished, if that is the next message. */
  verifyData(role: DtlsRole): Uint8Array {
    return this.#expand(`${role} finished`, this.#hash(), VERIFY_DATA_SIZE);
  }

  srtpKeys(profile: SrtpProfile): Readonly<Record<DtlsRole, SrtpKeys>> {
    const seed = concatBytes([this.clientRandom, this.serverRandom]);
    const size = keyingMaterialSize(profile);
    return splitKeyingMaterial(profile, this.#expand("EXTRACTOR-dtls_srtp", seed, size));
  }

  #hash(): Uint8Array {
    return this.#crypto.hash("sha256", this.transcript);
  }

  #expand(label: string, seed: Uint8Array, size: number): Uint8Array {
    return expandSecret(this.#crypto, this.#masterSecret, { label, seed, size });
  }
}
