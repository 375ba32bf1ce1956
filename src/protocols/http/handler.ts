/**
 * What a server does with requests: the contract between a connection and whoever answers.
 *
 * @module
 */

import type { FieldList } from "../../codec/http/response-head.ts";
import type { TcpHandler, TcpSocket } from "../../runtime/runtime.ts";
import type { HttpRequest } from "./request.ts";
import type { ServerHeads } from "./server-heads.ts";
import type {
  WebSocketAcceptOptions,
  WebSocketHandler,
  WebSocketServerConnection,
} from "./websocket.ts";

/**
 * Answers a request. What it throws becomes an answer too: HttpError and RefusedError one of their
 * own, anything else a 500 and a line in the log.
 */
export type HttpHandler = (
  request: HttpRequest,
  context: HttpContext,
) => HttpAnswer | Promise<HttpAnswer>;

/** A light response, a web-standard one, or the word that there will be none from here. */
export type HttpAnswer = HttpResponse | Response | TakenOver;

/** Returned by a handler that has called `takeOver` or `upgradeToWebSocket`. */
export const TAKEN_OVER: TakenOver = { isTakenOver: true };

export interface TakenOver {
  readonly isTakenOver: true;
}

export interface HttpResponse {
  readonly status: number;
  /**
   * Without Content-Length, Transfer-Encoding, Connection, Server and Date, which the connection
   * writes. Values must be of one line. For a stream whose size is known, Content-Length may be
   * given: the body is then sent without chunks.
   */
  readonly fields?: FieldList;
  /** A stream is read no faster than the peer takes it, and cancelled when the peer leaves. */
  readonly body?: string | Uint8Array | ReadableStream<Uint8Array>;
}

/** What a handler can do besides answering. Of use until the answer has been given. */
export interface HttpContext {
  /** Encodes heads with the fields that every answer has. May be kept: it is the server's. */
  readonly heads: ServerHeads;
  /** Aborts when the peer leaves, or stalls, before the answer is complete. */
  readonly signal: AbortSignal;
  /** Bytes of this connection so far. */
  readonly receivedSize: number;
  readonly sentSize: number;
  /**
   * Hands the socket over, before any byte of an answer has been written; everything from the
   * response's head on, which may come as late as the taker likes, is then the taker's to write.
   * The connection forgets the socket and keeps nothing. The request's body, if there is one, must
   * have been read.
   *
   * @throws {ClosedError} If the peer has left meanwhile.
   */
  takeOver(handler: TcpHandler): TakenSocket;
  /**
   * Answers 101 and hands the socket over as a WebSocket.
   *
   * @throws {HttpError} If the request is no proper handshake.
   * @throws {ClosedError} If the peer has left meanwhile.
   */
  upgradeToWebSocket(
    request: HttpRequest,
    handler: WebSocketHandler,
    options?: WebSocketAcceptOptions,
  ): WebSocketServerConnection;
}

export interface TakenSocket {
  /** Already has the taker's handler. Not paused. */
  readonly socket: TcpSocket;
  /** What the peer has sent behind the request; mostly empty. */
  readonly received: Uint8Array;
}
