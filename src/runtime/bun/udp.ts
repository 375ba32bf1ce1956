/**
 * UDP by `Bun.udpSocket`.
 *
 * @module
 */

import type { udp } from "bun";
import { formatEndpoint, mapAddress, unmapAddress } from "../node-compat/address.ts";
import { toError, toSystemError } from "../node-compat/system-fault.ts";
import type { Udp, UdpDatagram, UdpHandler, UdpOptions, UdpSocket } from "../runtime.ts";
import { descriptorOf, loadTuner } from "./libc.ts";

/** Datagrams in one system call. More do not cost less: 64 was measured as cheap as 256. */
const BATCH_COUNT_MAX = 64;

/** Bytes, port and address of each datagram one after the other, as `sendMany` wants them. */
type FlatBatch = (Uint8Array | number | string)[];

export class BunUdp implements Udp {
  async bind(options: UdpOptions, handler: UdpHandler): Promise<UdpSocket> {
    const { host, port } = options;
    let owner: BunUdpSocket | undefined;
    try {
      const { receiveBufferSize, sendBufferSize } = options;
      const isTuned = receiveBufferSize !== undefined || sendBufferSize !== undefined;
      const tuner = isTuned ? await loadTuner() : undefined;
      const raw = await Bun.udpSocket<"uint8array">({
        hostname: host,
        port,
        binaryType: "uint8array",
        socket: {
          data: (_raw, bytes, fromPort, from) => deliver(handler, bytes, from, fromPort),
          error: (...causes) => owner?.notice(causes),
        },
      });
      tuner?.tune(descriptorOf(raw), options);
      owner = new BunUdpSocket(raw, handler);
      return owner;
    } catch (error) {
      throw toSystemError(error, `bind UDP ${formatEndpoint(host, port)}`);
    }
  }
}

class BunUdpSocket implements UdpSocket {
  readonly host: string;
  readonly port: number;
  #raw: udp.Socket<"uint8array">;
  #handler: UdpHandler;
  #isIpv6: boolean;
  #isClosed = false;
  /** Used again for every batch. */
  #flat: FlatBatch = [];

  constructor(raw: udp.Socket<"uint8array">, handler: UdpHandler) {
    this.host = raw.hostname;
    this.port = raw.port;
    this.#raw = raw;
    this.#handler = handler;
    this.#isIpv6 = raw.hostname.includes(":");
  }

  send(bytes: Uint8Array, address: string, port: number): void {
    this.#trySend(bytes, address, port);
  }

  sendBatch(datagrams: readonly UdpDatagram[]): void {
    for (let start = 0; start < datagrams.length && !this.#isClosed; ) {
      const end = Math.min(start + BATCH_COUNT_MAX, datagrams.length);
      const sentCount = this.#sendSome(datagrams, start, end);
      start += sentCount;
      const stuck = start < end ? datagrams[start] : undefined;
      if (stuck === undefined) continue;
      // The kernel has no room, or this one datagram cannot be sent. Only the first stops the rest.
      if (!this.#trySend(stuck.bytes, stuck.address, stuck.port)) return;
      start += 1;
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#raw.close();
  }

  /**
   * Bun asks the kernel for what ICMP says of peers (IP_RECVERR in Linux's ip(7)), so most faults are
   * those of one peer that is gone, and only a socket that Bun has closed is broken.
   */
  notice(causes: readonly unknown[]): void {
    if (this.#isClosed || !this.#raw.closed) return;
    this.#isClosed = true;
    this.#handler.error(toError(causes.find((cause) => cause instanceof Error) ?? "closed"));
  }

  /**
   * Returns false if the kernel has no room. A fault is first that of an earlier datagram, to a peer
   * that is gone, which the kernel reports instead of sending this one: hence the second attempt.
   */
  #trySend(bytes: Uint8Array, address: string, port: number): boolean {
    if (this.#isClosed) return false;
    const target = this.#isIpv6 ? mapAddress(address) : address;
    for (let attempt = 0; attempt < 2; attempt++) {
      try {
        return this.#raw.send(bytes, port, target);
      } catch {
        // Once more; after that it is unreachable, forbidden or too long: lost.
      }
    }
    return true;
  }

  /** Sends those from `start` to `end`, up to the first that fails; returns how many. */
  #sendSome(datagrams: readonly UdpDatagram[], start: number, end: number): number {
    const flat = this.#flat;
    for (let i = start; i < end; i++) {
      const datagram = datagrams[i];
      if (datagram === undefined) break;
      const { bytes, address, port } = datagram;
      flat.push(bytes, port, this.#isIpv6 ? mapAddress(address) : address);
    }
    try {
      return this.#raw.sendMany(flat);
    } catch {
      return 0;
    } finally {
      flat.length = 0;
    }
  }
}

/** An error that the handler throws is an uncaught one, not one of the socket. */
function deliver(handler: UdpHandler, bytes: Uint8Array, address: string, port: number): void {
  try {
    handler.datagram(bytes, unmapAddress(address), port);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
