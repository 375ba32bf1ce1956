/**
 * UDP by `Deno.listenDatagram`.
 *
 * @module
 */

import { AddressMapper, formatEndpoint, unmapAddress } from "../node-compat/address.ts";
import { findDescriptors } from "../node-compat/find-descriptors.ts";
import { toError, toSystemError } from "../node-compat/system-fault.ts";
import { PooledUdpBatch } from "../node-compat/udp-batch.ts";
import type { Udp, UdpBatch, UdpHandler, UdpOptions, UdpSocket } from "../runtime.ts";
import { loadTuner } from "./libc.ts";

/** The largest datagram, by the 16-bit length of UDP (RFC 768). */
const DATAGRAM_SIZE_MAX = 65_535;

/**
 * Datagrams that may wait for the kernel before more are dropped: some 40 ms of all that Deno can send.
 * What waits longer is late anyhow.
 */
const WAITING_COUNT_MAX = 8192;

/** Faults in receiving that follow one another without a datagram before the socket is given up. */
const FAULT_COUNT_MAX = 16;

export class DenoUdp implements Udp {
  /**
   * `reuseAddress` is SO_REUSEADDR: one socket, mostly the one that was bound last, gets every datagram,
   * while all can send.
   */
  readonly canSharePort: boolean;
  #listenDatagram: NonNullable<typeof Deno.listenDatagram>;

  constructor(listenDatagram: NonNullable<typeof Deno.listenDatagram>, canSharePort: boolean) {
    this.canSharePort = canSharePort;
    this.#listenDatagram = listenDatagram;
  }

  async bind(options: UdpOptions, handler: UdpHandler): Promise<UdpSocket> {
    const { host, port } = options;
    const listenDatagram = this.#listenDatagram;
    try {
      const raw = listenDatagram({
        transport: "udp",
        hostname: host,
        port,
        reuseAddress: options.reusePort === true,
      });
      await setBufferSizes(raw.addr.port, options);
      return new DenoUdpSocket(raw, handler);
    } catch (error) {
      throw toSystemError(error, `bind UDP ${formatEndpoint(host, port)}`);
    }
  }
}

async function setBufferSizes(port: number, options: UdpOptions): Promise<void> {
  if (options.receiveBufferSize === undefined && options.sendBufferSize === undefined) return;
  const tuner = await loadTuner();
  for (const fd of await findDescriptors("udp", port)) tuner.tune(fd, options);
}

interface WaitingDatagram {
  readonly bytes: Uint8Array;
  readonly address: string;
  readonly port: number;
  /** Called once the bytes are no longer needed. */
  readonly done: (() => void) | undefined;
}

class DenoUdpSocket implements UdpSocket {
  readonly host: string;
  readonly port: number;
  #raw: Deno.DatagramConn;
  #handler: UdpHandler;
  #mapper: AddressMapper;
  #isClosed = false;
  /** Settles once nothing is received any more. */
  #receiving: Promise<void>;
  /** Sent one after the other, since Deno does not keep the order of sends begun together. */
  #queue: WaitingDatagram[] = [];
  #waitingCount = 0;

  constructor(raw: Deno.DatagramConn, handler: UdpHandler) {
    this.host = raw.addr.hostname;
    this.port = raw.addr.port;
    this.#raw = raw;
    this.#handler = handler;
    this.#mapper = new AddressMapper(raw.addr.hostname.includes(":"));
    this.#receiving = this.#receive();
  }

  send(bytes: Uint8Array, address: string, port: number): void {
    this.#take(bytes, address, port, undefined);
  }

  createBatch(): UdpBatch {
    return new PooledUdpBatch((bytes, address, port, done) =>
      this.#take(bytes, address, port, done),
    );
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#raw.close();
    // The port is not free before the receive that is under way has been called off.
    await this.#receiving;
  }

  /** Returns whether the bytes are needed until `done` is called. */
  #take(bytes: Uint8Array, address: string, port: number, done: (() => void) | undefined): boolean {
    if (this.#isClosed || this.#waitingCount >= WAITING_COUNT_MAX) return false;
    this.#queue.push({ bytes, address, port, done });
    this.#waitingCount += 1;
    if (this.#waitingCount === 1) void this.#sendWaiting();
    return true;
  }

  async #sendWaiting(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = this.#queue;
      this.#queue = [];
      for (const { bytes, address, port, done } of batch) {
        const hostname = this.#mapper.map(address);
        try {
          if (!this.#isClosed) await this.#raw.send(bytes, { transport: "udp", hostname, port });
        } catch {
          // Unreachable, forbidden or too long: lost.
        }
        this.#waitingCount -= 1;
        done?.();
      }
    }
  }

  async #receive(): Promise<void> {
    const buffer = new Uint8Array(DATAGRAM_SIZE_MAX);
    for (let faultCount = 0; !this.#isClosed; ) {
      try {
        const [bytes, from] = await this.#raw.receive(buffer);
        faultCount = 0;
        if (!this.#isClosed) this.#deliver(bytes, from);
      } catch (error) {
        faultCount += 1;
        if (faultCount > FAULT_COUNT_MAX) this.#fail(error);
      }
    }
  }

  /** An error of the receiver is not one of the socket: it goes where uncaught errors go. */
  #deliver(bytes: Uint8Array, from: Deno.NetAddr): void {
    try {
      this.#handler.datagram(bytes, unmapAddress(from.hostname), from.port);
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }

  #fail(error: unknown): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#raw.close();
    this.#handler.error(toError(error));
  }
}
