/**
 * Batches of datagrams for runtimes that send one by one, and say when they are done with the bytes.
 *
 * @module
 */

import type { UdpBatch, UdpDestination } from "../runtime.ts";
import { DatagramSlot } from "./datagram-slot.ts";

/** Returns whether the bytes are needed until `done` is called; if not, they were sent or dropped. */
export type SendDatagram = (
  bytes: Uint8Array,
  address: string,
  port: number,
  done: () => void,
) => boolean;

/** A slot, and how to say that its bytes are free again. */
interface PooledSlot {
  readonly slot: DatagramSlot;
  readonly done: () => void;
}

/** Has as many slots as were ever in use at once, which the one who sends bounds. */
export class PooledUdpBatch implements UdpBatch {
  #send: SendDatagram;
  #free: PooledSlot[] = [];

  constructor(send: SendDatagram) {
    this.#send = send;
  }

  destination(address: string, port: number): UdpDestination {
    return { address, port };
  }

  add(datagram: Uint8Array, { address, port }: UdpDestination): void {
    const pooled = this.#free.pop() ?? this.#createSlot();
    const bytes = pooled.slot.copy(datagram);
    const isHeld = this.#send(bytes, address, port, pooled.done);
    if (!isHeld) this.#free.push(pooled);
  }

  flush(): void {
    // Nothing waits.
  }

  #createSlot(): PooledSlot {
    const pooled: PooledSlot = {
      slot: new DatagramSlot(),
      done: () => void this.#free.push(pooled),
    };
    return pooled;
  }
}
