/**
 * A network of one machine, in memory.
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import { ClosedError, SystemError } from "../../base/errors.ts";
import { joinSockets, MemorySocket } from "../memory.ts";
import type {
  LocalListener,
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

type Accept = (socket: TcpSocket) => void;

export class MemoryTcp implements Tcp {
  canSharePort = true;
  canHandOver = true;
  /** How many bytes wait between the ends of connections made from now on. */
  capacity: number = CAPACITY_DEFAULT;
  /** Every connection made: the client's end and the server's. */
  readonly connections: [MemorySocket, MemorySocket][] = [];
  /** Listeners that were taken by descriptor. */
  readonly descriptors: number[] = [];
  /** Ports below it take a right that nobody has here. */
  portMin = 0;
  #listeners = new Map<number, MemoryTcpListener[]>();
  #localListeners = new Map<string, Accept>();
  #nextListenerPort = LISTENER_PORT_MIN;
  #nextClientPort = CLIENT_PORT_MIN;

  async listen(
    options: TcpListenOptions,
    accept: (socket: TcpSocket) => void,
  ): Promise<TcpListener> {
    if (options.role === "take") {
      return new MemoryTcpListener(options, accept, () => undefined);
    }
    const port = options.port === 0 ? this.#pickPort() : options.port;
    if (options.descriptor !== undefined) this.descriptors.push(options.descriptor);
    else if (port < this.portMin) {
      const place = `${options.host}:${port}`;
      throw new SystemError("EACCES", `Cannot listen on ${place}: permission denied`);
    }
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
    const client = new MemorySocket(clientPort, port, this.capacity, isTls);
    const server = new MemorySocket(port, clientPort, this.capacity, isTls);
    if (listener.role === "handOn") server.pause();
    return this.#introduce([client, server], handler, listener.accept);
  }

  async listenLocal(path: string, accept: Accept): Promise<LocalListener> {
    if (this.#localListeners.has(path)) {
      throw new SystemError("EADDRINUSE", `Cannot listen on "${path}": address already in use`);
    }
    this.#localListeners.set(path, accept);
    const close = async (): Promise<void> => {
      if (this.#localListeners.get(path) === accept) this.#localListeners.delete(path);
    };
    return { path, close };
  }

  async connectLocal(path: string, _timeoutMs: number, handler: TcpHandler): Promise<TcpSocket> {
    await Promise.resolve();
    const accept = this.#localListeners.get(path);
    if (accept === undefined) {
      const cause = new SystemError("ENOENT", "no such file or folder");
      throw new ClosedError(`Cannot connect to "${path}": ENOENT`, { cause });
    }
    const client = new MemorySocket(0, 0, this.capacity);
    const server = new MemorySocket(0, 0, this.capacity);
    return this.#introduce([client, server], handler, accept);
  }

  #introduce(ends: [MemorySocket, MemorySocket], handler: TcpHandler, accept: Accept): TcpSocket {
    const [client, server] = joinSockets(...ends);
    client.handler = handler;
    this.connections.push([client, server]);
    queueMicrotask(() => accept(server));
    return client;
  }

  /** Whether somebody listens there, whoever is let in. */
  isListening(port: number): boolean {
    return this.#listeners.has(port);
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
  readonly role: TcpListenOptions["role"];
  readonly accept: (socket: TcpSocket) => void;
  identity: TlsIdentity | undefined;
  #closed: () => void;
  #isClosed = false;

  constructor(options: TcpListenOptions, accept: (socket: TcpSocket) => void, closed: () => void) {
    this.host = options.host;
    this.port = options.port;
    this.role = options.role;
    this.isShared = options.reusePort ?? false;
    this.accept = accept;
    this.identity = options.tls;
    this.#closed = closed;
  }

  setTlsIdentity(identity: TlsIdentity): void {
    assert(this.identity !== undefined, "only a TLS listener has an identity");
    this.identity = identity;
  }

  take(socket: TcpSocket): void {
    assert(this.role === "take", "not in the role to take");
    if (this.#isClosed) {
      socket.destroy();
    } else {
      socket.resume();
      this.accept(socket);
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#closed();
  }
}
