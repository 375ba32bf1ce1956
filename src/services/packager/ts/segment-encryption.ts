/**
 * AES-128 for HLS segments: a key for a number of segments, then another.
 *
 * Spec: RFC 8216, sections 4.3.2.4 and 5.2.
 *
 * @module
 */

import type { MediaKey } from "../../../codec/m3u8/media-playlist.ts";
import type { Crypto } from "../../../runtime/runtime.ts";

const KEY_SIZE = 16;
const IV_SIZE = 16;

export interface SegmentKey {
  /** Of the key file, like the names of segments. */
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly iv: Uint8Array;
  /** As playlists tell of it. */
  readonly media: MediaKey;
}

export class SegmentEncryption {
  readonly #crypto: Pick<Crypto, "randomBytes" | "encryptAes">;
  readonly #segmentsPerKey: number;
  #key: SegmentKey | undefined;

  constructor(crypto: Pick<Crypto, "randomBytes" | "encryptAes">, segmentsPerKey: number) {
    this.#crypto = crypto;
    this.#segmentsPerKey = segmentsPerKey;
  }

  /**
   * The key for the segment with the number `seq`.
   *
   * @param addressOf The name and the address of the key file, if there is to be a new one.
   */
  keyFor(
    seq: number,
    addressOf: () => { readonly name: string; readonly uri: string },
  ): SegmentKey {
    if (this.#key !== undefined && seq % this.#segmentsPerKey !== 0) return this.#key;
    const { name, uri } = addressOf();
    const iv = this.#crypto.randomBytes(IV_SIZE);
    const media: MediaKey = { method: "AES-128", uri, iv };
    this.#key = { name, bytes: this.#crypto.randomBytes(KEY_SIZE), iv, media };
    return this.#key;
  }

  /** Encrypts a whole segment, by CBC and padded as PKCS #7 has it. */
  encrypt(key: SegmentKey, bytes: Uint8Array): Uint8Array {
    return this.#crypto.encryptAes("cbc", key.bytes, key.iv, bytes);
  }
}
