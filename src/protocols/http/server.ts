/**
 * All connections of one HTTP server: accounts for them, hurries the slow ones, ends them.
 *
 * @module
 */

import type { Clock, Timer } from "../../base/clock.ts";
import { RefusedError } from "../../base/errors.ts";
import type { Logger } from "../../base/logger.ts";
import { startSweep } from "../../base/sweep.ts";
import type { Crypto, TcpSocket } from "../../runtime/runtime.ts";
import type { HttpHandler } from "./handler.ts";
import { HttpServerConnection } from "./server-connection.ts";
import { ServerHeads } from "./server-heads.ts";
import {
  DEFAULT_HTTP_LIMITS,
  type HttpLimits,
  type HttpServerSettings,
} from "./server-settings.ts";

/** After being told that the server is full, a client has nothing to stay for. */
const REFUSED_LIMITS = { headMs: 5_000, idleMs: 0 };

/** Counts connections, together with those of other servers. */
export interface ConnectionAccount {
  /** @throws {RefusedError} If the server is full. */
  enter(address: string): void;
  leave(address: string): void;
  /** Whether one that was refused may stay until it has been told so. */
  enterTold(): boolean;
  leaveTold(): void;
}

export interface HttpServerOptions {
  readonly handler: HttpHandler;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly crypto: Pick<Crypto, "hash">;
  /** What answers say in `Server`, such as `Sluice/1.0.0`. */
  readonly serverName: string;
  readonly limits?: Partial<HttpLimits>;
  /** Absent: connections are not counted. */
  readonly account?: ConnectionAccount;
}

const NO_ACCOUNT: ConnectionAccount = {
  enter: () => undefined,
  leave: () => undefined,
  enterTold: () => true,
  leaveTold: () => undefined,
};

/** Serves HTTP on sockets that somebody else accepts. */
export class HttpServer {
  #settings: HttpServerSettings;
  readonly #account: ConnectionAccount;
  readonly #connections: Set<HttpServerConnection> = new Set();
  // One function for all connections, rather than one each.
  readonly #left = (connection: HttpServerConnection): void => {
    this.#account.leave(connection.remoteAddress);
    this.#release(connection);
  };
  readonly #toldLeft = (connection: HttpServerConnection): void => {
    this.#account.leaveTold();
    this.#release(connection);
  };
  #sweep: Timer | undefined;
  #receivedSize = 0;
  #sentSize = 0;
  #isClosed = false;

  constructor(options: HttpServerOptions) {
    const { handler, clock, logger, crypto } = options;
    const heads = new ServerHeads(clock, options.serverName);
    const limits = { ...DEFAULT_HTTP_LIMITS, ...options.limits };
    this.#settings = { handler, clock, logger, crypto, heads, limits };
    this.#account = options.account ?? NO_ACCOUNT;
  }

  /** Sets limits for connections from now on. */
  configure(limits: Partial<HttpLimits>): void {
    this.#settings = { ...this.#settings, limits: { ...this.#settings.limits, ...limits } };
  }

  /** For takers who write heads later. */
  get heads(): ServerHeads {
    return this.#settings.heads;
  }

  /** Connections, those that were taken over excepted. */
  get connectionCount(): number {
    return this.#connections.size;
  }

  /** Bytes from clients, those behind a takeover excepted. */
  get receivedSize(): number {
    let size = this.#receivedSize;
    for (const connection of this.#connections) size += connection.receivedSize;
    return size;
  }

  /** Bytes to clients, those behind a takeover excepted. */
  get sentSize(): number {
    let size = this.#sentSize;
    for (const connection of this.#connections) size += connection.sentSize;
    return size;
  }

  /** Serves a connection, from `received` on if somebody has read from the socket already. */
  accept(socket: TcpSocket, received?: Uint8Array): void {
    try {
      this.#account.enter(socket.remoteAddress);
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      this.#refuse(socket, error);
      return;
    }
    const connection = this.#serve(socket, this.#settings, this.#left);
    if (this.#isClosed) connection.end();
    if (received !== undefined) connection.data(received);
  }

  /** Ends each connection as soon as its answer in progress has been sent; new ones behind one. */
  close(): void {
    this.#isClosed = true;
    for (const connection of [...this.#connections]) connection.end();
  }

  /** Ends all connections at once. */
  destroy(): void {
    this.#isClosed = true;
    for (const connection of [...this.#connections]) connection.destroy();
  }

  /** Answers whatever the client asks by saying that the server is full. */
  #refuse(socket: TcpSocket, refusal: RefusedError): void {
    const { logger, limits } = this.#settings;
    logger.warn("connection refused", {
      address: socket.remoteAddress,
      protocol: "http",
      reason: refusal.message,
    });
    if (!this.#account.enterTold()) {
      socket.destroy();
      return;
    }
    const handler = (): never => {
      throw refusal;
    };
    const settings = { ...this.#settings, handler, limits: { ...limits, ...REFUSED_LIMITS } };
    this.#serve(socket, settings, this.#toldLeft);
  }

  #serve(
    socket: TcpSocket,
    settings: HttpServerSettings,
    released: (connection: HttpServerConnection) => void,
  ): HttpServerConnection {
    const connection = new HttpServerConnection(socket, settings, released);
    this.#connections.add(connection);
    this.#sweep ??= startSweep(this.#settings.clock, (nowMs) => this.#checkDeadlines(nowMs));
    return connection;
  }

  #release(connection: HttpServerConnection): void {
    this.#connections.delete(connection);
    this.#receivedSize += connection.receivedSize;
    this.#sentSize += connection.sentSize;
    if (this.#connections.size > 0) return;
    this.#sweep?.cancel();
    this.#sweep = undefined;
  }

  #checkDeadlines(nowMs: number): void {
    for (const connection of [...this.#connections]) connection.checkDeadline(nowMs);
  }
}
