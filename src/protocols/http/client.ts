/**
 * A client for answers of any length, such as another server's HTTP-FLV streams.
 *
 * @module
 */

import { ByteWriter } from "../../base/byte-writer.ts";
import type { Clock, Timer } from "../../base/clock.ts";
import { ClosedError, ProtocolError, TimeoutError } from "../../base/errors.ts";
import { ChunkedDecoder } from "../../codec/http/chunked.ts";
import { type ResponseHead, ResponseHeadReader } from "../../codec/http/response-head.ts";
import type { Tcp, TcpHandler, TcpSocket } from "../../runtime/runtime.ts";
import { type HttpClientRequest, isRedirect, OutgoingRequest } from "./client-request.ts";
import { SocketOutput } from "./socket-output.ts";

export interface HttpClientPorts {
  readonly tcp: Pick<Tcp, "connect">;
  readonly clock: Clock;
}

/** Who takes an answer. `head` once, then `data`; `end` or `fail` is the last call. */
export interface ResponseReceiver {
  /** @param url Where the answer comes from, after redirects. */
  head(head: ResponseHead, url: string): void;
  /** A piece of the body; it belongs to the receiver. */
  data(bytes: Uint8Array): void;
  /** The body is complete. */
  end(): void;
  /** There is no answer, or no more of it. */
  fail(error: Error): void;
  /** After 101: the socket and what the server has sent on it. Without it, 101 is a failure. */
  upgrade?(head: ResponseHead, socket: TcpSocket, received: Uint8Array): void;
}

/** A whole answer. */
export interface HttpClientResponse {
  readonly status: number;
  readonly head: ResponseHead;
  readonly body: Uint8Array;
}

export interface FetchedResponse extends HttpClientResponse {
  /** Where it comes from, after redirects. */
  readonly url: string;
}

export interface FetchLimits {
  /** For all of it; `HttpClientRequest.timeoutMs` is for each step alone. */
  readonly totalMs?: number;
  readonly signal?: AbortSignal;
}

const TOO_LATE = "Cannot read response: it took too long";

export class HttpClient {
  readonly #ports: HttpClientPorts;

  constructor(ports: HttpClientPorts) {
    this.#ports = ports;
  }

  /** Sends a request on a connection of its own. */
  request(request: HttpClientRequest, receiver: ResponseReceiver): HttpClientExchange {
    const exchange = new HttpClientExchange(this.#ports, request, receiver);
    exchange.start();
    return exchange;
  }

  /**
   * Sends a request and collects the answer.
   *
   * @throws {ProtocolError} If its body has more than `sizeMax` bytes, and whatever `fail` is told.
   * @throws {TimeoutError} If it takes longer than `totalMs` in all.
   * @throws {ClosedError} If `signal` says that nobody wants it any more.
   */
  fetch(
    request: HttpClientRequest,
    sizeMax: number,
    { totalMs, signal }: FetchLimits = {},
  ): Promise<FetchedResponse> {
    const { promise, resolve, reject } = Promise.withResolvers<FetchedResponse>();
    const exchange = this.#collect(request, sizeMax, { resolve, reject });
    const giveUp = (error: Error): void => {
      exchange.abort();
      reject(error);
    };
    const timer =
      totalMs === undefined
        ? undefined
        : this.#ports.clock.setTimer(totalMs, () => giveUp(new TimeoutError(TOO_LATE)));
    const abort = (): void => giveUp(new ClosedError("Cannot read response: it is not wanted"));
    signal?.addEventListener("abort", abort);
    if (signal?.aborted === true) abort();
    return promise.finally(() => {
      timer?.cancel();
      signal?.removeEventListener("abort", abort);
    });
  }

  #collect(
    request: HttpClientRequest,
    sizeMax: number,
    { resolve, reject }: Pick<PromiseWithResolvers<FetchedResponse>, "resolve" | "reject">,
  ): HttpClientExchange {
    let head: ResponseHead | undefined;
    let from = "";
    const writer = new ByteWriter();
    const exchange = this.request(request, {
      head: (given, url) => {
        head = given;
        from = url;
      },
      data: (bytes) => {
        if (writer.size + bytes.length > sizeMax) {
          exchange.abort();
          reject(new ProtocolError(`Cannot read response: it has more than ${sizeMax} bytes`));
        } else writer.writeBytes(bytes);
      },
      end: () => {
        if (head !== undefined)
          resolve({ url: from, status: head.status, head, body: writer.view() });
      },
      fail: reject,
    });
    return exchange;
  }
}

