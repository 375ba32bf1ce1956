/**
 * A conversation of two workers about datagrams, see handed-datagram.ts: what is said within a moment
 * goes out together. What the other does not take in time is lost, as on any way of datagrams.
 *
 * @module
 */

import type { Clock, Timer } from "../../../base/clock.ts";
import { MalformedError } from "../../../base/errors.ts";
import type { TcpHandler, TcpSocket } from "../../../runtime/runtime.ts";
import {
  type Handed,
  HandedReader,
  type HandedReceiver,
  handedSize,
  isHandable,
  writeHanded,
} from "./handed-datagram.ts";

/** What waits to be taken: a key frame of some large streams. */
const WAITING_SIZE_MAX = 1024 * 1024;
/** Memory is taken in such pieces; what lies in them is never changed. */
const PIECE_SIZE = 64 * 1024;

const EMPTY = new Uint8Array();

export interface DatagramLinkHandler extends HandedReceiver {
  closed(): void;
}

export class DatagramLink implements TcpHandler {
  readonly #clock: Pick<Clock, "setTimer">;
  readonly #handler: DatagramLinkHandler;
  readonly #reader: HandedReader;
  #socket: TcpSocket | undefined;
  #isClosed = false;
  #isFull = false;
  #timer: Timer | undefined;
  /** What the socket has not taken, in order, without the piece that is being written. */
  #waiting: Uint8Array[] = [];
  #waitingSize = 0;
  #piece: Uint8Array = EMPTY;
  /** Of the piece: what has been handed to the socket or to `#waiting`, and what has been written. */
  #sentEnd = 0;
  #writtenEnd = 0;

  constructor(clock: Pick<Clock, "setTimer">, handler: DatagramLinkHandler) {
    this.#clock = clock;
    this.#handler = handler;
    this.#reader = new HandedReader(handler);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Sends from now on what has been said. @param head What goes first, if anything. */
  attach(socket: TcpSocket, head: Uint8Array = EMPTY): void {
    if (this.#isClosed) {
      socket.destroy();
      return;
    }
    this.#socket = socket;
    if (head.length > 0) {
      this.#waiting.unshift(head);
      this.#waitingSize += head.length;
    }
    this.#flush();
  }

  say(handed: Handed): void {
    if (this.#isClosed || !isHandable(handed)) return;
    const size = handedSize(handed);
    const waiting = this.#waitingSize + this.#writtenEnd - this.#sentEnd;
    if (waiting + size > WAITING_SIZE_MAX) return;
    if (this.#writtenEnd + size > this.#piece.length) {
      this.#closePiece();
      this.#piece = new Uint8Array(Math.max(PIECE_SIZE, size));
    }
    this.#writtenEnd = writeHanded(this.#piece, this.#writtenEnd, handed);
    this.#timer ??= this.#clock.setTimer(0, () => this.#flush());
  }

  destroy(): void {
    this.#socket?.destroy();
    this.close();
  }

  // TcpHandler --------------------------------------------------------------------------------------

  data(bytes: Uint8Array): void {
    try {
      this.#reader.read(bytes);
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      this.destroy();
    }
  }

  drain(): void {
    this.#isFull = false;
    this.#flush();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#waiting = [];
    this.#handler.closed();
  }

  // -------------------------------------------------------------------------------------------------

  #queueWritten(): void {
    if (this.#writtenEnd === this.#sentEnd) return;
    const written = this.#piece.subarray(this.#sentEnd, this.#writtenEnd);
    this.#sentEnd = this.#writtenEnd;
    this.#waiting.push(written);
    this.#waitingSize += written.length;
  }

  #closePiece(): void {
    this.#queueWritten();
    this.#sentEnd = 0;
    this.#writtenEnd = 0;
    this.#piece = EMPTY;
  }

  #flush(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const socket = this.#socket;
    if (socket === undefined || this.#isClosed || this.#isFull) return;
    this.#queueWritten();
    while (this.#waiting.length > 0) {
      const [first] = this.#waiting;
      if (first === undefined) return;
      const taken = socket.write(first);
      this.#waitingSize -= taken;
      if (taken < first.length) {
        this.#waiting[0] = first.subarray(taken);
        this.#isFull = true;
        return;
      }
      this.#waiting.shift();
    }
  }
}
