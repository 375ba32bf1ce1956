/**
 * AES-GCM with the nonces of SRTP.
 *
 * Spec: RFC 7714, sections 8.1 and 9.1.
 *
 * @module
 */

import { assert } from "../../../base/assert.ts";
import type { AesGcm, Crypto } from "../../../runtime/runtime.ts";
import type { SessionKeys } from "./key-derivation.ts";
import { writeUint32 } from "./rtp-header.ts";

const NONCE_SIZE = 12;

/** For each packet `begin`, and then one of the others. */
export class GaloisCipher {
  #gcm: AesGcm;
  #salt: Uint8Array;
  #nonce = new Uint8Array(NONCE_SIZE);

  constructor(crypto: Crypto, { encryptionKey, salt }: SessionKeys) {
    assert(salt.length === NONCE_SIZE, "the salt has 96 bits");
    this.#gcm = crypto.createAesGcm(encryptionKey);
    this.#salt = salt;
  }

  /** Makes the nonce: two zeros, the SSRC and an index of 48 bits, with the salt added. */
  begin(ssrc: number, index: number): void {
    const nonce = this.#nonce;
    nonce.fill(0, 0, 2);
    writeUint32(nonce, 2, ssrc);
    writeUint32(nonce, 6, Math.floor(index / 0x1_0000));
    nonce[10] = index >>> 8;
    nonce[11] = index;
    for (let i = 0; i < NONCE_SIZE; i++) nonce[i] = (nonce[i] ?? 0) ^ (this.#salt[i] ?? 0);
  }

  /** Returns the encrypted message and its tag. */
  seal(associatedData: Uint8Array, message: Uint8Array): Uint8Array {
    return this.#gcm.seal(this.#nonce, associatedData, message);
  }

  /** `undefined` if it is not authentic. */
  open(associatedData: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
    return this.#gcm.open(this.#nonce, associatedData, sealed);
  }
}
