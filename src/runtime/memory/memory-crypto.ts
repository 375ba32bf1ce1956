/**
 * Cryptography as everywhere, but for random bytes that are the same on every run.
 *
 * @module
 */

import { NodeCrypto } from "../node-compat/crypto.ts";

export class MemoryCrypto extends NodeCrypto {
  #state = 1;

  constructor() {
    super({ wrapsKeys: false });
  }

  override randomBytes(size: number): Uint8Array {
    return Uint8Array.from({ length: size }, () => {
      // Lehmer, "minimal standard" (Park and Miller, 1993).
      this.#state = (this.#state * 48_271) % 0x7fff_ffff;
      return (this.#state >>> 8) & 0xff;
    });
  }
}
