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

  /** The bytes for a datagram of that size; what they are is left over from earlier ones. */
  take(size: number): Uint8Array<ArrayBuffer> {
    if (this.#bytes.length !== size) {
      assert(size <= BATCHED_DATAGRAM_SIZE_MAX, "a batched datagram has a limit");
      this.#bytes = new Uint8Array(this.#buffer, 0, size);
    }
    return this.#bytes;
  }
}
