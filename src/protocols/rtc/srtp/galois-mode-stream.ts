/**
 * A source of packets in Galois/counter mode. Nothing can be prepared for the next ones.
 *
 * Spec: RFC 7714, section 8.
 *
 * @module
 */

import type { Crypto } from "../../../runtime/runtime.ts";
import { GaloisCipher } from "./galois-cipher.ts";
import type { SrtpSender } from "./srtp-sender.ts";
import type { SrtpStreamOptions, SrtpTarget } from "./srtp-stream-options.ts";

export class GaloisModeStream {
  readonly profile = "aead-aes-128-gcm";
  /** Changes when the peer's address does. */
  target: SrtpTarget;
  #cipher: GaloisCipher;
  #ssrc: number;

  constructor(crypto: Crypto, sender: SrtpSender, { ssrc, target }: SrtpStreamOptions) {
    this.target = target;
    this.#cipher = new GaloisCipher(crypto, sender.sessionKeys);
    this.#ssrc = ssrc;
  }

  /** Returns what is to stand behind the header: the encrypted payload and the tag. */
  seal(header: Uint8Array, payload: Uint8Array, index: number): Uint8Array {
    this.#cipher.begin(this.#ssrc, index);
    return this.#cipher.seal(header, payload);
  }

  /** Nothing may be sent afterwards. */
  close(): void {
    // It holds no memory of the lanes.
  }
}
