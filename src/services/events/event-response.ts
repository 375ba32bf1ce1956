/**
 * A client that is sent events over an endless HTTP response.
 *
 * @module
 */

import type { EventOutput, EventReader } from "../../live/event-source.ts";
import type { HttpRequest } from "../../protocols/http/request.ts";
import type { TcpHandler, TcpSocket } from "../../runtime/runtime.ts";

export interface EventResponseOptions {
  readonly request: HttpRequest;
  readonly nowMs: () => number;
  /** Who takes nothing for so long is disconnected. */
  readonly writeMsMax: number;
  /** Called once, when the connection is over. */
  readonly closed: (response: EventResponse) => void;
}

export class EventResponse implements EventOutput, TcpHandler {
  /** With what it was let in. */
  readonly request: HttpRequest;
  readonly startedMs: number;
  /** Bytes of the connection since it was taken over. */
  receivedSize = 0;
  sentSize = 0;
  /** Why it ends; a name. */
  endReason = "peer_closed";
  readonly #nowMs: () => number;
  readonly #writeMsMax: number;
  readonly #closed: (response: EventResponse) => void;
  #reader: EventReader | undefined;
  #socket: TcpSocket | undefined;
  /** What the socket has not taken: the rest of what was written last. */
  #waiting: Uint8Array[] = [];
  /** When the socket last took something while something waited. */
  #progressMs = 0;
  #isEnding = false;

  constructor({ request, nowMs, writeMsMax, closed }: EventResponseOptions) {
    this.request = request;
    this.startedMs = nowMs();
    this.#nowMs = nowMs;
    this.#writeMsMax = writeMsMax;
    this.#closed = closed;
  }

  /** Takes the connection over. */
  attach(socket: TcpSocket, head: Uint8Array, reader: EventReader): void {
    this.#socket = socket;
    this.#reader = reader;
    this.write(head);
  }

  /** Call every second or so. */
  sweep(nowMs: number): void {
    const isWaiting = this.#waiting.length > 0;
    if (!isWaiting || nowMs - this.#progressMs < this.#writeMsMax) {
      this.#reader?.sweep(nowMs);
      return;
    }
    this.endReason = "write_timeout";
    this.#socket?.destroy();
  }

  /** Ends it behind what has been written. */
  stop(reason: string): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.endReason = reason;
    this.#reader?.close();
    this.#flush();
  }

  // EventOutput -------------------------------------------------------------------------------------

  write(bytes: Uint8Array): boolean {
    if (this.#waiting.length === 0) this.#progressMs = this.#nowMs();
    this.#waiting.push(bytes);
    return this.#flush();
  }

  end(): void {
    this.stop("feed_ended");
  }

  // TcpHandler --------------------------------------------------------------------------------------

  data(bytes: Uint8Array): void {
    // Nothing is expected of a client; what it says is counted and dropped.
    this.receivedSize += bytes.length;
  }

  drain(): void {
    if (this.#flush() && !this.#isEnding) this.#reader?.more();
  }

  close(): void {
    this.#waiting = [];
    this.#reader?.close();
    this.#closed(this);
  }

  /** @returns Whether everything has been taken. */
  #flush(): boolean {
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      const taken = this.#socket?.write(first) ?? 0;
      if (taken > 0) this.#progressMs = this.#nowMs();
      this.sentSize += taken;
      if (taken < first.length) {
        this.#waiting[0] = first.subarray(taken);
        return false;
      }
      this.#waiting.shift();
    }
    if (this.#isEnding) this.#socket?.end();
    return true;
  }
}
