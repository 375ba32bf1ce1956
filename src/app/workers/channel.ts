/**
 * A conversation of messages over a local socket.
 *
 * @module
 */

import { ProtocolError, toError } from "../../base/errors.ts";
import type { TcpHandler, TcpSocket } from "../../runtime/runtime.ts";
import { LineReader } from "./line-reader.ts";
import {
  encodeMessage,
  MESSAGE_SIZE_MAX,
  type SupervisorMessage,
  type WorkerMessage,
} from "./messages.ts";

/**
 * Bytes that may wait for a process that does not read. Messages are some hundred bytes, so that one
 * which lets so many of them pile up has hung; it can be one welcome.
 */
const WAITING_SIZE_MAX: number = 2 * MESSAGE_SIZE_MAX;

export interface ChannelOptions<Incoming> {
  /** @throws {MalformedError} */
  readonly decode: (line: string) => Incoming;
  readonly message: (message: Incoming) => void;
  /** A bug in what `message` did, which is no fault of the other process: the conversation goes on. */
  readonly failed: (error: unknown) => void;
  /** The conversation is over; `error` if it broke. Called once. */
  readonly closed: (error: Error | undefined) => void;
}

export class Channel<Incoming> implements TcpHandler {
  readonly #options: ChannelOptions<Incoming>;
  readonly #reader = new LineReader(MESSAGE_SIZE_MAX);
  #socket: TcpSocket | undefined;
  #waiting: Uint8Array[] = [];
  #waitingSize = 0;
  #failure: Error | undefined;
  #isEnding = false;
  #isClosed = false;

  constructor(options: ChannelOptions<Incoming>) {
    this.#options = options;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Bytes that the other process has not taken yet. */
  get waitingSize(): number {
    return this.#waitingSize;
  }

  /** Speaks over a socket whose handler is this. */
  attach(socket: TcpSocket): void {
    this.#socket = socket;
    this.#flush();
  }

  send(message: WorkerMessage | SupervisorMessage): void {
    if (this.#isClosed || this.#isEnding) return;
    const bytes = encodeMessage(message);
    this.#waiting.push(bytes);
    this.#waitingSize += bytes.length;
    this.#flush();
    if (this.#waitingSize <= WAITING_SIZE_MAX) return;
    this.#fail(new ProtocolError("Cannot send message: the other process does not read"));
  }

  /** Closes behind what was sent. */
  end(): void {
    this.#isEnding = true;
    this.#flush();
  }

  // TcpHandler --------------------------------------------------------------------------------------

  data(bytes: Uint8Array): void {
    try {
      this.#reader.read(bytes, (line) => {
        if (this.#failure === undefined) this.#hear(this.#options.decode(line));
      });
    } catch (error) {
      this.#fail(toError(error));
    }
  }

  drain(): void {
    this.#flush();
  }

  close(error?: Error): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#waiting = [];
    this.#options.closed(this.#failure ?? error);
  }

  #hear(message: Incoming): void {
    try {
      this.#options.message(message);
    } catch (error) {
      this.#options.failed(error);
    }
  }

  #flush(): void {
    const socket = this.#socket;
    while (socket !== undefined) {
      const first = this.#waiting[0];
      if (first === undefined) {
        if (this.#isEnding) socket.end();
        return;
      }
      const taken = socket.write(first);
      this.#waitingSize -= taken;
      if (taken < first.length) {
        this.#waiting[0] = first.subarray(taken);
        return;
      }
      this.#waiting.shift();
    }
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#socket?.destroy();
  }
}
