/**
 * What a socket of node:dgram has been given to send and has not sent: bounded.
 *
 * @module
 */

import type { Socket } from "node:dgram";

/**
 * Datagrams that may wait for the kernel before more are dropped: one burst of a few hundred
 * viewers. What waits longer is late anyhow.
 */
export const WAITING_COUNT_MAX = 1024;

type Done = (() => void) | undefined;

/** What is needed of a socket. */
export interface CountedSocket {
  send(bytes: Uint8Array, offset: number, length: number, port: number, address: string): void;
  getSendQueueCount(): number;
}

export interface SendQueue {
  /** Sends or drops. Returns whether the bytes are needed until `done` is called. */
  send(bytes: Uint8Array, port: number, address: string, done: Done): boolean;
}

/** Deno's node:dgram does not tell how many datagrams wait. */
export function createSendQueue(socket: Socket): SendQueue {
  const isCounted = typeof socket.getSendQueueCount === "function";
  return isCounted ? new CountedQueue(socket) : new CalledBackQueue(socket);
}

/**
 * Node gives a datagram to the kernel at once unless others wait, and does not wait for it to leave. To
 * look whether it waits costs a tenth of the callback that would tell the same in the next turn, until
 * when a burst could not be told from a kernel without room.
 */
export class CountedQueue implements SendQueue {
  #socket: CountedSocket;
  /** How many waited when last looked at. */
  #waitingCount = 0;
  /** Of those that wait, or have done so, from old to new. */
  #held: Done[] = [];

  constructor(socket: CountedSocket) {
    this.#socket = socket;
  }

  send(bytes: Uint8Array, port: number, address: string, done: Done): boolean {
    if (this.#waitingCount > 0) this.#look();
    if (this.#waitingCount >= WAITING_COUNT_MAX) return false;
    const countBefore = this.#waitingCount;
    this.#socket.send(bytes, 0, bytes.length, port, address);
    this.#waitingCount = this.#socket.getSendQueueCount();
    // Else it has left, or cannot be sent.
    const isHeld = this.#waitingCount > countBefore;
    if (isHeld) this.#held.push(done);
    return isHeld;
  }

  /** They leave in the order in which they came. */
  #look(): void {
    this.#waitingCount = this.#socket.getSendQueueCount();
    const leftCount = this.#held.length - this.#waitingCount;
    if (leftCount <= 0) return;
    for (const done of this.#held.splice(0, leftCount)) done?.();
  }
}

class CalledBackQueue implements SendQueue {
  #socket: Socket;
  #waitingCount = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  send(bytes: Uint8Array, port: number, address: string, done: Done): boolean {
    if (this.#waitingCount >= WAITING_COUNT_MAX) return false;
    this.#waitingCount += 1;
    // What could not be sent is lost without notice.
    this.#socket.send(bytes, 0, bytes.length, port, address, () => {
      this.#waitingCount -= 1;
      done?.();
    });
    return true;
  }
}
