/**
 * What a connection has to send and the socket has not taken yet.
 *
 * Two kinds of bytes meet here: messages of the connection's own, which wait in a queue, and blocks
 * that many connections share, which wait with their owner. Each goes out whole before the other has
 * its turn, or the chunk stream would break.
 *
 * Of a block that has been begun the queue keeps the rest, as a view. As long as there is an owner, it
 * is the owner who goes on with it; if the owner leaves in the middle, the queue finishes the block.
 *
 * @module
 */

import type { TcpSocket } from "../../runtime/runtime.ts";

export class OutputQueue {
  readonly #socket: TcpSocket;
  readonly #sizeMax: number;
  /** Made when something first has to wait. */
  #waiting: Uint8Array[] | undefined;
  #waitingSize = 0;
  /** What the socket has not taken yet of a shared block that has been begun. */
  #rest: Uint8Array | undefined;
  /** Whether the owner of `#rest` has left. */
  #isAbandoned = false;
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

  /** True if nothing waits here; what waits with the owner of shared blocks is the owner's. */
  get isEmpty(): boolean {
    return this.#waitingSize === 0 && !this.#isAbandoned;
  }

  /** True while a shared block has been sent in part and its owner is to go on. */
  get isSharing(): boolean {
    return this.#rest !== undefined && !this.#isAbandoned;
  }

  /** Sends or queues bytes of the connection's own. @returns False if too much waits already. */
  write(bytes: Uint8Array): boolean {
    let rest = bytes;
    if (this.#waitingSize === 0 && this.#rest === undefined) {
      const taken = this.#socket.write(bytes);
      this.#sentSize += taken;
      if (taken === bytes.length) return true;
      rest = bytes.subarray(taken);
    }
    if (this.#waitingSize + rest.length > this.#sizeMax) return false;
    this.#waiting ??= [];
    this.#waiting.push(rest);
    this.#waitingSize += rest.length;
    return true;
  }

  /**
   * Sends shared bytes, which begin with the rest of what was begun, if something was.
   *
   * @returns How many were taken; 0 if it is the others' turn.
   */
  writeShared(bytes: Uint8Array): number {
    if (this.#isAbandoned || (this.#rest === undefined && this.#waitingSize > 0)) return 0;
    const taken = this.#socket.write(bytes);
    this.#sentSize += taken;
    if (taken < bytes.length) {
      if (taken > 0 || this.#rest !== undefined) this.#rest = bytes.subarray(taken);
    } else if (this.#rest !== undefined) {
      this.#rest = undefined;
      this.flush();
    }
    return taken;
  }

  /** The owner of shared blocks leaves: what it has begun is finished here, before anything else. */
  abandonShared(): void {
    if (this.#rest === undefined) return;
    this.#isAbandoned = true;
    this.flush();
  }

  /** Sends what waits here. @returns True if nothing is left. */
  flush(): boolean {
    if (this.isSharing || !this.#finishRest()) return false;
    const waiting = this.#waiting;
    if (waiting === undefined) return true;
    for (let first = waiting[0]; first !== undefined; first = waiting[0]) {
      const taken = this.#socket.write(first);
      this.#sentSize += taken;
      this.#waitingSize -= taken;
      if (taken < first.length) {
        waiting[0] = first.subarray(taken);
        return false;
      }
      waiting.shift();
    }
    return true;
  }

  #finishRest(): boolean {
    const rest = this.#rest;
    if (rest === undefined) return true;
    const taken = this.#socket.write(rest);
    this.#sentSize += taken;
    this.#rest = taken < rest.length ? rest.subarray(taken) : undefined;
    this.#isAbandoned = this.#rest !== undefined;
    return !this.#isAbandoned;
  }
}
