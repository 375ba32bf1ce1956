/**
 * A viewer of a live stream over an endless HTTP response.
 *
 * @module
 */

import type { TcpHandler, TcpSocket } from "../../runtime/runtime.ts";
import { LivePlayer } from "./live-player.ts";

/** @param why A clause, for people. */
export type EncodeNotFound = (why: string) => Uint8Array;

export class HttpLivePlayer extends LivePlayer implements TcpHandler {
  #socket: TcpSocket | undefined;
  /** What of the response's head has not been sent. Sent with the first data, as SRS does. */
  #head: Uint8Array | undefined;
  /** Makes the whole answer for a viewer who gets no stream. */
  #encodeNotFound: EncodeNotFound | undefined;

  /** Takes the connection over; `start` comes next. */
  attach(socket: TcpSocket, head: Uint8Array, encodeNotFound: EncodeNotFound): void {
    this.#socket = socket;
    this.#head = head;
    this.#encodeNotFound = encodeNotFound;
  }

  setNoDelay(isOn: boolean): void {
    this.#socket?.setNoDelay(isOn);
  }

  write(bytes: Uint8Array): number {
    const socket = this.#socket;
    if (socket === undefined) return 0;
    if (this.#head !== undefined && !this.#writeHead(socket, this.#head)) return 0;
    const taken = socket.write(bytes);
    this.sentSize += taken;
    return taken;
  }

  data(bytes: Uint8Array): void {
    // Nothing is expected of a viewer; what it says is counted and dropped.
    this.receivedSize += bytes.length;
  }

  close(error?: Error): void {
    this.finish(error);
  }

  protected override closeConnection(isGraceful: boolean): void {
    if (isGraceful) this.#socket?.end();
    else this.#socket?.destroy();
  }

  protected override answerNotFound(why: string): void {
    const answer = this.#encodeNotFound?.(why);
    if (answer !== undefined) this.sentSize += this.#socket?.write(answer) ?? 0;
    this.#socket?.end();
  }

  #writeHead(socket: TcpSocket, head: Uint8Array): boolean {
    const taken = socket.write(head);
    this.sentSize += taken;
    this.#head = taken === head.length ? undefined : head.subarray(taken);
    this.#encodeNotFound = undefined;
    return this.#head === undefined;
  }
}
