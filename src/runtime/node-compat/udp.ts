/**
 * UDP by node:dgram.
 *
 * @module
 */

import { createSocket, type Socket } from "node:dgram";
import { isIPv6 } from "node:net";
import type { Udp, UdpDatagram, UdpHandler, UdpOptions, UdpSocket } from "../runtime.ts";
import { formatEndpoint, mapAddress, unmapAddress } from "./address.ts";
import { toPlainBytes } from "./plain-bytes.ts";
import { toSystemError } from "./system-fault.ts";

/**
 * Datagrams that may wait for the kernel before more are dropped: one burst of a few hundred
 * viewers. What waits longer is late anyhow.
 */
export const WAITING_COUNT_MAX = 1024;

export class NodeUdp implements Udp {
  async bind(options: UdpOptions, handler: UdpHandler): Promise<UdpSocket> {
    const { host, port, receiveBufferSize, sendBufferSize } = options;
    const socket = createSocket({
      type: isIPv6(host) ? "udp6" : "udp4",
      lookup: takeAddress,
      ...(receiveBufferSize === undefined ? {} : { recvBufferSize: receiveBufferSize }),
      ...(sendBufferSize === undefined ? {} : { sendBufferSize }),
    });
    try {
      await bindSocket(socket, host, port);
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
  callback(null, address, isIPv6(address) ? 6 : 4);
}

function bindSocket(socket: Socket, address: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.bind({ address, port, exclusive: true }, () => {
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
  #isIpv6: boolean;
  #isClosed = false;
  #waitingCount = 0;
  /** One for all sends. What could not be sent is lost without notice. */
  #sent = (): void => {
    this.#waitingCount -= 1;
  };

  constructor(raw: Socket, handler: UdpHandler) {
    const { address, port, family } = raw.address();
    this.host = address;
    this.port = port;
    this.#raw = raw;
    this.#handler = handler;
    this.#isIpv6 = family === "IPv6";
    raw.on("message", (bytes: Buffer<ArrayBuffer>, from) => {
      if (this.#isClosed) return;
      handler.datagram(toPlainBytes(bytes), unmapAddress(from.address), from.port);
    });
    raw.on("error", (error) => this.#fail(error));
  }

  send(bytes: Uint8Array, address: string, port: number): void {
    if (this.#isClosed || this.#waitingCount >= WAITING_COUNT_MAX) return;
    this.#waitingCount += 1;
    const target = this.#isIpv6 ? mapAddress(address) : address;
    this.#raw.send(bytes, 0, bytes.length, port, target, this.#sent);
  }

  sendBatch(datagrams: readonly UdpDatagram[]): void {
    for (const { bytes, address, port } of datagrams) this.send(bytes, address, port);
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
