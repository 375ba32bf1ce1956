/**
 * The client's end of a WebSocket.
 *
 * Spec: RFC 6455, sections 4.1, 5.5 and 7.
 *
 * @module
 */

import { ProtocolError } from "../../base/errors.ts";
import {
  decodeClose,
  encodeClose,
  type WebSocketClose,
  WebSocketCloseCode,
} from "../../codec/websocket/close-code.ts";
import { encodeMaskedFrame, WebSocketOpcode } from "../../codec/websocket/frame.ts";
import { FrameDecoder } from "../../codec/websocket/frame-decoder.ts";
import {
  encodeWebSocketKey,
  toAcceptKey,
  WEBSOCKET_VERSION,
} from "../../codec/websocket/handshake.ts";
import { WebSocketMalformedError } from "../../codec/websocket/websocket-malformed-error.ts";
import type { Crypto, TcpHandler, TcpSocket } from "../../runtime/runtime.ts";
import { HttpClient, type HttpClientPorts } from "./client.ts";
import type { HttpClientRequest } from "./client-request.ts";
import { SocketOutput } from "./socket-output.ts";
import { decodeWebSocketText, type WebSocketHandler } from "./websocket.ts";

export interface WebSocketClientPorts extends HttpClientPorts {
  readonly crypto: Pick<Crypto, "hash" | "randomBytes">;
}

/** The URL is of `http:` or `https:`, in place of `ws:` and `wss:`, or of those. */
export type WebSocketClientRequest = Pick<
  HttpClientRequest,
  "url" | "fields" | "timeoutMs" | "redirectsMax" | "tls"
>;

/** A key frame of several megabytes as one message. */
const MESSAGE_SIZE_MAX = 16 * 1024 * 1024;
const TEXT_ENCODER = new TextEncoder();

/**
 * Opens a WebSocket.
 *
 * @throws {ProtocolError} If the server answers with something else; or as `HttpClient` fails.
 */
export function connectWebSocket(
  ports: WebSocketClientPorts,
  request: WebSocketClientRequest,
  handler: WebSocketHandler,
): Promise<WebSocketClientConnection> {
  const key = encodeWebSocketKey(ports.crypto.randomBytes(16));
  const accept = toAcceptKey(key, (data) => ports.crypto.hash("sha1", data));
  return new Promise((resolve, reject) => {
    const exchange = new HttpClient(ports).request(
      {
        ...request,
        url: request.url.replace(/^ws/i, "http"),
        fields: [
          ...(request.fields ?? []),
          ["Upgrade", "websocket"],
          ["Sec-WebSocket-Version", WEBSOCKET_VERSION],
          ["Sec-WebSocket-Key", key],
        ],
      },
      {
        head: ({ status }) => {
          exchange.abort();
          reject(new ProtocolError(`Cannot open WebSocket: the server answered ${status}`));
        },
        data: () => undefined,
        end: () => undefined,
        fail: reject,
        upgrade: (head, socket, received) => {
          if (head.fields.get("sec-websocket-accept") !== accept) {
            socket.destroy();
            reject(new ProtocolError("Cannot open WebSocket: the server's key is wrong"));
            return;
          }
          const connection = new WebSocketClientConnection(socket, handler, ports.crypto);
          resolve(connection);
          connection.start(received);
        },
      },
    );
  });
}

export class WebSocketClientConnection implements TcpHandler {
  readonly socket: TcpSocket;
  readonly #handler: WebSocketHandler;
  readonly #crypto: Pick<Crypto, "randomBytes">;
  readonly #output: SocketOutput;
  readonly #decoder: FrameDecoder = new FrameDecoder({
    isMasked: false,
    messageSizeMax: MESSAGE_SIZE_MAX,
  });
  /** What came together with the handshake. */
  #early: Uint8Array | undefined;
  #serverClose: WebSocketClose | undefined;
  #failure: Error | undefined;
  #isEnding = false;

  constructor(socket: TcpSocket, handler: WebSocketHandler, crypto: Pick<Crypto, "randomBytes">) {
    this.socket = socket;
    this.#handler = handler;
    this.#crypto = crypto;
    this.#output = new SocketOutput(socket);
    socket.handler = this;
  }

  /** Takes what came behind the handshake: when the caller knows this connection, or there is more. */
  start(received: Uint8Array): void {
    if (received.length === 0) return;
    this.#early = received;
    queueMicrotask(() => this.#readEarly());
  }

  /** Sends a message; false if earlier ones still wait for room, after which `drain` follows. */
  send(message: string | Uint8Array): boolean {
    if (this.#isEnding || this.#output.isBlocked) return false;
    if (typeof message === "string") {
      this.#send(WebSocketOpcode.Text, TEXT_ENCODER.encode(message));
    } else this.#send(WebSocketOpcode.Binary, message);
    return true;
  }

  /** Begins the closing handshake; the server ends the connection. */
  end(code: number = WebSocketCloseCode.NormalClosure, reason = ""): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#send(WebSocketOpcode.Close, encodeClose(code, reason));
  }

  data(bytes: Uint8Array): void {
    this.#readEarly();
    this.#read(bytes);
  }

  drain(): void {
    this.#output.drain();
    if (!this.#output.isBlocked && !this.#isEnding) this.#handler.drain();
  }

  close(error?: Error): void {
    const close = this.#serverClose ?? { code: WebSocketCloseCode.AbnormalClosure, reason: "" };
    this.#output.close();
    this.#handler.close(close, error ?? this.#failure);
  }

  #readEarly(): void {
    const early = this.#early;
    this.#early = undefined;
    if (early !== undefined) this.#read(early);
  }

  #read(bytes: Uint8Array): void {
    if (this.#serverClose !== undefined || this.#failure !== undefined) return;
    try {
      this.#decoder.decode(bytes, (opcode, payload) => this.#receive(opcode, payload));
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error(String(error));
      const isMalformed = error instanceof WebSocketMalformedError;
      this.end(isMalformed ? error.closeCode : WebSocketCloseCode.InternalError);
      this.socket.end();
    }
  }

  #receive(opcode: WebSocketOpcode, payload: Uint8Array): void {
    if (this.#serverClose !== undefined) return;
    switch (opcode) {
      case WebSocketOpcode.Text:
        this.#handler.message(decodeWebSocketText(payload));
        break;
      case WebSocketOpcode.Binary:
        this.#handler.message(payload);
        break;
      case WebSocketOpcode.Ping:
        // While earlier frames wait, a pong would only queue behind them, one for each ping.
        if (!this.#output.isBlocked && !this.#isEnding) this.#send(WebSocketOpcode.Pong, payload);
        break;
      case WebSocketOpcode.Close:
        this.#serverClose = decodeClose(payload);
        this.end();
        this.socket.end();
        break;
      default:
        break; // A pong answers nothing that was asked here.
    }
  }

  #send(opcode: WebSocketOpcode, payload: Uint8Array): void {
    this.#output.write(encodeMaskedFrame(opcode, payload, this.#crypto.randomBytes(4)));
  }
}
