/**
 * Batches of datagrams for runtimes that send one by one, and say when they are done with the bytes.
 *
 * @module
 */

import type { UdpBatch } from "../runtime.ts";
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
  /** What was added last, and is sent with the next. */
  #pending: PooledSlot | undefined;
  #bytes = new Uint8Array(0);
  #address = "";
  #port = 0;

  constructor(send: SendDatagram) {
    this.#send = send;
  }

  add(size: number, address: string, port: number): Uint8Array {
    this.flush();
    const pooled = this.#free.pop() ?? this.#createSlot();
    this.#pending = pooled;
    this.#bytes = pooled.slot.take(size);
    this.#address = address;
    this.#port = port;
    return this.#bytes;
  }

  flush(): void {
    const pooled = this.#pending;
    if (pooled === undefined) return;
    this.#pending = undefined;
    const isHeld = this.#send(this.#bytes, this.#address, this.#port, pooled.done);
    if (!isHeld) this.#free.push(pooled);
  }

  #createSlot(): PooledSlot {
    const pooled: PooledSlot = {
      slot: new DatagramSlot(),
      done: () => void this.#free.push(pooled),
    };
    return pooled;
  }
}
