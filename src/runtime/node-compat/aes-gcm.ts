/**
 * AES-GCM by node:crypto, which needs a new cipher for each message.
 *
 * @module
 */

import { type CipherGCMTypes, createCipheriv, createDecipheriv, type KeyObject } from "node:crypto";
import { AES_GCM_TAG_SIZE, type AesGcm } from "../runtime.ts";

export class NodeAesGcm implements AesGcm {
  #algorithm: CipherGCMTypes;
  #key: KeyObject | Uint8Array;

  constructor(algorithm: CipherGCMTypes, key: KeyObject | Uint8Array) {
    this.#algorithm = algorithm;
    this.#key = key;
  }

  seal(nonce: Uint8Array, associatedData: Uint8Array, message: Uint8Array): Uint8Array {
    const cipher = createCipheriv(this.#algorithm, this.#key, nonce);
    if (associatedData.length > 0) cipher.setAAD(associatedData);
    const sealed = new Uint8Array(message.length + AES_GCM_TAG_SIZE);
    if (message.length > 0) sealed.set(cipher.update(message));
    cipher.final();
    sealed.set(cipher.getAuthTag(), message.length);
    return sealed;
  }

  open(nonce: Uint8Array, associatedData: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
    const size = sealed.length - AES_GCM_TAG_SIZE;
    if (size < 0) return undefined;
    const decipher = createDecipheriv(this.#algorithm, this.#key, nonce, {
      authTagLength: AES_GCM_TAG_SIZE,
    });
    if (associatedData.length > 0) decipher.setAAD(associatedData);
    decipher.setAuthTag(sealed.subarray(size));
    const message = new Uint8Array(size);
    if (size > 0) message.set(decipher.update(sealed.subarray(0, size)));
    try {
      decipher.final();
      return message;
    } catch {
      return undefined; // It is not what was sealed.
    }
  }
}
