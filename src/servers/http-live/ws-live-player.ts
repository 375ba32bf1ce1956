/**
 * A viewer of a live stream over a WebSocket: a binary message for what the format begins with, and
 * one for each FLV tag, or for the MPEG-TS packets of each frame.
 *
 * @module
 */

import type {
  WebSocketHandler,
  WebSocketServerConnection,
} from "../../protocols/http/websocket.ts";
import { LivePlayer } from "./live-player.ts";

/** In the range for applications (RFC 6455, section 7.4.2); reads like HTTP's 404. */
const STREAM_NOT_FOUND = 4404;

export class WsLivePlayer extends LivePlayer implements WebSocketHandler {
  #connection: WebSocketServerConnection | undefined;

  /** Takes the connection over; `start` comes next. */
  attach(connection: WebSocketServerConnection): void {
    this.#connection = connection;
  }

  setNoDelay(isOn: boolean): void {
    this.#connection?.socket.setNoDelay(isOn);
  }

  write(bytes: Uint8Array): number {
    const taken = this.#connection?.write(bytes) ?? 0;
    this.sentSize += taken;
    return taken;
  }

  message(message: string | Uint8Array): void {
    // Nothing is expected of a viewer; what it says is counted and dropped.
    this.receivedSize += message.length;
  }

  close(_close: unknown, error?: Error): void {
    this.finish(error);
  }

  protected override closeConnection(isGraceful: boolean): void {
    if (isGraceful) this.#connection?.end();
    else this.#connection?.socket.destroy();
  }

  protected override answerNotFound(why: string): void {
    this.#connection?.end(STREAM_NOT_FOUND, `Cannot play: ${why}`);
  }
}
