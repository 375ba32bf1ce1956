/**
 * One client's connection to an HTTP/1.1 server: requests in, answers out, one after the other, until
 * one side has enough or a handler takes the socket over.
 *
 * Spec: RFC 9112, sections 9.3 (persistence, pipelining) and 9.6 (closing); RFC 9110, section 10.1.1
 * (Expect).
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import { ClosedError } from "../../base/errors.ts";
import { HttpMalformedError } from "../../codec/http/http-malformed-error.ts";
import { type RequestHead, RequestHeadReader } from "../../codec/http/request-head.ts";
import type { Crypto, TcpHandler, TcpSocket } from "../../runtime/runtime.ts";
import { type ExchangeOwner, HttpExchange } from "./exchange.ts";
import type { HttpAnswer, TakenSocket } from "./handler.ts";
import { createErrorResponse, HttpError, toErrorResponse } from "./http-error.ts";
import { InputQueue } from "./input-queue.ts";
import { RateWatch } from "./rate-watch.ts";
import { HttpRequest } from "./request.ts";
import { RequestBody } from "./request-body.ts";
import { dropResponse, sendResponse } from "./response-sender.ts";
import type { ServerHeads } from "./server-heads.ts";
import type { HttpServerSettings } from "./server-settings.ts";
import { SocketOutput } from "./socket-output.ts";

/** Requests sent ahead that wait for an answer in progress; past it the peer is held back. */
const BACKLOG_SIZE_MAX = 64 * 1024;
/** What is left of an unread body is read and dropped to keep the connection, if it is no more. */
const DROPPED_SIZE_MAX = 64 * 1024;

const CONTINUE = new TextEncoder().encode("HTTP/1.1 100 Continue\r\n\r\n");

/**
 * - `reading`: waits for a request's head, behind the rest of a body that nobody read.
 * - `answering`: a handler works, or its answer is being sent.
 * - `lingering`: the last answer has been sent to a peer that may still be sending.
 * - `ending`: closed from this side; the rest is up to the peer.
 * - `over`: closed, or taken over.
 */
type Phase = "reading" | "answering" | "lingering" | "ending" | "over";

/** A request that is on its way when the server closes is there within a round trip. */
const LAST_REQUEST_MS_MAX = 1_000;

export class HttpServerConnection implements TcpHandler, ExchangeOwner {
  receivedSize = 0;
  readonly #socket: TcpSocket;
  readonly #settings: HttpServerSettings;
  readonly #released: (connection: HttpServerConnection) => void;
  readonly #output: SocketOutput;
  readonly #reader: RequestHeadReader = new RequestHeadReader();
  readonly #input: InputQueue = new InputQueue();
  #phase: Phase = "reading";
  #exchange: HttpExchange | undefined;
  #body: RequestBody | undefined;
  /** The peer waits for a word that it may send the body. */
  #isContinueAwaited = false;
  /** Where a request would start is unknown: nothing more is read. */
  #isInputBroken = false;
  #isPumping = false;
  #isPaused = false;
  /** The next answer is the last. */
  #isEnding = false;
  #hasAsked = false;
  /** When the phase ends for want of progress; `answering` has its own watches. */
  #deadlineMs = 0;
  #bodyWatch: RateWatch | undefined;
  #writeWatch: RateWatch | undefined;

  /** @param released Called once, when the connection is closed or taken over. */
  constructor(
    socket: TcpSocket,
    settings: HttpServerSettings,
    released: (connection: HttpServerConnection) => void,
  ) {
    this.#socket = socket;
    this.#settings = settings;
    this.#released = released;
    this.#output = new SocketOutput(socket);
    this.#setDeadline(settings.limits.headMs);
    socket.handler = this;
  }

  get sentSize(): number {
    return this.#output.sentSize;
  }

  get remoteAddress(): string {
    return this.#socket.remoteAddress;
  }

  get heads(): ServerHeads {
    return this.#settings.heads;
  }

  get crypto(): Pick<Crypto, "hash"> {
    return this.#settings.crypto;
  }

