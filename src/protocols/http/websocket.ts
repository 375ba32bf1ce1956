/**
 * The server's end of a WebSocket: the handshake's answer, control frames, the closing handshake.
 * What is sent is the owner's affair: it writes frames as to a bare socket, so that one encoded
 * block serves thousands of viewers.
 *
 * Spec: RFC 6455, sections 4.2, 5.5 and 7.
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import {
  decodeClose,
  encodeClose,
  type WebSocketClose,
  WebSocketCloseCode,
} from "../../codec/websocket/close-code.ts";
import { encodeFrame, WebSocketOpcode } from "../../codec/websocket/frame.ts";
import { FrameDecoder } from "../../codec/websocket/frame-decoder.ts";
import { isWebSocketKey, WEBSOCKET_VERSION } from "../../codec/websocket/handshake.ts";
import { WebSocketMalformedError } from "../../codec/websocket/websocket-malformed-error.ts";
import type { TcpHandler, TcpSocket } from "../../runtime/runtime.ts";
import { HttpError } from "./http-error.ts";
import type { HttpRequest } from "./request.ts";

/** Viewers send commands of some bytes, if anything at all. */
const MESSAGE_SIZE_MAX = 64 * 1024;
const TEXT_ENCODER = new TextEncoder();
const TEXT_DECODER = new TextDecoder("utf-8", { fatal: true });

/** What happens on a WebSocket. After `close` nothing more is called. */
export interface WebSocketHandler {
  /** A whole message: text as a string. */
  message(message: string | Uint8Array): void;
  /** After a `write` that took less than all: there is room again. */
  drain(): void;
  /** The connection is over. Without a close frame from the peer, `code` is 1006. */
  close(close: WebSocketClose, error?: Error): void;
}

export interface WebSocketAcceptOptions {
  /** One of those that the client offered. */
  readonly subprotocol?: string;
}

/** The key of a proper handshake. @throws {HttpError} 400, 405 or 426 if it is none. */
export function checkWebSocketRequest(request: HttpRequest): string {
  const { headers } = request;
  if (request.method !== "GET") {
    throw new HttpError(405, "Cannot open WebSocket: the method is not GET", [["Allow", "GET"]]);
  }
  if (!isWebSocketRequest(request)) {
    throw new HttpError(426, "Cannot open WebSocket: the request does not ask for it", [
      ["Upgrade", "websocket"],
      ["Connection", "Upgrade"],
    ]);
  }
  if (headers.get("sec-websocket-version") !== WEBSOCKET_VERSION) {
    throw new HttpError(426, "Cannot open WebSocket: unknown version", [
      ["Sec-WebSocket-Version", WEBSOCKET_VERSION],
    ]);
  }
  const key = headers.get("sec-websocket-key") ?? "";
  if (request.versionMinor === 0 || !isWebSocketKey(key)) {
    throw new HttpError(400, "Cannot open WebSocket: the handshake is malformed");
  }
  return key;
}

/** Whether the request asks for a WebSocket, properly or not. */
export function isWebSocketRequest(request: HttpRequest): boolean {
  const { headers } = request;
  return headers.hasToken("upgrade", "websocket") && headers.hasToken("connection", "upgrade");
}

export class WebSocketServerConnection implements TcpHandler {
  readonly #handler: WebSocketHandler;
  #socket: TcpSocket | undefined;
  #decoder: FrameDecoder | undefined;
  /** What came together with the handshake. */
  #early: Uint8Array | undefined;
  /** Frames of our own that wait for the owner's frame to be complete. */
  #pong: Uint8Array | undefined;
  #close: Uint8Array | undefined;
  /** The close frame has been handed to the socket, at least in part. */
  #isClosing = false;
  /** The owner's last frame was taken in part. */
  #isBlocked = false;
  /** The rest of a frame of our own that the socket took in part. */
  #rest: Uint8Array | undefined;
  /** What the peer's close frame said. */
  #peerClose: WebSocketClose | undefined;
  #failure: Error | undefined;

  constructor(handler: WebSocketHandler) {
    this.#handler = handler;
  }

