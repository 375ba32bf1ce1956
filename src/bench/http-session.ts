/**
 * One client's HTTP connection, kept from one request to the next as players keep it.
 *
 * @module
 */

import type { Clock, Timer } from "../base/clock.ts";
import { ClosedError, ProtocolError, TimeoutError, toError } from "../base/errors.ts";
import { ChunkedDecoder } from "../codec/http/chunked.ts";
import { type ResponseHead, ResponseHeadReader } from "../codec/http/response-head.ts";
import { isRedirect, OutgoingRequest } from "../protocols/http/client-request.ts";
import { SocketOutput } from "../protocols/http/socket-output.ts";
import type { Tcp, TcpHandler, TcpSocket, TlsConnectOptions } from "../runtime/runtime.ts";

export interface HttpSessionPorts {
  readonly clock: Clock;
  readonly tcp: Pick<Tcp, "connect">;
}

export interface HttpSessionAnswer {
  readonly status: number;
  /** Where the answer came from, after redirects. */
  readonly url: string;
}

/** For the connection, and for each answer as a whole. */
const TIMEOUT_MS = 30_000;

export class HttpSession {
  readonly #ports: HttpSessionPorts;
  readonly #tls: TlsConnectOptions;
  #connection: Connection | undefined;
  #origin = "";
  #isClosed = false;

  constructor(ports: HttpSessionPorts, tls: TlsConnectOptions) {
    this.#ports = ports;
    this.#tls = tls;
  }

  /**
   * Asks, and hands the body of a good answer on as it comes. One request at a time.
   *
   * @throws {ClosedError} If the server hangs up, and so on as the runtime's `connect` throws.
   */
  async get(url: string, receive: (bytes: Uint8Array) => void): Promise<HttpSessionAnswer> {
    let request = OutgoingRequest.from({ url, timeoutMs: TIMEOUT_MS });
    for (;;) {
      if (this.#isClosed) throw new ClosedError("Cannot send request: session closed");
      const head = await this.#ask(request, receive);
      const location = head.fields.get("location");
      if (!isRedirect(head.status) || location === undefined) {
        return { status: head.status, url: request.url.href };
      }
      request = request.redirect(head.status, location);
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#connection?.destroy();
  }

  /** A connection that was kept may have been closed by now; then a new one is made, once. */
  async #ask(
    request: OutgoingRequest,
    receive: (bytes: Uint8Array) => void,
  ): Promise<ResponseHead> {
    const kept = this.#origin === request.url.origin ? this.#connection : undefined;
    if (kept?.isUsable === true) {
      try {
        return await kept.ask(request, receive);
      } catch (error) {
        if (kept.hasAnswered || this.#isClosed) throw error;
      }
    } else this.#connection?.destroy();
    return (await this.#connect(request)).ask(request, receive);
  }

  async #connect(request: OutgoingRequest): Promise<Connection> {
    const { host, port, isTls, url } = request;
    const connection = new Connection(this.#ports.clock);
    const address = { host, port, timeoutMs: TIMEOUT_MS };
    const options = isTls ? { ...address, tls: this.#tls } : address;
    connection.open(await this.#ports.tcp.connect(options, connection));
    if (this.#isClosed) connection.destroy();
    this.#connection = connection;
    this.#origin = url.origin;
    return connection;
  }
}

/** What waits for an answer. */
interface Asker {
  readonly receive: (bytes: Uint8Array) => void;
  readonly resolve: (head: ResponseHead) => void;
  readonly reject: (error: Error) => void;
}

class Connection implements TcpHandler {
  /** Whether anything has come in answer to the last request. */
  hasAnswered = false;
  readonly #clock: Clock;
  #socket: TcpSocket | undefined;
  #output: SocketOutput | undefined;
  #asker: Asker | undefined;
  #timer: Timer | undefined;
  #reader = new ResponseHeadReader();
  #head: ResponseHead | undefined;
  #chunked: ChunkedDecoder | undefined;
  /** Bytes of the body still to come, if it has a size. */
  #missingSize = 0;
  #isClosed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get isUsable(): boolean {
    return !this.#isClosed && this.#socket !== undefined;
  }

  open(socket: TcpSocket): void {
    this.#socket = socket;
    this.#output = new SocketOutput(socket);
  }

  ask(request: OutgoingRequest, receive: (bytes: Uint8Array) => void): Promise<ResponseHead> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) {
        reject(new ClosedError("Cannot send request: connection closed"));
        return;
      }
      this.hasAnswered = false;
      this.#head = undefined;
      this.#chunked = undefined;
      this.#reader = new ResponseHeadReader();
      this.#asker = { receive, resolve, reject };
      this.#timer = this.#clock.setTimer(TIMEOUT_MS, () => {
        this.#fail(new TimeoutError(`Cannot read response: it takes more than ${TIMEOUT_MS} ms`));
      });
      this.#output?.write(request.encode("keep-alive"));
    });
  }

  destroy(): void {
    this.#fail(new ClosedError("Connection closed"));
  }

  // TcpHandler --------------------------------------------------------------------------------------

  data(bytes: Uint8Array): void {
    if (this.#isClosed) return;
    if (this.#asker === undefined) {
      this.#fail(new ProtocolError("Cannot read response: nothing was asked"));
      return;
    }
    this.hasAnswered = true;
    try {
      this.#read(bytes, this.#asker);
    } catch (error) {
      this.#fail(toError(error));
    }
  }

  drain(): void {
    this.#output?.drain();
  }

  close(error?: Error): void {
    if (error === undefined && this.#head?.bodySize === "endless") this.#end();
    this.#fail(error ?? new ClosedError("Cannot read response: connection closed"));
  }

  // The answer --------------------------------------------------------------------------------------

  #read(bytes: Uint8Array, asker: Asker): void {
    let offset = 0;
    while (this.#head === undefined) {
      const result = this.#reader.read(bytes, offset, "GET");
      if (result === undefined) return;
      offset = result[1];
      if (result[0].status >= 200) this.#takeHead(result[0]);
    }
    const { receive } = this.#head.status === 200 ? asker : IGNORING;
    if (this.#chunked !== undefined) {
      this.#chunked.decode(bytes, offset, receive);
      if (this.#chunked.isDone) this.#end();
    } else if (this.#head.bodySize === "endless") {
      receive(bytes.subarray(offset));
    } else {
      const end = Math.min(bytes.length, offset + this.#missingSize);
      this.#missingSize -= end - offset;
      if (end > offset) receive(bytes.subarray(offset, end));
      if (this.#missingSize === 0) this.#end();
    }
  }

  #takeHead(head: ResponseHead): void {
    this.#head = head;
    if (head.bodySize === "chunked") this.#chunked = new ChunkedDecoder();
    else if (head.bodySize !== "endless") this.#missingSize = head.bodySize;
  }

  #end(): void {
    const head = this.#head;
    const asker = this.#asker;
    if (head === undefined || asker === undefined) return;
    this.#asker = undefined;
    this.#timer?.cancel();
    const connection = head.fields.get("connection")?.toLowerCase() ?? "";
    const isKept = head.versionMinor === 1 ? connection !== "close" : connection === "keep-alive";
    if (!isKept || head.bodySize === "endless") this.destroy();
    asker.resolve(head);
  }

  #fail(error: Error): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#socket?.destroy();
    const asker = this.#asker;
    this.#asker = undefined;
    asker?.reject(error);
  }
}

/** Takes the body of an answer that nobody wants. */
const IGNORING: Pick<Asker, "receive"> = { receive: () => undefined };
