/**
 * TCP by `Bun.listen` and `Bun.connect`, TLS by node:tls: a listener of Bun's own cannot replace its
 * certificate.
 *
 * @module
 */

import type { TCPSocketListener, TCPSocketListenOptions } from "bun";
import { assert } from "../../base/assert.ts";
import { formatEndpoint } from "../node-compat/address.ts";
import { toSystemError } from "../node-compat/system-fault.ts";
import { NodeTcp, type TcpOptions } from "../node-compat/tcp.ts";
import { toConnectError, toTimeoutError } from "../node-compat/tcp-connect.ts";
import { hasPeer, IGNORE } from "../node-compat/tcp-socket.ts";
import type {
  Tcp,
  TcpConnectOptions,
  TcpHandler,
  TcpListener,
  TcpListenOptions,
  TcpSocket,
} from "../runtime.ts";
import { BunTcpSocket, type RawSocket, SOCKET_EVENTS } from "./tcp-socket.ts";

type RawListenOptions = TCPSocketListenOptions<BunTcpSocket | undefined>;

export class BunTcp implements Tcp {
  #tls: NodeTcp;

  constructor(options: TcpOptions) {
    this.#tls = new NodeTcp(options);
  }

  async listen(
    options: TcpListenOptions,
    accept: (socket: TcpSocket) => void,
  ): Promise<TcpListener> {
    if (options.tls !== undefined) return this.#tls.listen(options, accept);
    const { host, port, reusePort = false } = options;
    // `reusePort` works, but is missing from the types.
    const rawOptions: RawListenOptions & { reusePort: boolean } = {
      hostname: host,
      port,
      reusePort,
      socket: { ...SOCKET_EVENTS, open: (raw) => welcome(raw, accept) },
    };
    try {
      return new BunTcpListener(Bun.listen(rawOptions));
    } catch (error) {
      throw toSystemError(error, `listen on ${formatEndpoint(host, port)}`);
    }
  }

  connect(options: TcpConnectOptions, handler: TcpHandler): Promise<TcpSocket> {
    if (options.tls !== undefined) return this.#tls.connect(options, handler);
    return connectPlain(options, handler);
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

  constructor(raw: TCPSocketListener<BunTcpSocket | undefined>) {
    this.host = raw.hostname;
    this.port = raw.port;
    this.#raw = raw;
  }

  setTlsIdentity(): void {
    assert(false, "only a TLS listener has an identity");
  }

  async close(): Promise<void> {
    this.#raw.stop();
  }
}

function connectPlain(options: TcpConnectOptions, handler: TcpHandler): Promise<TcpSocket> {
  return new Promise((resolve, reject) => {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      reject(toTimeoutError(options));
    }, options.timeoutMs);
    const fail = (error: unknown): void => {
      clearTimeout(timer);
      reject(toConnectError(error, options));
    };
    Bun.connect<BunTcpSocket | undefined>({
      hostname: options.host,
      port: options.port,
      socket: {
        ...SOCKET_EVENTS,
        open(raw): void {
          clearTimeout(timer);
          if (hasPeer(raw) && !isLate) {
            resolve(new BunTcpSocket(raw, handler));
          } else {
            // An attempt cannot be called off, only closed once it has succeeded.
            fail(new Error("closed before it was open"));
            raw.terminate();
          }
        },
        connectError: (_raw, error) => fail(error),
      },
    }).catch(fail);
  });
}
