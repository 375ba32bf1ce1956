/**
 * TCP and TLS by node:net and node:tls.
 *
 * @module
 */

import type {
  Tcp,
  TcpConnectOptions,
  TcpHandler,
  TcpListener,
  TcpListenOptions,
  TcpSocket,
} from "../runtime.ts";
import { connectTcp } from "./tcp-connect.ts";
import { listenTcp } from "./tcp-listen.ts";
import { TlsContexts } from "./tls-contexts.ts";

/** How long a client may take over the TLS handshake: two round trips over the worst of links. */
const TLS_HANDSHAKE_MS_MAX = 10_000;

export interface TcpOptions {
  /** Default 10 seconds. */
  readonly tlsHandshakeMsMax?: number;
}

export class NodeTcp implements Tcp {
  #contexts: TlsContexts = new TlsContexts();
  #handshakeMsMax: number;

  constructor(options: TcpOptions) {
    this.#handshakeMsMax = options.tlsHandshakeMsMax ?? TLS_HANDSHAKE_MS_MAX;
  }

  listen(options: TcpListenOptions, accept: (socket: TcpSocket) => void): Promise<TcpListener> {
    return listenTcp(options, accept, this.#handshakeMsMax);
  }

  connect(options: TcpConnectOptions, handler: TcpHandler): Promise<TcpSocket> {
    return connectTcp(options, handler, this.#contexts);
  }
}
