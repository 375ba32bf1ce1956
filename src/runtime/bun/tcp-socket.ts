/**
 * A TCP connection over a socket of `Bun.listen` or `Bun.connect`.
 *
 * Those hand each write to the kernel and tell how much it took; nothing is queued in this process,
 * and a connection costs two small objects. Bun sets TCP_NODELAY on each of them by itself.
 *
 * @module
 */

import type { Socket, SocketHandler } from "bun";
import { unmapAddress } from "../node-compat/address.ts";
import { LINGER_MS_MAX, toBreakError } from "../node-compat/tcp-socket.ts";
import { LOCAL_ADDRESS, type TcpHandler, type TcpSocket } from "../runtime.ts";

/** A socket of Bun's; it has no owner until it is open. */
export type RawSocket = Socket<BunTcpSocket | undefined>;

export class BunTcpSocket implements TcpSocket {
  handler: TcpHandler;
  readonly isTls: boolean = false;
  // Copied, since a closed socket of Bun's has forgotten them.
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  #raw: RawSocket;
  /** Cleared for good by `end`, `destroy` and the peer's end. */
  #isOpen = true;
  #isDrainOwed = false;
  #isDestroying = false;
  #lingering: ReturnType<typeof setTimeout> | undefined;

  constructor(raw: RawSocket, handler: TcpHandler, kind: "tcp" | "local" = "tcp") {
    const isLocal = kind === "local";
    this.handler = handler;
    this.remoteAddress = isLocal ? LOCAL_ADDRESS : unmapAddress(raw.remoteAddress);
    this.remotePort = isLocal ? 0 : raw.remotePort;
    this.localAddress = isLocal ? LOCAL_ADDRESS : unmapAddress(raw.localAddress);
    this.localPort = isLocal ? 0 : raw.localPort;
    this.#raw = raw;
    raw.data = this;
  }

  write(bytes: Uint8Array): number {
    if (!this.#isOpen || bytes.length === 0) return 0;
    const taken = this.#raw.write(bytes as Uint8Array<ArrayBuffer>);
    // The connection has just broken; `close` is about to follow.
    if (taken < 0) return 0;
    if (taken < bytes.length) this.#isDrainOwed = true;
    return taken;
  }

  end(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#raw.shutdown();
    this.#linger();
  }

  destroy(): void {
    this.#isOpen = false;
    if (this.#isDestroying) return;
    this.#isDestroying = true;
    // A reset, which also frees what the kernel still holds for a peer that does not read.
    this.#raw.terminate();
  }

  pause(): void {
    if (this.#isOpen) this.#raw.pause();
  }

  resume(): void {
    if (this.#isOpen) this.#raw.resume();
  }

  setNoDelay(isOn: boolean): void {
    if (this.#isOpen) this.#raw.setNoDelay(isOn);
  }

  receive(bytes: Uint8Array): void {
    if (this.#isOpen) this.handler.data(bytes);
  }

  unblock(): void {
    if (!this.#isDrainOwed || !this.#isOpen) return;
    this.#isDrainOwed = false;
    this.handler.drain();
  }

  /** The peer sends no more. Bun closes this side too, and the kernel sends what it has taken. */
  peerEnded(): void {
    this.#isOpen = false;
  }

  finish(cause: Error | undefined): void {
    const isBroken = this.#isOpen && cause !== undefined;
    this.#isOpen = false;
    clearTimeout(this.#lingering);
    // Bun closes from within its own calls; the port's `close` never comes from within `destroy`.
    if (this.#isDestroying) queueMicrotask(() => this.handler.close());
    else if (isBroken) this.handler.close(toBreakError(cause));
    else this.handler.close();
  }

  /** Reads on, since unread bytes would turn the close into a reset, until the peer has ended. */
  #linger(): void {
    const raw = this.#raw;
    raw.resume();
    this.#lingering = setTimeout(() => raw.end(), LINGER_MS_MAX);
    this.#lingering.unref();
  }
}

/** The events of every socket: one object of functions, the state is in `socket.data`. */
export const SOCKET_EVENTS: SocketHandler<BunTcpSocket | undefined> = {
  binaryType: "uint8array",
  data: (raw, bytes) => raw.data?.receive(bytes),
  drain: (raw) => raw.data?.unblock(),
  end: (raw) => raw.data?.peerEnded(),
  close: (raw, error) => raw.data?.finish(error),
  // What a handler of ours has thrown. It goes where an uncaught error goes on other runtimes.
  error: (_raw, error) =>
    queueMicrotask(() => {
      throw error;
    }),
};
