/**
 * A client's connection that is kept for one request after the other.
 *
 * Spec: RFC 9112, section 9.3 (persistence).
 *
 * @module
 */

import { ByteWriter } from "../../base/byte-writer.ts";
import { ClosedError, ProtocolError, toError } from "../../base/errors.ts";
import { ChunkedDecoder } from "../../codec/http/chunked.ts";
import { type ResponseHead, ResponseHeadReader } from "../../codec/http/response-head.ts";
import type { TcpHandler, TcpSocket } from "../../runtime/runtime.ts";
import type { HttpClientResponse } from "./client.ts";
import { SocketOutput } from "./socket-output.ts";

/** What is sent, and what of the answer is wanted. */
export interface Exchange {
  readonly method: string;
  /** Head and body. */
  readonly bytes: Uint8Array;
  /** How many bytes of the answer's body are read. */
  readonly sizeMax: number;
  /** What a larger body is: cut off there, or else a failure. */
  readonly isCut?: boolean;
}

interface Pending extends Exchange {
  resolve(response: HttpClientResponse): void;
  reject(error: Error): void;
}

export class ClientConnection implements TcpHandler {
  /** It has been used up to its end, or is gone. */
  isClosed = false;
  /** When it was last used, on the monotonic clock; for its owner. */
  idleSinceMs = 0;
  readonly #closed: () => void;
  #socket: TcpSocket | undefined;
  #output: SocketOutput | undefined;
  #pending: Pending | undefined;
  #requestCount = 0;
  #hasAnswerBegun = false;
  #reader: ResponseHeadReader = new ResponseHeadReader();
  #head: ResponseHead | undefined;
  #chunked: ChunkedDecoder | undefined;
  /** Bytes of the body still to come, if it has a size. */
  #missingSize = 0;
  #body: ByteWriter = new ByteWriter();

  /** @param closed Called once, when there is nothing more to be had from it. */
  constructor(closed: () => void) {
    this.#closed = closed;
  }

  /**
   * The server may have closed it before it saw the request, as it was idle: on a connection that
   * had been used, nothing came back.
   */
  get wasStale(): boolean {
    return this.#requestCount > 1 && !this.#hasAnswerBegun;
  }

  /** Gives it its socket, whose handler it is. */
  attach(socket: TcpSocket): void {
    this.#socket = socket;
    this.#output = new SocketOutput(socket);
  }

  /**
   * Sends a request. One at a time.
   *
   * @throws {ClosedError} If the connection ends before the answer does.
   * @throws {MalformedError | ProtocolError} If the answer is none, or too large.
   */
  send(exchange: Exchange): Promise<HttpClientResponse> {
    return new Promise((resolve, reject) => {
      if (this.isClosed) {
        reject(new ClosedError("Cannot send request: connection closed"));
        return;
      }
      this.#pending = { ...exchange, resolve, reject };
      this.#requestCount += 1;
      this.#hasAnswerBegun = false;
      this.#head = undefined;
      this.#chunked = undefined;
      this.#body = new ByteWriter();
      this.#output?.write(exchange.bytes);
    });
  }

  /** Closes it at once. @param error What the request on its way fails with. */
  destroy(error: Error = new ClosedError("Cannot read response: connection closed")): void {
    const pending = this.#pending;
    this.#pending = undefined;
    if (!this.isClosed) {
      this.isClosed = true;
      this.#socket?.destroy();
      this.#closed();
    }
    pending?.reject(error);
  }

  // TcpHandler --------------------------------------------------------------------------------------

  data(bytes: Uint8Array): void {
    if (this.isClosed) return;
    if (this.#pending === undefined) {
      this.destroy(); // Nobody has asked: whose answer it is cannot be known.
      return;
    }
    this.#hasAnswerBegun = true;
    try {
      this.#read(bytes, this.#pending);
    } catch (error) {
      this.destroy(toError(error));
    }
  }

  drain(): void {
    this.#output?.drain();
  }

  close(error?: Error): void {
    const pending = this.#pending;
    if (pending !== undefined && error === undefined && this.#head?.bodySize === "endless") {
      this.#finish(pending, false);
    } else {
      this.destroy(new ClosedError("Cannot read response: connection closed", { cause: error }));
    }
  }

  // The answer --------------------------------------------------------------------------------------

  #read(bytes: Uint8Array, pending: Pending): void {
    let offset = 0;
    while (this.#head === undefined) {
      const result = this.#reader.read(bytes, offset, pending.method);
      if (result === undefined) return;
      const [head, end] = result;
      offset = end;
      if (head.status >= 200) this.#begin(head);
      else if (head.status === 101) throw new ProtocolError("Cannot read response: 101 unasked");
    }
    const end = this.#readBody(bytes, offset, this.#head, pending);
    if (end !== undefined) this.#finish(pending, end === bytes.length);
    else if (pending.isCut === true && this.#body.size >= pending.sizeMax) {
      this.#finish(pending, false);
    }
  }

  #begin(head: ResponseHead): void {
    this.#head = head;
    if (head.bodySize === "chunked") this.#chunked = new ChunkedDecoder();
    else if (head.bodySize !== "endless") this.#missingSize = head.bodySize;
  }

  /** @returns The offset behind the body, or `undefined` if there is more to come. */
  #readBody(
    bytes: Uint8Array,
    offset: number,
    head: ResponseHead,
    pending: Pending,
  ): number | undefined {
    let end = bytes.length;
    let isDone = false;
    if (this.#chunked !== undefined) {
      end = this.#chunked.decode(bytes, offset, (data) => this.#keep(data, pending));
      isDone = this.#chunked.isDone;
    } else if (head.bodySize === "endless") {
      this.#keep(bytes.subarray(offset), pending);
    } else {
      end = Math.min(bytes.length, offset + this.#missingSize);
      this.#missingSize -= end - offset;
      this.#keep(bytes.subarray(offset, end), pending);
      isDone = this.#missingSize === 0;
    }
    return isDone ? end : undefined;
  }

  #keep(data: Uint8Array, { sizeMax, isCut = false }: Pending): void {
    const room = sizeMax - this.#body.size;
    if (data.length > room && !isCut) {
      throw new ProtocolError(`Cannot read response: it has more than ${sizeMax} bytes`);
    }
    this.#body.writeBytes(data.length > room ? data.subarray(0, room) : data);
  }

  /** @param isWhole The answer ended where the server's bytes did. */
  #finish(pending: Pending, isWhole: boolean): void {
    const head = this.#head;
    if (head === undefined) return;
    this.#pending = undefined;
    this.#reader = new ResponseHeadReader();
    if (!(isWhole && isKept(head))) this.destroy();
    pending.resolve({ status: head.status, head, body: this.#body.view() });
  }
}

function isKept({ versionMinor, fields }: ResponseHead): boolean {
  return versionMinor === 1 && !fields.hasToken("connection", "close");
}
