/**
 * A client's connection that another worker has accepted, and hands on over a local socket.
 *
 * @module
 */

import type { TcpHandler, TcpSocket } from "../../../runtime/runtime.ts";

export class HandedSocket implements TcpSocket {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly isTls = false;
  readonly #socket: TcpSocket;

  /** @param remoteAddress The client's. */
  constructor(socket: TcpSocket, remoteAddress: string, remotePort: number) {
    this.#socket = socket;
    this.remoteAddress = remoteAddress;
    this.remotePort = remotePort;
  }

  get localAddress(): string {
    return this.#socket.localAddress;
  }

  get localPort(): number {
    return this.#socket.localPort;
  }

  get handler(): TcpHandler {
    return this.#socket.handler;
  }

  set handler(handler: TcpHandler) {
    this.#socket.handler = handler;
  }

  write(bytes: Uint8Array): number {
    return this.#socket.write(bytes);
  }

  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  setNoDelay(): void {
    // A local socket has no delay.
  }
}
