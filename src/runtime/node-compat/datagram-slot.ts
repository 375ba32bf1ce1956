/**
 * Memory for one datagram after another.
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import { BATCHED_DATAGRAM_SIZE_MAX } from "../runtime.ts";

export class DatagramSlot {
  #buffer = new ArrayBuffer(BATCHED_DATAGRAM_SIZE_MAX);
  /** Packets that go to many have one size, so that the view of the last one mostly fits the next. */
  #bytes = new Uint8Array(this.#buffer);

  /** Returns a copy, in the place of the one before. */
  copy(datagram: Uint8Array): Uint8Array<ArrayBuffer> {
    const { length } = datagram;
    if (this.#bytes.length !== length) {
      assert(length <= BATCHED_DATAGRAM_SIZE_MAX, "a batched datagram has a limit");
      this.#bytes = new Uint8Array(this.#buffer, 0, length);
    }
    this.#bytes.set(datagram);
    return this.#bytes;
  }
}