/** One request on its way, through all its redirects. */
export class HttpClientExchange {
  /** Bytes from the server, heads included. */
  receivedSize = 0;
  readonly #ports: HttpClientPorts;
  readonly #given: HttpClientRequest;
  readonly #receiver: ResponseReceiver;
  #request: OutgoingRequest | undefined;
  #socket: TcpSocket | undefined;
  #output: SocketOutput | undefined;
  #listener: Listener | undefined;
  #reader: ResponseHeadReader = new ResponseHeadReader();
  #head: ResponseHead | undefined;
  #chunked: ChunkedDecoder | undefined;
  /** Bytes of the body still to come, if it has a size. */
  #missingSize = 0;
  #isOver = false;
  #isPaused = false;
  #timer: Timer | undefined;
  #progressMs = 0;

  constructor(ports: HttpClientPorts, request: HttpClientRequest, receiver: ResponseReceiver) {
    this.#ports = ports;
    this.#given = request;
    this.#receiver = receiver;
  }

  /** Once. */
  start(): void {
    this.#open(() => OutgoingRequest.from(this.#given)).catch((error: unknown) =>
      this.#fail(error),
    );
  }

  /** Stops reading, so that the server is held back. */
  pause(): void {
    this.#isPaused = true;
    this.#socket?.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#progressMs = this.#ports.clock.monotonicMs();
    this.#socket?.resume();
  }

  /** Gives up; the receiver is told nothing more. */
  abort(): void {
    this.#isOver = true;
    this.#timer?.cancel();
    this.#socket?.destroy();
  }

  async #open(next: () => OutgoingRequest): Promise<void> {
    const request = next();
    this.#request = request;
    this.#reader = new ResponseHeadReader();
    const { host, port, isTls } = request;
    const { timeoutMs, tls = {} } = this.#given;
    const handler = new Listener(this);
    this.#listener = handler;
    const options = { host, port, timeoutMs, ...(isTls ? { tls } : {}) };
    const socket = await this.#ports.tcp.connect(options, handler);
    if (this.#isOver) {
      socket.destroy();
      return;
    }
    this.#socket = socket;
    const output = new SocketOutput(socket);
    this.#output = output;
    if (this.#isPaused) socket.pause();
    const isUpgrade = this.#receiver.upgrade !== undefined;
    output.write(request.encode(isUpgrade ? "Upgrade" : "close"));
    this.#progressMs = this.#ports.clock.monotonicMs();
    this.#setTimer(timeoutMs);
  }

  // The socket's side, through Listener -----------------------------------------------------------

  receive(bytes: Uint8Array): void {
    if (this.#isOver) return;
    this.receivedSize += bytes.length;
    this.#progressMs = this.#ports.clock.monotonicMs();
    try {
      this.#read(bytes);
    } catch (error) {
      this.#fail(error);
    }
  }

  drain(): void {
    this.#output?.drain();
  }

  closed(error: Error | undefined): void {
    if (this.#isOver) return;
    if (error === undefined && this.#head?.bodySize === "endless") this.#end();
    else this.#fail(new ClosedError("Cannot read response: connection closed", { cause: error }));
  }

  // The answer ------------------------------------------------------------------------------------

  #read(bytes: Uint8Array): void {
    let offset = 0;
    while (this.#head === undefined) {
      const result = this.#reader.read(bytes, offset, this.#request?.method ?? "GET");
      if (result === undefined) return;
      offset = result[1];
      if (!this.#take(result[0], bytes.subarray(offset))) return;
    }
    this.#readBody(bytes, offset, this.#head);
  }

  /** @returns Whether to go on with what follows: a body, or another head. */
  #take(head: ResponseHead, rest: Uint8Array): boolean {
    if (head.status === 101) {
      this.#upgrade(head, rest);
      return false;
    }
    if (head.status < 200) return true; // Such as 103; the answer follows.
    const location = head.fields.get("location");
    if (isRedirect(head.status) && location !== undefined && this.#given.redirectsMax !== 0) {
      this.#redirect(head.status, location);
      return false;
    }
    this.#head = head;
    if (head.bodySize === "chunked") this.#chunked = new ChunkedDecoder();
    else if (head.bodySize !== "endless") this.#missingSize = head.bodySize;
    this.#receiver.head(head, this.#request?.url.href ?? "");
    return !this.#isOver;
  }

  #upgrade(head: ResponseHead, rest: Uint8Array): void {
    const { upgrade } = this.#receiver;
    if (upgrade === undefined || this.#socket === undefined) {
      throw new ProtocolError("Cannot read response: 101 without a request for it");
    }
    this.#isOver = true;
    this.#timer?.cancel();
    upgrade.call(this.#receiver, head, this.#socket, rest);
  }

  #redirect(status: number, location: string): void {
    const request = this.#request?.redirect(status, location);
    this.#timer?.cancel();
    if (this.#listener !== undefined) this.#listener.isCurrent = false;
    this.#socket?.destroy();
    this.#socket = undefined;
    if (request === undefined) return;
    this.#open(() => request).catch((error: unknown) => this.#fail(error));
  }

  #readBody(bytes: Uint8Array, offset: number, head: ResponseHead): void {
    if (this.#chunked !== undefined) {
      this.#chunked.decode(bytes, offset, (data) => this.#deliver(data));
      if (this.#chunked.isDone) this.#end();
    } else if (head.bodySize === "endless") {
      this.#deliver(bytes.subarray(offset));
    } else {
      const end = Math.min(bytes.length, offset + this.#missingSize);
      this.#missingSize -= end - offset;
      this.#deliver(bytes.subarray(offset, end));
      if (this.#missingSize === 0) this.#end();
    }
  }

  #deliver(data: Uint8Array): void {
    if (data.length > 0 && !this.#isOver) this.#receiver.data(data);
  }

  // The end ---------------------------------------------------------------------------------------

  #end(): void {
    if (this.#isOver) return;
    this.abort();
    this.#receiver.end();
  }

  #fail(error: unknown): void {
    if (this.#isOver) return;
    this.abort();
    this.#receiver.fail(error instanceof Error ? error : new Error(String(error)));
  }

  #setTimer(delayMs: number): void {
    this.#timer = this.#ports.clock.setTimer(delayMs, () => this.#checkProgress());
  }

  /** One timer for the whole exchange, set anew when it finds that there was progress. */
  #checkProgress(): void {
    const { timeoutMs } = this.#given;
    const idleMs = this.#isPaused ? 0 : this.#ports.clock.monotonicMs() - this.#progressMs;
    if (idleMs < timeoutMs) this.#setTimer(timeoutMs - idleMs);
    else this.#fail(new TimeoutError(`Cannot read response: nothing came for ${timeoutMs} ms`));
  }
}

/** Passes on what happens on the exchange's connection of the moment, and nothing of earlier ones. */
class Listener implements TcpHandler {
  isCurrent = true;
  readonly #exchange: HttpClientExchange;

  constructor(exchange: HttpClientExchange) {
    this.#exchange = exchange;
  }

  data(bytes: Uint8Array): void {
    if (this.isCurrent) this.#exchange.receive(bytes);
  }

  drain(): void {
    if (this.isCurrent) this.#exchange.drain();
  }

  close(error?: Error): void {
    if (this.isCurrent) this.#exchange.closed(error);
  }
}
