/**
 * What is to be written to a socket and has not been taken yet.
 *
 * @module
 */

import { ClosedError } from "../../base/errors.ts";
import type { TcpSocket } from "../../runtime/runtime.ts";

export class SocketOutput {
  /** Bytes that the socket has taken. */
  sentSize = 0;
  readonly #socket: TcpSocket;
  #waiting: Uint8Array[] = [];
  #isClosed = false;
  #wake: (() => void) | undefined;

  constructor(socket: TcpSocket) {
    this.#socket = socket;
  }

  /** Something waits for room in the socket. */
  get isBlocked(): boolean {
    return this.#waiting.length > 0;
  }

  /** Writes, or keeps what the socket does not take. */
  write(bytes: Uint8Array): void {
    if (this.#isClosed) return;
    if (this.#waiting.length > 0) this.#waiting.push(bytes);
    else this.#offer(bytes);
  }

  /** The socket has room again. */
  drain(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const bytes of waiting) this.write(bytes);
    if (this.#waiting.length === 0) this.#notify();
  }

  /** Forgets what waits: the socket is gone. */
  close(): void {
    this.#isClosed = true;
    this.#waiting = [];
    this.#notify();
  }

  /** Resolves when nothing waits. @throws {ClosedError} If the socket is gone. */
  async whenDrained(): Promise<void> {
    if (this.isBlocked) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#isClosed) throw new ClosedError("Cannot send: connection closed");
  }

  #offer(bytes: Uint8Array): void {
    const taken = this.#socket.write(bytes);
    this.sentSize += taken;
    if (taken < bytes.length) this.#waiting.push(taken === 0 ? bytes : bytes.subarray(taken));
  }

  #notify(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}
