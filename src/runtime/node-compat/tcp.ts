/**
 * TCP and TLS by node:net and node:tls.
 *
 * @module
 */

import type {
  LocalListener,
  Tcp,
  TcpConnectOptions,
  TcpHandler,
  TcpListener,
  TcpListenOptions,
  TcpSocket,
} from "../runtime.ts";
import { CAN_HAND_OVER } from "./hand-over.ts";
import type { SocketTuner } from "./socket-tuner.ts";
import { connectLocally, connectTcp } from "./tcp-connect.ts";
import { type ListenContext, listenLocally, listenTcp } from "./tcp-listen.ts";
import { TlsContexts } from "./tls-contexts.ts";

/** How long a client may take over the TLS handshake: two round trips over the worst of links. */
const TLS_HANDSHAKE_MS_MAX = 10_000;

export interface TcpOptions {
  /** Default 10 seconds. */
  readonly tlsHandshakeMsMax?: number;
}

/** What the runtime can do beyond node:net. */
export interface TcpAbilities {
  readonly canSharePort: boolean;
  /** Absent where the C library cannot be called. */
  readonly loadTuner?: () => Promise<SocketTuner>;
}

export class NodeTcp implements Tcp {
  readonly canSharePort: boolean;
  readonly canHandOver: boolean = CAN_HAND_OVER;
  #contexts: TlsContexts = new TlsContexts();
  #listenContext: ListenContext;

  constructor(options: TcpOptions, abilities: TcpAbilities) {
    this.canSharePort = abilities.canSharePort;
    this.#listenContext = {
      handshakeMsMax: options.tlsHandshakeMsMax ?? TLS_HANDSHAKE_MS_MAX,
      loadTuner: abilities.loadTuner,
    };
  }

  listen(options: TcpListenOptions, accept: (socket: TcpSocket) => void): Promise<TcpListener> {
    return listenTcp(options, accept, this.#listenContext);
  }

  connect(options: TcpConnectOptions, handler: TcpHandler): Promise<TcpSocket> {
    return connectTcp(options, handler, this.#contexts);
  }

  listenLocal(path: string, accept: (socket: TcpSocket) => void): Promise<LocalListener> {
    return listenLocally(path, accept);
  }

  connectLocal(path: string, timeoutMs: number, handler: TcpHandler): Promise<TcpSocket> {
    return connectLocally(path, timeoutMs, handler);
  }
}
