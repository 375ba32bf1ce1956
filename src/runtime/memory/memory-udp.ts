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
  /** Not, unless the test says so. */
  canSharePort = false;
  canInherit = true;
  /** Sockets that were taken by descriptor. */
  readonly descriptors: number[] = [];
  /** Decides which of the sockets that share a port gets a datagram: the one that was bound last. */
  choose: (fromPort: number, count: number) => number = (_fromPort, count) => count - 1;
  /** Decides which datagrams the network loses: none, unless the test says so. */
  isLost: (datagram: UdpDatagram) => boolean = () => false;
  #sockets = new Map<number, MemoryUdpSocket[]>();
  #nextPort = PORT_MIN;

  async bind(options: UdpOptions, handler: UdpHandler): Promise<UdpSocket> {
    const port = options.port === 0 ? this.#pickPort() : options.port;
    if (options.descriptor !== undefined) this.descriptors.push(options.descriptor);
    const others = this.#sockets.get(port) ?? [];
    const mayShare = this.canSharePort && options.reusePort === true;
    if (others.length > 0 && !(mayShare && others.every(({ isShared }) => isShared))) {
      const place = `${options.host}:${port}`;
      throw new SystemError("EADDRINUSE", `Cannot bind UDP ${place}: address already in use`);
    }
    const socket = new MemoryUdpSocket(this, { ...options, port }, handler);
    this.#sockets.set(port, [...others, socket]);
    return socket;
  }

  /** Breaks what is bound to the port, as the system does. */
  break(port: number, error: Error): void {
    for (const socket of this.#sockets.get(port) ?? []) socket.break(error);
  }

  /** Takes a datagram from the socket bound to `fromPort`. */
  carry(datagram: UdpDatagram, fromPort: number): void {
    if (this.isLost(datagram)) return;
    const bytes = datagram.bytes.slice();
    queueMicrotask(() => {
      const sockets = this.#sockets.get(datagram.port) ?? [];
      const index = sockets.length > 1 ? this.choose(fromPort, sockets.length) : 0;
      sockets[index]?.receive(bytes, fromPort);
    });
  }

  release(socket: MemoryUdpSocket): void {
    const left = this.#sockets.get(socket.port)?.filter((one) => one !== socket) ?? [];
    if (left.length > 0) this.#sockets.set(socket.port, left);
    else this.#sockets.delete(socket.port);
  }

  #pickPort(): number {
    while (this.#sockets.has(this.#nextPort)) this.#nextPort += 1;
    return this.#nextPort++;
  }
}

class MemoryUdpSocket implements UdpSocket {
  readonly host: string;
  readonly port: number;
  readonly isShared: boolean;
  #network: MemoryUdp;
  #handler: UdpHandler;
  #isClosed = false;

  constructor(network: MemoryUdp, options: UdpOptions, handler: UdpHandler) {
    this.host = options.host;
    this.port = options.port;
    this.isShared = options.reusePort === true;
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
    this.#network.release(this);
  }

  break(error: Error): void {
    void this.close();
    this.#handler.error(error);
  }

  receive(bytes: Uint8Array, fromPort: number): void {
    if (this.#isClosed) return;
    this.#handler.datagram(bytes, LOOPBACK, fromPort);
    // As on a real socket, the bytes are the receiver's during the call only.
    bytes.fill(0xee);
  }
}
