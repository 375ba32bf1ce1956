/**
 * UDP by node:dgram.
 *
 * @module
 */

import { type BindOptions, createSocket, type Socket } from "node:dgram";
import { isIPv6 } from "node:net";
import type { Udp, UdpBatch, UdpHandler, UdpOptions, UdpSocket } from "../runtime.ts";
import { AddressMapper, formatEndpoint, unmapAddress } from "./address.ts";
import { toPlainBytes } from "./plain-bytes.ts";
import { toSystemError } from "./system-fault.ts";
import { PooledUdpBatch } from "./udp-batch.ts";
import { createSendQueue, type SendQueue } from "./udp-send-queue.ts";

export class NodeUdp implements Udp {
  readonly canSharePort: boolean;
  readonly canInherit = true;

  constructor(canSharePort: boolean) {
    this.canSharePort = canSharePort;
  }

  async bind(options: UdpOptions, handler: UdpHandler): Promise<UdpSocket> {
    const { host, port, receiveBufferSize, sendBufferSize, descriptor } = options;
    const socket = createSocket({
      type: isIPv6(host) ? "udp6" : "udp4",
      lookup: takeAddress,
      ...(options.reusePort === true ? { reusePort: true } : {}),
      ...(receiveBufferSize === undefined ? {} : { recvBufferSize: receiveBufferSize }),
      ...(sendBufferSize === undefined ? {} : { sendBufferSize }),
    });
    try {
      await bindSocket(
        socket,
        descriptor === undefined ? { address: host, port } : { fd: descriptor },
      );
    } catch (error) {
      socket.close();
      throw toSystemError(error, `bind UDP ${formatEndpoint(host, port)}`);
    }
    return new NodeUdpSocket(socket, handler);
  }
}

/** Only addresses are sent to: nothing needs looking up. */
function takeAddress(
  address: string,
  _options: unknown,
  callback: (error: null, address: string, family: number) => void,
): void {
  callback(null, address, address.includes(":") ? 6 : 4);
}

function bindSocket(socket: Socket, place: BindOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.bind({ ...place, exclusive: true }, () => {
      socket.off("error", reject);
      resolve();
    });
  });
}

class NodeUdpSocket implements UdpSocket {
  readonly host: string;
  readonly port: number;
  #raw: Socket;
  #handler: UdpHandler;
  #mapper: AddressMapper;
  #isClosed = false;
  #queue: SendQueue;

  constructor(raw: Socket, handler: UdpHandler) {
    const { address, port, family } = raw.address();
    this.host = address;
    this.port = port;
    this.#raw = raw;
    this.#handler = handler;
    this.#mapper = new AddressMapper(family === "IPv6");
    this.#queue = createSendQueue(raw);
    raw.on("message", (bytes: Buffer<ArrayBuffer>, from) => {
      if (this.#isClosed) return;
      handler.datagram(toPlainBytes(bytes), unmapAddress(from.address), from.port);
    });
    raw.on("error", (error) => this.#fail(error));
  }

  send(bytes: Uint8Array, address: string, port: number): void {
    this.#take(bytes, address, port, undefined);
  }

  createBatch(): UdpBatch {
    return new PooledUdpBatch((bytes, address, port, done) =>
      this.#take(bytes, address, port, done),
    );
  }

  /** Returns whether the bytes are needed until `done` is called. */
  #take(bytes: Uint8Array, address: string, port: number, done: (() => void) | undefined): boolean {
    if (this.#isClosed) return false;
    return this.#queue.send(bytes, port, this.#mapper.map(address), done);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await new Promise<void>((resolve) => this.#raw.close(resolve));
  }

  #fail(error: Error): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#raw.close();
    this.#handler.error(error);
  }
}
