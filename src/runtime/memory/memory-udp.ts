/**
 * UDP between sockets of the same memory.
 *
 * @module
 */

import { SystemError } from "../../base/errors.ts";
import { PooledUdpBatch } from "../node-compat/udp-batch.ts";
import type { Udp, UdpBatch, UdpHandler, UdpOptions, UdpSocket } from "../runtime.ts";

const PORT_MIN = 30_000;

const LOOPBACK = "127.0.0.1";

export interface UdpDatagram {
  readonly bytes: Uint8Array;
  readonly address: string;
  readonly port: number;
}

export class MemoryUdp implements Udp {
  readonly canSharePort = false;
  /** Decides which datagrams the network loses: none, unless the test says so. */
  isLost: (datagram: UdpDatagram) => boolean = () => false;
  #sockets = new Map<number, MemoryUdpSocket>();
  #nextPort = PORT_MIN;

  async bind(options: UdpOptions, handler: UdpHandler): Promise<UdpSocket> {
    const port = options.port === 0 ? this.#pickPort() : options.port;
    if (this.#sockets.has(port)) {
      const place = `${options.host}:${port}`;
      throw new SystemError("EADDRINUSE", `Cannot bind UDP ${place}: address already in use`);
    }
    const socket = new MemoryUdpSocket(this, { ...options, port }, handler);
    this.#sockets.set(port, socket);
    return socket;
  }

  /** Takes a datagram from the socket bound to `fromPort`. */
  carry(datagram: UdpDatagram, fromPort: number): void {
    if (this.isLost(datagram)) return;
    const bytes = datagram.bytes.slice();
    queueMicrotask(() => this.#sockets.get(datagram.port)?.receive(bytes, fromPort));
  }

  release(port: number): void {
    this.#sockets.delete(port);
  }

  #pickPort(): number {
    while (this.#sockets.has(this.#nextPort)) this.#nextPort += 1;
    return this.#nextPort++;
  }
}

class MemoryUdpSocket implements UdpSocket {
  readonly host: string;
  readonly port: number;
  #network: MemoryUdp;
  #handler: UdpHandler;
  #isClosed = false;

  constructor(network: MemoryUdp, options: UdpOptions, handler: UdpHandler) {
    this.host = options.host;
    this.port = options.port;
    this.#network = network;
    this.#handler = handler;
  }

  send(bytes: Uint8Array, address: string, port: number): void {
    if (!this.#isClosed) this.#network.carry({ bytes, address, port }, this.port);
  }

  createBatch(): UdpBatch {
    return new PooledUdpBatch((bytes, address, port) => {
      this.send(bytes, address, port);
      return false;
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#network.release(this.port);
  }

  receive(bytes: Uint8Array, fromPort: number): void {
    if (this.#isClosed) return;
    this.#handler.datagram(bytes, LOOPBACK, fromPort);
    // As on a real socket, the bytes are the receiver's during the call only.
    bytes.fill(0xee);
  }
}
