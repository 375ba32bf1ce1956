/**
 * A listener without a port.
 *
 * @module
 */

import type { Server } from "node:net";
import type { Server as TlsServer } from "node:tls";
import type { TcpListener, TcpListenOptions, TcpSocket, TlsIdentity } from "../runtime.ts";
import { detach } from "./hand-over.ts";
import { replaceIdentity } from "./tls-identity.ts";

/** Its connections were accepted by another process. */
export class TakingListener implements TcpListener {
  readonly host: string;
  readonly port: number;
  #server: Server | TlsServer;
  #accept: (socket: TcpSocket) => void;
  #isTls: boolean;
  #isClosed = false;

  constructor(
    options: TcpListenOptions,
    server: Server | TlsServer,
    accept: (socket: TcpSocket) => void,
  ) {
    this.host = options.host;
    this.port = options.port;
    this.#server = server;
    this.#accept = accept;
    this.#isTls = options.tls !== undefined;
  }

  setTlsIdentity(identity: TlsIdentity): void {
    replaceIdentity(this.#server, identity);
  }

  take(socket: TcpSocket): void {
    if (this.#isClosed) {
      socket.destroy();
    } else if (this.#isTls) {
      // The documented way to speak TLS on a connection that somebody else accepted.
      this.#server.emit("connection", detach(socket));
    } else {
      // First, so that whom it is given to can pause it.
      socket.resume();
      this.#accept(socket);
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
  }
}
