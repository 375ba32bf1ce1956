/**
 * A TCP or TLS connection over node:net or node:tls.
 *
 * @module
 */

import type { Socket } from "node:net";
import { ClosedError } from "../../base/errors.ts";
import { LOCAL_ADDRESS, type TcpHandler, type TcpSocket } from "../runtime.ts";
import { unmapAddress } from "./address.ts";
import { toPlainBytes } from "./plain-bytes.ts";
import { errorCode } from "./system-fault.ts";

/**
 * How long an ended connection may wait for the peer to end it too, and for what was written to be
 * sent. After that it is closed on this side and what is left is the kernel's affair.
 */
export const LINGER_MS_MAX = 30_000;

/** Until a session sets its own handler. */
export const IGNORE: TcpHandler = {
  data: () => undefined,
  drain: () => undefined,
  close: () => undefined,
};

/** Where an event of node:net finds the socket it is for, without a closure per socket and event. */
const OWNER: unique symbol = Symbol("owner");

interface OwnedSocket extends Socket {
  [OWNER]: NodeTcpSocket;
}

/** TLS is of node:tls; a local socket has neither addresses nor resets. */
export type SocketKind = "tcp" | "tls" | "local";

/** What it is to a session that its connection broke. */
export function toBreakError(cause: Error | undefined): ClosedError {
  return new ClosedError(`Connection broke: ${errorCode(cause) ?? cause?.message}`, { cause });
}

/** False if the connection broke while it was being made: nobody is to hear of it. */
export function hasPeer(raw: { readonly remoteAddress?: string | undefined }): boolean {
  return raw.remoteAddress !== undefined;
}

/**
 * Node queues whatever it is given, so the limit is drawn here: once its `write` has said that the
 * queue is above the high-water mark, nothing more is taken until the queue is empty. A connection
 * thus holds the mark (64 KiB) and one write at most.
 */
export class NodeTcpSocket implements TcpSocket {
  handler: TcpHandler;
  readonly isTls: boolean;
  // Copied, since a closed socket has forgotten them.
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  #raw: Socket;
  #canReset: boolean;
  #isDetached = false;
  /** Cleared for good by `end`, `destroy` and the peer's end. */
  #isOpen = true;
  #isBlocked = false;
  #isDrainOwed = false;
  #error: Error | undefined;

  /** @param raw A connected socket that has a peer, for TLS after its handshake. */
  constructor(raw: Socket, handler: TcpHandler, kind: SocketKind) {
    this.handler = handler;
    this.isTls = kind === "tls";
    this.#canReset = kind === "tcp";
    const isLocal = kind === "local";
    this.remoteAddress = isLocal ? LOCAL_ADDRESS : unmapAddress(raw.remoteAddress ?? "");
    this.remotePort = raw.remotePort ?? 0;
    this.localAddress = isLocal ? LOCAL_ADDRESS : unmapAddress(raw.localAddress ?? "");
    this.localPort = raw.localPort ?? 0;
    this.#raw = raw;
    (raw as OwnedSocket)[OWNER] = this;
    raw.setNoDelay(true);
    raw.on("drain", onDrain);
    raw.on("end", onEnd);
    raw.on("error", onError);
    raw.on("close", onClose);
    // Last, since it starts the flow.
    raw.on("data", onData);
  }

  write(bytes: Uint8Array): number {
    if (!this.#isOpen || bytes.length === 0) return 0;
    if (this.#isBlocked) {
      this.#isDrainOwed = true;
      return 0;
    }
    this.#isBlocked = !this.#raw.write(bytes);
    return bytes.length;
  }

  end(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#raw.end();
    this.#linger();
  }

  destroy(): void {
    this.#isOpen = false;
    if (this.#raw.destroyed || this.#isDetached) return;
    // A reset also frees what the kernel still holds for a peer that does not read.
    if (this.#canReset) this.#raw.resetAndDestroy();
    else this.#raw.destroy();
  }

  /** Lets go of the connection, for another to use: nothing more is told of it here. */
  detach(): Socket {
    const raw = this.#raw;
    this.#isOpen = false;
    this.#isDetached = true;
    raw.pause();
    raw.off("drain", onDrain);
    raw.off("end", onEnd);
    raw.off("close", onClose);
    raw.off("data", onData);
    return raw;
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

  receive(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.#isOpen) this.handler.data(toPlainBytes(bytes));
  }

  unblock(): void {
    this.#isBlocked = false;
    if (!this.#isDrainOwed || !this.#isOpen) return;
    this.#isDrainOwed = false;
    this.handler.drain();
  }

  /** The peer sends no more. Node ends this side too, once what was written has been sent. */
  peerEnded(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#linger();
  }

  fail(error: Error): void {
    if (this.#isOpen) this.#error = error;
  }

  finish(): void {
    this.#isOpen = false;
    // In a task of its own, since Deno would swallow what the handler throws in this one.
    queueMicrotask(() => this.#tellClose());
  }

  #tellClose(): void {
    const cause = this.#error;
    if (cause === undefined) this.handler.close();
    else this.handler.close(toBreakError(cause));
  }

  /** Reads on, since unread bytes would turn the close into a reset, until the peer has ended. */
  #linger(): void {
    const raw = this.#raw;
    raw.resume();
    const timer = setTimeout(() => raw.destroy(), LINGER_MS_MAX);
    timer.unref();
    raw.once("close", () => clearTimeout(timer));
  }
}

function onData(this: Socket, bytes: Buffer<ArrayBuffer>): void {
  (this as OwnedSocket)[OWNER].receive(bytes);
}

function onDrain(this: Socket): void {
  (this as OwnedSocket)[OWNER].unblock();
}

function onEnd(this: Socket): void {
  (this as OwnedSocket)[OWNER].peerEnded();
}

function onError(this: Socket, error: Error): void {
  (this as OwnedSocket)[OWNER].fail(error);
}

function onClose(this: Socket): void {
  (this as OwnedSocket)[OWNER].finish();
}
