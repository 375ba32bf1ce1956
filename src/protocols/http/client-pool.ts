/**
 * A client of one server that keeps its connections, and has no more of them than it may. It sets no
 * timers: `sweep` looks at deadlines.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import { ClosedError, SystemError, TimeoutError, toError } from "../../base/errors.ts";
import type { TcpHandler, TcpSocket } from "../../runtime/runtime.ts";
import type { HttpClientResponse } from "./client.ts";
import { ClientConnection, type Exchange } from "./client-connection.ts";

export interface ClientPoolOptions {
  readonly clock: Clock;
  /** Connects to the server. @throws As `Tcp.connect` does. */
  readonly connect: (timeoutMs: number, handler: TcpHandler) => Promise<TcpSocket>;
  readonly connectionsMax: number;
  /** Requests that may wait for a connection. */
  readonly waitingMax: number;
  /** How long a connection is kept unused. Servers close theirs after 5 s (Node, Apache) or more. */
  readonly idleMs: number;
}

export interface PooledExchange extends Exchange {
  /** For everything: the wait for a connection, connecting, and the whole answer. */
  readonly timeoutMs: number;
}

/** There is no connection, whatever the cause: the server has seen nothing of the request. */
export class UnreachableError extends Error {
  override readonly name = "UnreachableError";
}

interface Waiter {
  readonly deadlineMs: number;
  /** Gives it the right to a connection. */
  resolve(): void;
  reject(error: Error): void;
}

export class ClientPool {
  readonly #options: ClientPoolOptions;
  /** The one used last at the end. */
  readonly #idle: ClientConnection[] = [];
  /** Until when connections that are in use may be. */
  readonly #deadlines = new Map<ClientConnection, number>();
  /** Rights to a connection that are given out. */
  #usedCount = 0;
  readonly #waiters: Waiter[] = [];
  #isClosed = false;

  constructor(options: ClientPoolOptions) {
    this.#options = options;
  }

  /** Connections, those that are being made included. */
  get size(): number {
    return this.#usedCount + this.#idle.length;
  }

  /** Requests that wait for a connection. */
  get waitingCount(): number {
    return this.#waiters.length;
  }

  /**
   * Sends a request and collects the answer. One that finds that its connection has been closed while
   * it was unused is sent once more, on a new one.
   *
   * @throws {UnreachableError} If there is no connection.
   * @throws {TimeoutError} If it takes too long.
   * @throws {SystemError} `EBUSY` if too many wait.
   * @throws What `ClientConnection.send` does.
   */
  async fetch(exchange: PooledExchange): Promise<HttpClientResponse> {
    const deadlineMs = this.#nowMs + exchange.timeoutMs;
    await this.#acquire(deadlineMs);
    try {
      const kept = this.#idle.pop();
      if (kept !== undefined) {
        try {
          return await this.#exchange(kept, exchange, deadlineMs);
        } catch (error) {
          if (!(kept.wasStale && error instanceof ClosedError)) throw error;
        }
      }
      const connection = await this.#connect(deadlineMs);
      return await this.#exchange(connection, exchange, deadlineMs);
    } finally {
      this.#release();
    }
  }

  /** Call every second or so: ends what takes too long, and what is not used. */
  sweep(nowMs: number): void {
    for (const [connection, deadlineMs] of [...this.#deadlines]) {
      if (nowMs >= deadlineMs) connection.destroy(tookTooLong());
    }
    for (const waiter of this.#waiters.splice(0)) {
      if (nowMs >= waiter.deadlineMs) waiter.reject(tookTooLong());
      else this.#waiters.push(waiter);
    }
    for (const connection of [...this.#idle]) {
      if (nowMs - connection.idleSinceMs >= this.#options.idleMs) connection.destroy();
    }
  }

  /** Ends everything. */
  close(): void {
    this.#isClosed = true;
    for (const waiter of this.#waiters.splice(0)) waiter.reject(closed());
    for (const connection of [...this.#idle, ...this.#deadlines.keys()]) connection.destroy();
  }

  get #nowMs(): number {
    return this.#options.clock.monotonicMs();
  }

  /** Waits for the right to a connection. */
  #acquire(deadlineMs: number): Promise<void> | undefined {
    const { connectionsMax, waitingMax } = this.#options;
    if (this.#isClosed) throw closed();
    if (this.#usedCount < connectionsMax) {
      this.#usedCount += 1;
      return undefined;
    }
    if (this.#waiters.length >= waitingMax) {
      throw new SystemError("EBUSY", `Cannot send request: ${waitingMax} others wait`);
    }
    return new Promise((resolve, reject) => {
      this.#waiters.push({ deadlineMs, resolve, reject });
    });
  }

  #release(): void {
    const next = this.#waiters.shift();
    if (next === undefined) this.#usedCount -= 1;
    else next.resolve();
  }

  async #connect(deadlineMs: number): Promise<ClientConnection> {
    if (this.#isClosed) throw closed();
    const connection: ClientConnection = new ClientConnection(() => this.#forget(connection));
    const timeoutMs = Math.max(1, deadlineMs - this.#nowMs);
    try {
      connection.attach(await this.#options.connect(timeoutMs, connection));
    } catch (error) {
      throw new UnreachableError(toError(error).message, { cause: error });
    }
    if (this.#isClosed) connection.destroy();
    return connection;
  }

  async #exchange(
    connection: ClientConnection,
    exchange: Exchange,
    deadlineMs: number,
  ): Promise<HttpClientResponse> {
    this.#deadlines.set(connection, deadlineMs);
    const response = await connection.send(exchange).finally(() => {
      this.#deadlines.delete(connection);
    });
    if (!connection.isClosed) {
      connection.idleSinceMs = this.#nowMs;
      this.#idle.push(connection);
    }
    return response;
  }

  #forget(connection: ClientConnection): void {
    const index = this.#idle.indexOf(connection);
    if (index >= 0) this.#idle.splice(index, 1);
  }
}

function tookTooLong(): TimeoutError {
  return new TimeoutError("Cannot read response: it took too long");
}

function closed(): ClosedError {
  return new ClosedError("Cannot send request: the client is closed");
}