  /** Takes over a socket whose peer has asked for a WebSocket, and says yes. */
  open(socket: TcpSocket, head: Uint8Array, received: Uint8Array): void {
    this.#socket = socket;
    this.#offer(head);
    if (received.length === 0) return;
    // Looked at when the caller knows this connection, or when there is more.
    this.#early = received;
    queueMicrotask(() => this.#readEarly());
  }

  /** For its addresses and for `destroy`; to write goes by `write`. */
  get socket(): TcpSocket {
    assert(this.#socket !== undefined, "a WebSocket is used after it has been opened");
    return this.#socket;
  }

  /**
   * Sends whole frames, as `TcpSocket.write` does: `bytes` must end where a frame ends, and what
   * was not taken must be written, wholly, before anything else.
   */
  write(bytes: Uint8Array): number {
    const isBetweenFrames = !this.#isBlocked;
    if (isBetweenFrames && (this.#rest !== undefined || this.#close !== undefined)) return 0;
    const taken = this.socket.write(bytes);
    this.#isBlocked = taken < bytes.length;
    if (!this.#isBlocked) this.#sendOwn();
    return taken;
  }

  /** Sends a message of its own frame; false, and nothing sent, unless all before it was taken. */
  send(message: string | Uint8Array): boolean {
    if (this.#isBlocked || this.#rest !== undefined || this.#close !== undefined) return false;
    const isText = typeof message === "string";
    const payload = isText ? TEXT_ENCODER.encode(message) : message;
    this.#offer(encodeFrame(isText ? WebSocketOpcode.Text : WebSocketOpcode.Binary, payload));
    return true;
  }

  /** Sends a close frame, and closes; in the middle of a frame closes at once. */
  end(code: number = WebSocketCloseCode.NormalClosure, reason = ""): void {
    if (this.#isBlocked) this.socket.destroy();
    else this.#startClose(code, reason);
  }

  // TcpHandler ------------------------------------------------------------------------------------

  data(bytes: Uint8Array): void {
    this.#readEarly();
    this.#read(bytes);
  }

  drain(): void {
    if (this.#rest !== undefined) this.#sendOwn();
    if (this.#rest === undefined) this.#handler.drain();
  }

  close(error?: Error): void {
    const close = this.#peerClose ?? { code: WebSocketCloseCode.AbnormalClosure, reason: "" };
    this.#handler.close(close, error ?? this.#failure);
  }

  #readEarly(): void {
    const early = this.#early;
    this.#early = undefined;
    if (early !== undefined) this.#read(early);
  }

  #read(bytes: Uint8Array): void {
    if (this.#close !== undefined) return;
    this.#decoder ??= new FrameDecoder({ isMasked: true, messageSizeMax: MESSAGE_SIZE_MAX });
    try {
      this.#decoder.decode(bytes, (opcode, payload) => this.#receive(opcode, payload));
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error(String(error));
      if (error instanceof WebSocketMalformedError)
        this.#startClose(error.closeCode, error.message);
      else this.#startClose(WebSocketCloseCode.InternalError, "");
    }
  }

  #receive(opcode: WebSocketOpcode, payload: Uint8Array): void {
    if (this.#close !== undefined) return;
    switch (opcode) {
      case WebSocketOpcode.Text:
        this.#handler.message(decodeWebSocketText(payload));
        break;
      case WebSocketOpcode.Binary:
        this.#handler.message(payload);
        break;
      case WebSocketOpcode.Ping:
        // Of several pings it is enough to answer the last (section 5.5.3), so a flood keeps nothing.
        this.#pong = encodeFrame(WebSocketOpcode.Pong, payload);
        if (!this.#isBlocked) this.#sendOwn();
        break;
      case WebSocketOpcode.Close:
        this.#peerClose = decodeClose(payload);
        this.#answerClose(this.#peerClose.code);
        break;
      default:
        break; // A pong answers nothing that was asked here.
    }
  }

  #answerClose(code: number): void {
    const isCodeless = code === WebSocketCloseCode.NoStatusReceived;
    this.#startClose(isCodeless ? WebSocketCloseCode.NormalClosure : code, "");
  }

  #startClose(code: number, reason: string): void {
    if (this.#close !== undefined) return;
    this.#close = encodeFrame(WebSocketOpcode.Close, encodeClose(code, reason));
    if (!this.#isBlocked) this.#sendOwn();
  }

  /** Sends the frames of our own. Only between two of the owner's. */
  #sendOwn(): void {
    if (this.#rest !== undefined && !this.#offer(this.#rest)) return;
    if (this.#isClosing) {
      this.socket.end();
      return;
    }
    const pong = this.#pong;
    this.#pong = undefined;
    if (pong !== undefined && !this.#offer(pong)) return;
    if (this.#close === undefined) return;
    this.#isClosing = true;
    if (this.#offer(this.#close)) this.socket.end();
  }

  #offer(frame: Uint8Array): boolean {
    const taken = this.socket.write(frame);
    this.#rest = taken === frame.length ? undefined : frame.subarray(taken);
    return this.#rest === undefined;
  }
}

/** @throws {WebSocketMalformedError} If it is not UTF-8. */
export function decodeWebSocketText(payload: Uint8Array): string {
  try {
    return TEXT_DECODER.decode(payload);
  } catch (cause) {
    throw invalidText(cause);
  }
}

function invalidText(cause: unknown): WebSocketMalformedError {
  const message = "Cannot decode message: its text is not UTF-8";
  return new WebSocketMalformedError(WebSocketCloseCode.InvalidPayload, message, 0, { cause });
}
