/**
 * What a connection has to send and the socket has not taken yet.
 *
 * Two kinds of bytes meet here: messages of the connection's own, which wait in a queue, and blocks
 * that many connections share, which wait with their owner. Each goes out whole before the other has
 * its turn, or the chunk stream would break.
 *
 * @module
 */

import type { TcpSocket } from "../../runtime/runtime.ts";

export class OutputQueue {
  readonly #socket: TcpSocket;
  readonly #sizeMax: number;
  #waiting: Uint8Array[] = [];
  #waitingSize = 0;
  #isSharing = false;
  #sentSize = 0;

  /** @param sizeMax Bytes of the connection's own that may wait. */
  constructor(socket: TcpSocket, sizeMax: number) {
    this.#socket = socket;
    this.#sizeMax = sizeMax;
  }

  /** Bytes that the socket has taken, of both kinds. */
  get sentSize(): number {
    return this.#sentSize;
  }

  get waitingSize(): number {
    return this.#waitingSize;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** True while a shared block has been sent in part. */
  get isSharing(): boolean {
    return this.#isSharing;
  }

  /** Sends or queues bytes of the connection's own. @returns False if too much waits already. */
  write(bytes: Uint8Array): boolean {
    let rest = bytes;
    if (this.#waiting.length === 0 && !this.#isSharing) {
      const taken = this.#socket.write(bytes);
      this.#sentSize += taken;
      if (taken === bytes.length) return true;
      rest = bytes.subarray(taken);
    }
    if (this.#waitingSize + rest.length > this.#sizeMax) return false;
    this.#waiting.push(rest);
    this.#waitingSize += rest.length;
    return true;
  }

  /** Sends shared bytes. @returns How many were taken; 0 if it is the others' turn. */
  writeShared(bytes: Uint8Array): number {
    if (!this.#isSharing && this.#waiting.length > 0) return 0;
    const taken = this.#socket.write(bytes);
    this.#sentSize += taken;
    if (taken < bytes.length) {
      this.#isSharing ||= taken > 0;
    } else if (this.#isSharing) {
      this.#isSharing = false;
      this.flush();
    }
    return taken;
  }

  /** Sends what waits. @returns True if nothing is left. */
  flush(): boolean {
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      const taken = this.#socket.write(first);
      this.#sentSize += taken;
      this.#waitingSize -= taken;
      if (taken < first.length) {
        this.#waiting[0] = first.subarray(taken);
        return false;
      }
      this.#waiting.shift();
    }
    return true;
  }
}