  /**
   * Ends the connection as soon as the answer in progress, if there is one, has been sent. Who has just
   * come, or is about to ask, is answered once.
   */
  end(): void {
    this.#isEnding = true;
    if (this.#exchange !== undefined) this.#exchange.isLast = true;
    else if (this.#phase !== "reading") return;
    else if (this.#hasAsked && !this.#reader.isStarted) this.#end();
    else this.#setDeadline(Math.min(LAST_REQUEST_MS_MAX, this.#settings.limits.headMs));
  }

  /** Ends the connection at once. */
  destroy(): void {
    if (this.#phase !== "over") this.#socket.destroy();
  }

  /** Ends the connection if the peer takes too long. Called by the server about once a second. */
  checkDeadline(nowMs: number): void {
    if (this.#phase === "over") return;
    if (this.#phase !== "answering" && nowMs >= this.#deadlineMs) this.#endLate();
    else if (this.#isBodyTooSlow(nowMs)) this.#endSlowBody();
    else if (this.#isPeerTooSlow(nowMs)) this.#socket.destroy();
  }

  // TcpHandler ------------------------------------------------------------------------------------

  data(bytes: Uint8Array): void {
    this.receivedSize += bytes.length;
    const isWanted = this.#phase === "reading" || this.#phase === "answering";
    if (!isWanted || this.#isInputBroken) return;
    this.#input.push(bytes);
    this.#pump();
  }

  drain(): void {
    this.#output.drain();
  }

  close(): void {
    if (this.#phase === "over") return;
    const error = new ClosedError("Cannot go on: the client has closed the connection");
    this.#body?.fail(error);
    this.#exchange?.abort(error);
    this.#output.close();
    this.#release();
  }

  // Requests --------------------------------------------------------------------------------------

  /** Goes through the input as far as the phase allows. */
  #pump(): void {
    if (this.#isPumping) return; // A handler that answers at once leads back here.
    this.#isPumping = true;
    try {
      while (this.#step()) {
        // Each step takes some input.
      }
    } catch (error) {
      this.#refuse(error);
    } finally {
      this.#isPumping = false;
    }
    this.#hold();
  }

  /** @returns Whether there may be more to do. */
  #step(): boolean {
    const chunk = this.#input.first();
    if (chunk === undefined || this.#isInputBroken) return false;
    if (this.#body?.isComplete === false) {
      this.#isContinueAwaited = false;
      this.#input.advance(this.#body.accept(chunk, this.#input.offset));
      return true;
    }
    if (this.#phase !== "reading") return false;
    const isFirstOfHead = !this.#reader.isStarted;
    const result = this.#reader.read(chunk, this.#input.offset);
    this.#input.advance(result === undefined ? chunk.length : result[1]);
    if (result !== undefined) this.#start(result[0]);
    else if (isFirstOfHead && !this.#isEnding) this.#setDeadline(this.#settings.limits.headMs);
    return true;
  }

  #start(head: RequestHead): void {
    this.#hasAsked = true;
    const isAskedTo = head.versionMinor === 0 || head.fields.hasToken("connection", "close");
    const isLast = isAskedTo || this.#isEnding;
    const exchange = new HttpExchange(this, head.method, head.versionMinor, isLast);
    this.#exchange = exchange;
    this.#phase = "answering";
    this.#body =
      head.bodySize === 0 ? undefined : new RequestBody(head.bodySize, () => this.#serveBody());
    let request: HttpRequest | undefined;
    try {
      this.#isContinueAwaited = isContinueAwaited(head);
      request = new HttpRequest(head, this.#socket, this.#body);
      const answer = this.#settings.handler(request, exchange);
      if (answer instanceof Promise) this.#await(answer, request, exchange);
      else this.#answer(answer, exchange);
    } catch (error) {
      this.#fail(error, exchange, request);
    }
  }

  #await(answer: Promise<HttpAnswer>, request: HttpRequest, exchange: HttpExchange): void {
    answer
      .then((settled) => this.#answer(settled, exchange))
      .catch((error: unknown) => this.#fail(error, exchange, request));
  }

  /** The body's reader wants more, or has room again. */
  #serveBody(): void {
    if (this.#phase !== "answering") return;
    const hasBegun = this.#input.size > 0; // The peer has not waited for the word.
    if (this.#isContinueAwaited && !hasBegun && this.#exchange?.isAnswered === false) {
      this.#output.write(CONTINUE);
    }
    this.#isContinueAwaited = false;
    this.#hold();
  }

  /** Holds the peer back while there is more than enough, and lets it go on after that. */
  #hold(): void {
    if (this.#phase === "over") return;
    const isPaused =
      this.#body?.isComplete === false ? this.#body.isFull : this.#input.size > BACKLOG_SIZE_MAX;
    if (isPaused === this.#isPaused) return;
    this.#isPaused = isPaused;
    if (isPaused) this.#socket.pause();
    else this.#socket.resume();
  }

  // Answers ---------------------------------------------------------------------------------------

  #answer(answer: HttpAnswer, exchange: HttpExchange): void {
    if (this.#exchange !== exchange) {
      if (!("isTakenOver" in answer)) dropResponse(answer);
      return;
    }
    assert(!("isTakenOver" in answer), "a handler that says so has taken the socket over");
    if (this.#mustEndBehind()) exchange.isLast = true;
    const sending = sendResponse(answer, exchange, this.#output);
    if (sending === undefined) {
      this.#complete(exchange);
      return;
    }
    sending
      .then(() => this.#complete(exchange))
      .catch((error: unknown) => this.#fail(error, exchange, undefined));
  }

  /** Whether the rest of the body is too long, or too uncertain, to be read only to be dropped. */
  #mustEndBehind(): boolean {
    if (this.#isInputBroken) return true;
    if (this.#body === undefined || this.#body.isComplete) return false;
    const missingSize = this.#body.missingSize ?? Number.POSITIVE_INFINITY;
    return this.#isContinueAwaited || missingSize > DROPPED_SIZE_MAX;
  }

  /** The answer has been written; goes on when the socket has taken it. */
  #complete(exchange: HttpExchange): void {
    if (this.#exchange !== exchange) return;
    if (this.#output.isBlocked) {
      this.#output.whenDrained().then(
        () => this.#complete(exchange),
        () => undefined, // The connection is closed.
      );
      return;
    }
    this.#exchange = undefined;
    const isBodyLeft = this.#body?.isComplete === false;
    if (exchange.isLast) {
      if (isBodyLeft || this.#isInputBroken) this.#linger();
      else this.#end();
      return;
    }
    if (isBodyLeft) this.#body?.discard();
    else this.#body = undefined;
    this.#phase = "reading";
    this.#setDeadline(this.#settings.limits.idleMs);
    this.#pump();
  }

  #fail(error: unknown, exchange: HttpExchange, request: HttpRequest | undefined): void {
    const response = toErrorResponse(error);
    if (response === undefined && !(error instanceof ClosedError)) {
      this.#settings.logger.error("request failed", { path: request?.path, error });
    }
    const isOpen = this.#exchange === exchange;
    // Of a handler that has taken the socket over and then fails nobody knows what it has done.
    if (!isOpen && this.#phase === "over") this.#socket.destroy();
    if (!isOpen) return;
    if (exchange.isAnswered) {
      this.#socket.destroy(); // The peer notices that the body is incomplete.
      return;
    }
    if (error instanceof HttpMalformedError) exchange.isLast = true;
    this.#answer(response ?? createErrorResponse(500), exchange);
  }

  /** Malformed input: tells the peer, unless an answer is on its way, and reads no more. */
  #refuse(error: unknown): void {
    this.#isInputBroken = true;
    this.#input.clear();
    if (!(error instanceof HttpMalformedError)) {
      this.#settings.logger.error("connection failed", { error });
      this.#socket.destroy();
      return;
    }
    this.#body?.fail(error);
    if (this.#exchange !== undefined) this.#exchange.isLast = true;
    else if (this.#body !== undefined)
      this.#end(); // It has got its answer already.
    else this.#answerError(createErrorResponse(error.status, error.message));
  }

  #answerError(response: HttpAnswer): void {
    this.#phase = "answering";
    this.#exchange = new HttpExchange(this, "GET", 1, true);
    this.#answer(response, this.#exchange);
  }

  // The end ---------------------------------------------------------------------------------------

  #setDeadline(delayMs: number): void {
    this.#deadlineMs = this.#settings.clock.monotonicMs() + delayMs;
  }

  /**
   * Reads on for a while: were the connection closed with bytes unread, the peer's system would drop
   * the answer together with it (RFC 9112, section 9.6).
   */
  #linger(): void {
    this.#phase = "lingering";
    this.#input.clear();
    this.#body = undefined;
    this.#setDeadline(this.#settings.limits.lingerMs);
    this.#hold();
  }

  #end(): void {
    this.#phase = "ending";
    this.#input.clear();
    this.#body = undefined;
    this.#setDeadline(this.#settings.limits.endMs);
    this.#hold();
    this.#socket.end();
  }

  /** The deadline of a phase other than `answering` has passed. */
  #endLate(): void {
    if (this.#phase === "ending") this.#socket.destroy();
    else if (this.#phase === "reading" && this.#reader.isStarted) {
      this.#isInputBroken = true;
      this.#answerError(createErrorResponse(408));
    } else this.#end();
  }

  #isBodyTooSlow(nowMs: number): boolean {
    const isAwaited =
      this.#body?.isComplete === false && !this.#isPaused && !this.#isContinueAwaited;
    if (!isAwaited || this.#isInputBroken) {
      this.#bodyWatch?.reset();
      return false;
    }
    const { bodyWindowMs, windowSizeMin } = this.#settings.limits;
    this.#bodyWatch ??= new RateWatch(bodyWindowMs, windowSizeMin);
    return this.#bodyWatch.isTooSlow(nowMs, this.receivedSize);
  }

  #endSlowBody(): void {
    this.#isInputBroken = true;
    this.#body?.fail(new HttpError(408, "Cannot read request body: it comes too slowly"));
    if (this.#exchange !== undefined) this.#exchange.isLast = true;
    else this.#socket.destroy();
  }

  #isPeerTooSlow(nowMs: number): boolean {
    if (!this.#output.isBlocked) {
      this.#writeWatch?.reset();
      return false;
    }
    const { writeWindowMs, windowSizeMin } = this.#settings.limits;
    this.#writeWatch ??= new RateWatch(writeWindowMs, windowSizeMin);
    return this.#writeWatch.isTooSlow(nowMs, this.sentSize);
  }

  release(exchange: HttpExchange, handler: TcpHandler): TakenSocket {
    if (this.#phase === "over") throw new ClosedError("Cannot take socket over: it is gone");
    const isFree = this.#exchange === exchange && !exchange.isAnswered && !this.#output.isBlocked;
    assert(isFree, "a socket is taken over before its answer has begun");
    assert(this.#body?.isComplete !== false, "a socket is taken over behind the request's body");
    const received = this.#input.take();
    const isPaused = this.#isPaused;
    this.#release();
    this.#socket.handler = handler;
    if (isPaused) this.#socket.resume();
    return { socket: this.#socket, received };
  }

  #release(): void {
    this.#phase = "over";
    this.#exchange = undefined;
    this.#body = undefined;
    this.#input.clear();
    this.#released(this);
  }
}

/** @throws {HttpMalformedError} 417 if the peer expects something else. */
function isContinueAwaited(head: RequestHead): boolean {
  const expectation = head.fields.get("expect");
  if (expectation === undefined || head.versionMinor === 0) return false;
  if (expectation.toLowerCase() !== "100-continue") {
    throw new HttpMalformedError(417, "Cannot meet expectation: only 100-continue is known", 0);
  }
  return head.bodySize !== 0;
}
