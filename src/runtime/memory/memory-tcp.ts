/**
 * A network of one machine, in memory.
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import { ClosedError, SystemError } from "../../base/errors.ts";
import { joinSockets, MemorySocket } from "../memory.ts";
import type {
  Tcp,
  TcpConnectOptions,
  TcpHandler,
  TcpListener,
  TcpListenOptions,
  TcpSocket,
  TlsIdentity,
} from "../runtime.ts";

/** Where ports chosen for listeners start, and those for connecting sockets. */
const LISTENER_PORT_MIN = 20_000;
const CLIENT_PORT_MIN = 40_001;

/** Enough for two writes of a flush; a test that needs less sets `capacity`. */
const CAPACITY_DEFAULT = 1 << 20;

export class MemoryTcp implements Tcp {
  /** How many bytes wait between the ends of connections made from now on. */
  capacity: number = CAPACITY_DEFAULT;
  /** Every connection made: the client's end and the server's. */
  readonly connections: [MemorySocket, MemorySocket][] = [];
  #listeners = new Map<number, MemoryTcpListener[]>();
  #nextListenerPort = LISTENER_PORT_MIN;
  #nextClientPort = CLIENT_PORT_MIN;

  async listen(
    options: TcpListenOptions,
    accept: (socket: TcpSocket) => void,
  ): Promise<TcpListener> {
    const port = options.port === 0 ? this.#pickPort() : options.port;
    const others = this.#listeners.get(port) ?? [];
    if (others.length > 0 && !(options.reusePort && others.every((other) => other.isShared))) {
      const place = `${options.host}:${port}`;
      throw new SystemError("EADDRINUSE", `Cannot listen on ${place}: address already in use`);
    }
    const listener = new MemoryTcpListener({ ...options, port }, accept, () =>
      this.#remove(listener),
    );
    this.#listeners.set(port, [...others, listener]);
    return listener;
  }

  async connect(options: TcpConnectOptions, handler: TcpHandler): Promise<TcpSocket> {
    await Promise.resolve();
    const { host, port, tls } = options;
    const listeners = this.#listeners.get(port) ?? [];
    const listener = listeners[this.connections.length % Math.max(1, listeners.length)];
    if (listener === undefined || (tls !== undefined) !== (listener.identity !== undefined)) {
      const reason = listener === undefined ? "ECONNREFUSED" : "only one side speaks TLS";
      throw new ClosedError(`Cannot connect to ${host}:${port}: ${reason}`);
    }
    const clientPort = this.#nextClientPort++;
    const isTls = tls !== undefined;
    const [client, server] = joinSockets(
      new MemorySocket(clientPort, port, this.capacity, isTls),
      new MemorySocket(port, clientPort, this.capacity, isTls),
    );
    client.handler = handler;
    this.connections.push([client, server]);
    queueMicrotask(() => listener.accept(server));
    return client;
  }

  #pickPort(): number {
    while (this.#listeners.has(this.#nextListenerPort)) this.#nextListenerPort += 1;
    return this.#nextListenerPort++;
  }

  #remove(listener: MemoryTcpListener): void {
    const others = this.#listeners.get(listener.port)?.filter((other) => other !== listener) ?? [];
    if (others.length > 0) this.#listeners.set(listener.port, others);
    else this.#listeners.delete(listener.port);
  }
}

class MemoryTcpListener implements TcpListener {
  readonly host: string;
  readonly port: number;
  readonly isShared: boolean;
  readonly accept: (socket: TcpSocket) => void;
  identity: TlsIdentity | undefined;
  #closed: () => void;

  constructor(options: TcpListenOptions, accept: (socket: TcpSocket) => void, closed: () => void) {
    this.host = options.host;
    this.port = options.port;
    this.isShared = options.reusePort ?? false;
    this.accept = accept;
    this.identity = options.tls;
    this.#closed = closed;
  }

  setTlsIdentity(identity: TlsIdentity): void {
    assert(this.identity !== undefined, "only a TLS listener has an identity");
    this.identity = identity;
  }

  async close(): Promise<void> {
    this.#closed();
  }
}
