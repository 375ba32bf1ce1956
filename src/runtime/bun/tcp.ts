/**
 * TCP by `Bun.listen` and `Bun.connect`, TLS by node:tls: a listener of Bun's own cannot replace its
 * certificate.
 *
 * @module
 */

import process from "node:process";
import type {
  SocketHandler,
  TCPSocketListener,
  TCPSocketListenOptions,
  UnixSocketListener,
} from "bun";
import { assert } from "../../base/assert.ts";
import { formatEndpoint } from "../node-compat/address.ts";
import { checkHandOver } from "../node-compat/hand-over.ts";
import { checkLocalPath, listenAtPath } from "../node-compat/local-path.ts";
import { toSystemError } from "../node-compat/system-fault.ts";
import { NodeTcp, type TcpOptions } from "../node-compat/tcp.ts";
import { toConnectError, toTimeoutError } from "../node-compat/tcp-connect.ts";
import { BACKLOG } from "../node-compat/tcp-listen.ts";
import { hasPeer, IGNORE } from "../node-compat/tcp-socket.ts";
import type {
  LocalListener,
  Tcp,
  TcpConnectOptions,
  TcpHandler,
  TcpListener,
  TcpListenOptions,
  TcpSocket,
} from "../runtime.ts";
import { descriptorOf, loadTuner } from "./libc.ts";
import { BunTcpSocket, type RawSocket, SOCKET_EVENTS } from "./tcp-socket.ts";

type RawListenOptions = TCPSocketListenOptions<BunTcpSocket | undefined>;

export class BunTcp implements Tcp {
  readonly canSharePort: boolean = process.platform === "linux";
  readonly canHandOver = false;
  #tls: NodeTcp;

  constructor(options: TcpOptions) {
    this.#tls = new NodeTcp(options, { canSharePort: this.canSharePort, loadTuner });
  }

  async listen(
    options: TcpListenOptions,
    accept: (socket: TcpSocket) => void,
  ): Promise<TcpListener> {
    if (options.tls !== undefined) return this.#tls.listen(options, accept);
    if (options.role !== undefined) checkHandOver();
    const { host, port, reusePort = false, sendBufferSize, descriptor } = options;
    const place =
      descriptor === undefined ? { hostname: host, port, reusePort } : { fd: descriptor };
    // `reusePort` and `fd` work, but are missing from the types.
    const rawOptions = {
      ...place,
      socket: { ...SOCKET_EVENTS, open: (raw: RawSocket) => welcome(raw, accept) },
    };
    const tuner = await loadTuner();
    try {
      const raw = Bun.listen(rawOptions as RawListenOptions);
      // Bun's own queue is 512 long.
      tuner.tune(descriptorOf(raw), { sendBufferSize, backlog: BACKLOG });
      return new BunTcpListener(raw, host, port);
    } catch (error) {
      throw toSystemError(error, `listen on ${formatEndpoint(host, port)}`);
    }
  }

  connect(options: TcpConnectOptions, handler: TcpHandler): Promise<TcpSocket> {
    if (options.tls !== undefined) return this.#tls.connect(options, handler);
    const { host, port, timeoutMs } = options;
    const address = { hostname: host, port };
    const place = formatEndpoint(host, port);
    return connectTo({ kind: "tcp", address, place }, timeoutMs, handler);
  }

  listenLocal(path: string, accept: (socket: TcpSocket) => void): Promise<LocalListener> {
    return listenAtPath(path, async () => {
      const tuner = await loadTuner();
      const open = (raw: RawSocket): void => accept(new BunTcpSocket(raw, IGNORE, "local"));
      const raw = Bun.listen<BunTcpSocket | undefined>({
        unix: path,
        socket: { ...SOCKET_EVENTS, open },
      });
      tuner.tune(descriptorOf(raw), { backlog: BACKLOG });
      return new BunLocalListener(path, raw);
    });
  }

  async connectLocal(path: string, timeoutMs: number, handler: TcpHandler): Promise<TcpSocket> {
    const place = checkLocalPath(path);
    return connectTo({ kind: "local", address: { unix: path }, place }, timeoutMs, handler);
  }
}

function welcome(raw: RawSocket, accept: (socket: TcpSocket) => void): void {
  if (hasPeer(raw)) accept(new BunTcpSocket(raw, IGNORE));
  else raw.terminate();
}

class BunTcpListener implements TcpListener {
  readonly host: string;
  readonly port: number;
  #raw: TCPSocketListener<BunTcpSocket | undefined>;

  /** @param host And port: of a descriptor, which Bun does not tell of. */
  constructor(raw: TCPSocketListener<BunTcpSocket | undefined>, host: string, port: number) {
    this.host = raw.hostname ?? host;
    this.port = raw.port ?? port;
    this.#raw = raw;
  }

  setTlsIdentity(): void {
    assert(false, "only a TLS listener has an identity");
  }

  take(): void {
    assert(false, "not in the role to take");
  }

  async close(): Promise<void> {
    this.#raw.stop();
  }
}

class BunLocalListener implements LocalListener {
  readonly path: string;
  #raw: UnixSocketListener<BunTcpSocket | undefined>;
  #isClosed = false;

  constructor(path: string, raw: UnixSocketListener<BunTcpSocket | undefined>) {
    this.path = path;
    this.#raw = raw;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    // This removes the file, too.
    this.#raw.stop();
  }
}

/** Where to connect to, as Bun wants it and as the user reads it. */
interface Target {
  readonly kind: "tcp" | "local";
  readonly address: { hostname: string; port: number } | { unix: string };
  readonly place: string;
}

function connectTo(target: Target, timeoutMs: number, handler: TcpHandler): Promise<TcpSocket> {
  const { kind, address, place } = target;
  return new Promise((resolve, reject) => {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      reject(toTimeoutError(place, timeoutMs));
    }, timeoutMs);
    const fail = (error: unknown): void => {
      clearTimeout(timer);
      reject(toConnectError(place, error));
    };
    const socket: SocketHandler<BunTcpSocket | undefined> = {
      ...SOCKET_EVENTS,
      open(raw): void {
        clearTimeout(timer);
        if (!isLate && (kind === "local" || hasPeer(raw))) {
          resolve(new BunTcpSocket(raw, handler, kind));
        } else {
          // An attempt cannot be called off, only closed once it has succeeded.
          fail(new Error("closed before it was open"));
          raw.terminate();
        }
      },
      connectError: (_raw, error) => fail(error),
    };
    const attempt =
      "unix" in address
        ? Bun.connect<BunTcpSocket | undefined>({ ...address, socket })
        : Bun.connect<BunTcpSocket | undefined>({ ...address, socket });
    attempt.catch(fail);
  });
}
