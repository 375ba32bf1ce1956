/**
 * A way to a peer by TCP, which it has opened (ICE-TCP, passive on our side).
 *
 * Spec: RFC 6544; RFC 4571 (framing).
 *
 * @module
 */

import { MalformedError } from "../../../base/errors.ts";
import type { TcpHandler, TcpSocket } from "../../../runtime/runtime.ts";
import { encodeFrame, FrameSplitter } from "./frame-splitter.ts";
import type { RtcPath } from "./rtc-path.ts";

/** What may wait for a slow peer; what does not fit is lost, as on a full path of UDP. */
const WAITING_SIZE_MAX = 512 * 1024;

export interface TcpPathHandler {
  datagram(bytes: Uint8Array, path: TcpPath): void;
  closed(path: TcpPath): void;
}

export class TcpPath implements RtcPath, TcpHandler {
  readonly protocol = "tcp";
  readonly udp = undefined;
  readonly address: string;
  readonly port: number;
  isOpen = true;
  #isOver = false;
  readonly #socket: TcpSocket;
  readonly #handler: TcpPathHandler;
  readonly #splitter: FrameSplitter;
  /** Whole frames, but for the first, of which a part may have gone. */
  #waiting: Uint8Array[] = [];
  #waitingSize = 0;

  constructor(socket: TcpSocket, handler: TcpPathHandler) {
    this.#socket = socket;
    this.#handler = handler;
    this.address = socket.remoteAddress;
    this.port = socket.remotePort;
    this.#splitter = new FrameSplitter((datagram) => {
      // One frame may end the connection, with others behind it in the same piece.
      if (this.isOpen) handler.datagram(datagram, this);
    });
    socket.setNoDelay(true);
    socket.handler = this;
  }

  send(datagram: Uint8Array): void {
    if (!this.isOpen) return;
    const frame = encodeFrame(datagram);
    if (this.#waiting.length > 0) this.#wait(frame);
    else {
      const taken = this.#socket.write(frame);
      if (taken < frame.length) this.#wait(frame.subarray(taken), taken > 0);
    }
  }

  data(bytes: Uint8Array): void {
    try {
      this.#splitter.write(bytes);
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      this.destroy();
    }
  }

  drain(): void {
    while (this.#waiting.length > 0) {
      const [first] = this.#waiting;
      if (first === undefined) return;
      const taken = this.#socket.write(first);
      this.#waitingSize -= taken;
      if (taken < first.length) {
        this.#waiting[0] = first.subarray(taken);
        return;
      }
      this.#waiting.shift();
    }
  }

  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.isOpen = false;
    this.#waiting = [];
    this.#handler.closed(this);
  }

  /** Closes it once what was sent is on its way. */
  end(): void {
    this.isOpen = false;
    this.#socket.end();
  }

  destroy(): void {
    this.isOpen = false;
    this.#socket.destroy();
  }

  /** @param isBegun A part of it has gone, so that the rest has to follow. */
  #wait(frame: Uint8Array, isBegun = false): void {
    if (!isBegun && this.#waitingSize + frame.length > WAITING_SIZE_MAX) return;
    this.#waiting.push(frame);
    this.#waitingSize += frame.length;
  }
}
