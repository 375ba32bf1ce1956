/**
 * The keystream of AES in counter mode for one packet at a time.
 *
 * Spec: RFC 3711, section 4.1.1.
 *
 * @module
 */

import { assert } from "../../../base/assert.ts";
import type { AesEncryptor, Crypto } from "../../../runtime/runtime.ts";
import type { SessionKeys } from "./key-derivation.ts";

const BLOCK_SIZE = 16;

/** The block counter has 16 bits, so that is the most blocks that a packet may have. */
const PACKET_BLOCK_COUNT_MAX = 0x1_0000;

export class CounterModeKeystream {
  /** Made when it is first needed: a sender to many encrypts elsewhere. */
  #encryptor: AesEncryptor | undefined;
  #createEncryptor: () => AesEncryptor;
  /** The salt as three numbers: bytes 0 to 3, 4 to 7, and 8 to 13. */
  #saltHead: number;
  #saltSsrc: number;
  #saltIndexHigh: number;
  #saltIndexLow: number;
  /** Counter blocks, written anew for every packet. */
  #counters = new Uint8Array(0);
  #view = new DataView(this.#counters.buffer);

  constructor(crypto: Crypto, { encryptionKey, salt }: SessionKeys) {
    assert(salt.length === 14, "the salt has 112 bits");
    const view = new DataView(salt.buffer, salt.byteOffset, salt.length);
    this.#createEncryptor = () => crypto.createAesEncryptor(encryptionKey);
    this.#saltHead = view.getUint32(0);
    this.#saltSsrc = view.getUint32(4);
    this.#saltIndexHigh = view.getUint32(8);
    this.#saltIndexLow = view.getUint16(12);
  }

  /** Encrypts `body` where it is, or decrypts it, which is the same. */
  apply(body: Uint8Array, ssrc: number, index: number): void {
    const blockCount = Math.ceil(body.length / BLOCK_SIZE);
    if (blockCount === 0) return;
    assert(blockCount <= PACKET_BLOCK_COUNT_MAX, "a packet has at most a mebibyte");
    this.#writeCounters(blockCount, ssrc, index);
    this.#encryptor ??= this.#createEncryptor();
    const keystream = this.#encryptor.encrypt(this.#counters.subarray(0, blockCount * BLOCK_SIZE));
    for (let i = 0; i < body.length; i++) body[i] = (body[i] ?? 0) ^ (keystream[i] ?? 0);
  }

  #writeCounters(blockCount: number, ssrc: number, index: number): void {
    if (this.#counters.length < blockCount * BLOCK_SIZE) {
      this.#counters = new Uint8Array(blockCount * BLOCK_SIZE);
      this.#view = new DataView(this.#counters.buffer);
    }
    const view = this.#view;
    const indexHigh = this.#saltIndexHigh ^ Math.floor(index / 0x1_0000);
    const indexLow = (this.#saltIndexLow ^ (index % 0x1_0000)) << 16;
    for (let block = 0; block < blockCount; block++) {
      const offset = block * BLOCK_SIZE;
      view.setUint32(offset, this.#saltHead);
      view.setUint32(offset + 4, this.#saltSsrc ^ ssrc);
      view.setUint32(offset + 8, indexHigh);
      view.setUint32(offset + 12, indexLow | block);
    }
  }
}
