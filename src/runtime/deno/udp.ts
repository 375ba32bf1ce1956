/**
 * UDP by `Deno.listenDatagram`.
 *
 * @module
 */

import { AddressMapper, formatEndpoint, unmapAddress } from "../node-compat/address.ts";
import { findDescriptors } from "../node-compat/find-descriptors.ts";
import {
  type BatchCalls,
  type BatchedSocket,
  LinuxUdpBatch,
  MSG_DONTWAIT,
} from "../node-compat/linux-udp-batch.ts";
import { SocketAddresses } from "../node-compat/socket-address.ts";
import { toError, toSystemError } from "../node-compat/system-fault.ts";
import { PooledUdpBatch } from "../node-compat/udp-batch.ts";
import type { Udp, UdpBatch, UdpHandler, UdpOptions, UdpSocket } from "../runtime.ts";
import { loadBatchCalls, loadSystemCalls, loadTuner } from "./libc.ts";

/** The largest datagram, by the 16-bit length of UDP (RFC 768). */
const DATAGRAM_SIZE_MAX = 65_535;

/**
 * Datagrams that may wait for the kernel before more are dropped: some 40 ms of all that Deno can send by
 * itself, if it does nothing else. It sends some hundred in a turn of its event loop. What waits longer is
 * late anyhow.
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
  readonly canInherit = false;
  #listenDatagram: NonNullable<typeof Deno.listenDatagram>;

  constructor(listenDatagram: NonNullable<typeof Deno.listenDatagram>, canSharePort: boolean) {
    this.canSharePort = canSharePort;
    this.#listenDatagram = listenDatagram;
  }

  async bind(options: UdpOptions, handler: UdpHandler): Promise<UdpSocket> {
    const { host, port } = options;
    const listenDatagram = this.#listenDatagram;
    const { descriptor } = options;
    try {
      if (descriptor !== undefined) await leaveBehind(descriptor);
      const others = hasSizes(options) ? await findDescriptors("udp", port) : [];
      const raw = listenDatagram({
        transport: "udp",
        hostname: host,
        port,
        reuseAddress: options.reusePort === true || descriptor !== undefined,
      });
      const found = await setBufferSizes(raw.addr.port, options);
      // Several that are new may be those of others who have bound meanwhile.
      const [fd, ...more] = found.filter((one) => !others.includes(one));
      return new DenoUdpSocket(raw, handler, more.length === 0 ? fd : undefined);
    } catch (error) {
      throw toSystemError(error, `bind UDP ${formatEndpoint(host, port)}`);
    }
  }
}

/** Lets the port be bound beside a socket that somebody else keeps open, and closes it here. */
async function leaveBehind(descriptor: number): Promise<void> {
  const tuner = await loadTuner();
  tuner.tune(descriptor, { isShared: true });
  const calls = await loadSystemCalls();
  calls.close(descriptor);
}

/** Who sends and receives much says so. */
function hasSizes({ receiveBufferSize, sendBufferSize }: UdpOptions): boolean {
  return receiveBufferSize !== undefined || sendBufferSize !== undefined;
}

/** @returns The descriptors of all sockets with that port; none if nothing is to be set. */
async function setBufferSizes(port: number, options: UdpOptions): Promise<readonly number[]> {
  if (!hasSizes(options)) return [];
  const tuner = await loadTuner();
  const found = await findDescriptors("udp", port);
  for (const fd of found) tuner.tune(fd, options);
  return found;
}

interface WaitingDatagram {
  readonly bytes: Uint8Array;
  readonly address: string;
  readonly port: number;
  /** Called once the bytes are no longer needed. */
  readonly done: (() => void) | undefined;
}

interface DirectSocket {
  readonly fd: number;
  readonly calls: BatchCalls;
  readonly addresses: SocketAddresses;
}

class DenoUdpSocket implements UdpSocket {
  readonly host: string;
  readonly port: number;
  /** Its descriptor and what can be done with it; `undefined`: Deno's own sends are all there is. */
  readonly #direct: DirectSocket | undefined;
  #raw: Deno.DatagramConn;
  #handler: UdpHandler;
  #mapper: AddressMapper;
  #isClosed = false;
  /** Settles once nothing is received any more. */
  #receiving: Promise<void>;
  /** Sent one after the other, since Deno does not keep the order of sends begun together. */
  #queue: WaitingDatagram[] = [];
  #waitingCount = 0;

  /** @param fd Its descriptor, where that is known. */
  constructor(raw: Deno.DatagramConn, handler: UdpHandler, fd: number | undefined) {
    this.host = raw.addr.hostname;
    this.port = raw.addr.port;
    this.#raw = raw;
    this.#handler = handler;
    this.#mapper = new AddressMapper(raw.addr.hostname.includes(":"));
    const calls = fd === undefined ? undefined : loadBatchCalls();
    const addresses = new SocketAddresses(this.host.includes(":"));
    this.#direct = fd === undefined || calls === undefined ? undefined : { fd, calls, addresses };
    this.#receiving = this.#receive();
  }

  send(bytes: Uint8Array, address: string, port: number): void {
    if (this.#isClosed) return;
    const to = this.#direct?.addresses.encode(address, port);
    if (to === undefined) this.#take(bytes, address, port, undefined);
    else this.#sendDirectly(bytes, to);
  }

  /** At once, as batches are, so that the order of both is kept. */
  #sendDirectly(bytes: Uint8Array, to: Uint8Array): void {
    if (this.#direct === undefined) return;
    const { fd, calls } = this.#direct;
    const send = (): number =>
      calls.libc.sendto(fd, bytes, bytes.length, MSG_DONTWAIT, to, to.length);
    // A fault is first that of an earlier datagram, to a peer that is gone: see LinuxUdpBatch.
    if (send() < 0) send();
  }

  createBatch(): UdpBatch {
    if (this.#direct === undefined) {
      return new PooledUdpBatch((bytes, address, port, done) =>
        this.#take(bytes, address, port, done),
      );
    }
    const { fd, calls } = this.#direct;
    const socket: BatchedSocket = {
      ...{ fd, isIpv6: this.host.includes(":"), isClosed: () => this.#isClosed },
      send: (bytes, address, port) => void this.#take(bytes, address, port, undefined),
    };
    return new LinuxUdpBatch(socket, calls);
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
