/**
 * Batches of datagrams by `sendMany`, which has handed all of them to the kernel when it returns; for
 * systems that linux-udp-batch.ts is not for.
 *
 * @module
 */

import type { udp } from "bun";
import { assert } from "../../base/assert.ts";
import type { AddressMapper } from "../node-compat/address.ts";
import { DatagramSlot } from "../node-compat/datagram-slot.ts";
import type { UdpBatch, UdpDestination } from "../runtime.ts";

/** Datagrams in one system call. More do not cost less: 64 was measured as cheap as 256. */
const BATCH_COUNT_MAX = 64;

/** Bytes, port and address of each datagram one after the other, as `sendMany` wants them. */
type FlatBatch = (Uint8Array | number | string)[];

const FIELD_COUNT = 3;

export class BunUdpBatch implements UdpBatch {
  #raw: udp.Socket<"uint8array">;
  #mapper: AddressMapper;
  #slots: DatagramSlot[] = Array.from({ length: BATCH_COUNT_MAX }, () => new DatagramSlot());
  /** Those waiting to be sent; cut to a shorter one only while it is sent. */
  #flat: FlatBatch = [];
  #count = 0;

  constructor(raw: udp.Socket<"uint8array">, mapper: AddressMapper) {
    this.#raw = raw;
    this.#mapper = mapper;
  }

  destination(address: string, port: number): UdpDestination {
    return { address: this.#mapper.map(address), port };
  }

  add(datagram: Uint8Array, { address, port }: UdpDestination): void {
    if (this.#count === BATCH_COUNT_MAX) this.flush();
    const slot = this.#slots[this.#count];
    assert(slot !== undefined, "there is a slot for each datagram of a batch");
    const offset = this.#count * FIELD_COUNT;
    this.#flat[offset] = slot.copy(datagram);
    this.#flat[offset + 1] = port;
    this.#flat[offset + 2] = address;
    this.#count += 1;
  }

  flush(): void {
    const count = this.#count;
    this.#count = 0;
    if (count === 0 || this.#raw.closed) return;
    this.#flat.length = count * FIELD_COUNT;
    const sentCount = this.#sendMany(this.#flat);
    if (sentCount < count) this.#sendRest(sentCount * FIELD_COUNT);
  }

  /** Sends up to the first that fails; returns how many. */
  #sendMany(flat: FlatBatch): number {
    try {
      return this.#raw.sendMany(flat);
    } catch {
      return 0;
    }
  }

  /** From the first that failed on: the kernel has no room, or that one cannot be sent. */
  #sendRest(start: number): void {
    for (let offset = start; offset < this.#flat.length; ) {
      const [bytes, port, address] = this.#flat.slice(offset, offset + FIELD_COUNT);
      if (!(bytes instanceof Uint8Array)) return;
      // Only that there is no room stops the rest.
      if (!sendOne(this.#raw, bytes, Number(port), String(address))) return;
      offset += FIELD_COUNT;
      offset += this.#sendMany(this.#flat.slice(offset)) * FIELD_COUNT;
    }
  }
}

/**
 * Returns false if the kernel has no room. A fault is first that of an earlier datagram, to a peer
 * that is gone, which the kernel reports instead of sending this one: hence the second attempt.
 */
export function sendOne(
  raw: udp.Socket<"uint8array">,
  bytes: Uint8Array,
  port: number,
  address: string,
): boolean {
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      return raw.send(bytes, port, address);
    } catch {
      // Once more; after that it is unreachable, forbidden or too long: lost.
    }
  }
  return true;
}
