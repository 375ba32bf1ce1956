/**
 * Two connections as one: what comes by either goes out by the other, no faster than that takes it.
 *
 * @module
 */

import type { TcpHandler, TcpSocket } from "../../../runtime/runtime.ts";

/**
 * Takes over both sockets. The end of one is the other's, too.
 *
 * @param one May be paused, and is resumed when the other can take more.
 * @param first What goes to the other in front of all that comes.
 */
export function joinSockets(one: TcpSocket, other: TcpSocket, first: Uint8Array): void {
  const [to, from] = [new PipeEnd(one, other, [first]), new PipeEnd(other, one, [])];
  one.handler = to;
  other.handler = from;
  to.opposite = from;
  from.opposite = to;
  to.goOn();
}

class PipeEnd implements TcpHandler {
  readonly #source: TcpSocket;
  readonly #target: TcpSocket;
  opposite: PipeEnd | undefined;
  /** What the target has not taken. */
  readonly #waiting: Uint8Array[];

  constructor(source: TcpSocket, target: TcpSocket, waiting: Uint8Array[]) {
    this.#waiting = waiting;
    this.#source = source;
    this.#target = target;
  }

  data(bytes: Uint8Array): void {
    if (this.#waiting.length > 0) {
      this.#waiting.push(bytes); // It was on its way when the source was told to pause.
      return;
    }
    const taken = this.#target.write(bytes);
    if (taken === bytes.length) return;
    this.#waiting.push(bytes.subarray(taken));
    this.#source.pause();
  }

  /** The source takes more, of what comes from the target. */
  drain(): void {
    this.opposite?.goOn();
  }

  close(): void {
    this.#target.end();
  }

  goOn(): void {
    while (this.#waiting.length > 0) {
      const [first] = this.#waiting;
      if (first === undefined) return;
      const taken = this.#target.write(first);
      if (taken < first.length) {
        this.#waiting[0] = first.subarray(taken);
        return;
      }
      this.#waiting.shift();
    }
    this.#source.resume();
  }
}
