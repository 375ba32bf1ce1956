/**
 * One request and its answer.
 *
 * @module
 */

import { toAcceptKey } from "../../codec/websocket/handshake.ts";
import type { Crypto, TcpHandler } from "../../runtime/runtime.ts";
import type { HttpContext, TakenSocket } from "./handler.ts";
import type { HttpRequest } from "./request.ts";
import type { ServerHeads } from "./server-heads.ts";
import {
  checkWebSocketRequest,
  type WebSocketAcceptOptions,
  type WebSocketHandler,
  WebSocketServerConnection,
} from "./websocket.ts";

/** What an exchange asks of its connection. */
export interface ExchangeOwner {
  readonly heads: ServerHeads;
  readonly crypto: Pick<Crypto, "hash">;
  readonly receivedSize: number;
  readonly sentSize: number;
  release(exchange: HttpExchange, handler: TcpHandler): TakenSocket;
}

export class HttpExchange implements HttpContext {
  readonly isHeadRequest: boolean;
  readonly versionMinor: 0 | 1;
  /** The connection ends behind the answer. */
  isLast: boolean;
  /** Bytes of the answer have been written, so there can be no other. */
  isAnswered = false;
  /** Stops the source of the answer's body. */
  stopBody: (() => void) | undefined;
  readonly #owner: ExchangeOwner;
  #abort: AbortController | undefined;
  #goneError: Error | undefined;

  constructor(owner: ExchangeOwner, method: string, versionMinor: 0 | 1, isLast: boolean) {
    this.#owner = owner;
    this.isHeadRequest = method === "HEAD";
    this.versionMinor = versionMinor;
    this.isLast = isLast;
  }

  get heads(): ServerHeads {
    return this.#owner.heads;
  }

  get receivedSize(): number {
    return this.#owner.receivedSize;
  }

  get sentSize(): number {
    return this.#owner.sentSize;
  }

  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      if (this.#goneError !== undefined) this.#abort.abort(this.#goneError);
    }
    return this.#abort.signal;
  }

  /** The peer is gone. */
  abort(error: Error): void {
    this.#goneError = error;
    this.#abort?.abort(error);
    this.stopBody?.();
  }

  takeOver(handler: TcpHandler): TakenSocket {
    return this.#owner.release(this, handler);
  }

  upgradeToWebSocket(
    request: HttpRequest,
    handler: WebSocketHandler,
    options: WebSocketAcceptOptions = {},
  ): WebSocketServerConnection {
    const key = checkWebSocketRequest(request);
    const { heads, crypto } = this.#owner;
    const fields: [string, string][] = [
      ["Upgrade", "websocket"],
      ["Connection", "Upgrade"],
      ["Sec-WebSocket-Accept", toAcceptKey(key, (data) => crypto.hash("sha1", data))],
    ];
    if (options.subprotocol !== undefined) {
      fields.push(["Sec-WebSocket-Protocol", options.subprotocol]);
    }
    const webSocket = new WebSocketServerConnection(handler);
    const taken = this.takeOver(webSocket);
    webSocket.open(taken.socket, heads.encode(101, fields), taken.received);
    return webSocket;
  }
}
