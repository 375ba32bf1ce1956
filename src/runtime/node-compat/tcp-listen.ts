/**
 * Listens by node:net or node:tls.
 *
 * @module
 */

import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type Server as TlsServer } from "node:tls";
import { assert } from "../../base/assert.ts";
import type { TcpListener, TcpListenOptions, TcpSocket, TlsIdentity } from "../runtime.ts";
import { formatEndpoint } from "./address.ts";
import { toSystemError } from "./system-fault.ts";
import { hasPeer, IGNORE, NodeTcpSocket } from "./tcp-socket.ts";
import { checkIdentity } from "./tls-identity.ts";

/** Players join in bursts of thousands. The kernel caps it (net.core.somaxconn, usually 4096). */
const BACKLOG = 4096;

export type Accept = (socket: TcpSocket) => void;

/** @param handshakeMsMax How long a client may take over the TLS handshake. */
export async function listenTcp(
  options: TcpListenOptions,
  accept: Accept,
  handshakeMsMax: number,
): Promise<TcpListener> {
  const { tls } = options;
  if (tls !== undefined) checkIdentity(tls);
  try {
    const server = tls === undefined ? serveTcp(accept) : serveTls(tls, accept, handshakeMsMax);
    await listen(server, options);
    return new NodeTcpListener(server);
  } catch (error) {
    throw toSystemError(error, `listen on ${formatEndpoint(options.host, options.port)}`);
  }
}

function serveTcp(accept: Accept): Server {
  return createServer({ noDelay: true }, (raw) => welcome(raw, accept, false));
}

function serveTls(identity: TlsIdentity, accept: Accept, handshakeMsMax: number): TlsServer {
  const { certificate: cert, key } = identity;
  const server = createTlsServer({ cert, key, noDelay: true, handshakeTimeout: handshakeMsMax });
  server.on("secureConnection", (raw) => welcome(raw, accept, true));
  // One that took too long is not closed otherwise.
  server.on("tlsClientError", (_error, raw) => raw.destroy());
  return server;
}

function welcome(raw: Socket, accept: Accept, isTls: boolean): void {
  if (hasPeer(raw)) accept(new NodeTcpSocket(raw, IGNORE, isTls));
  else raw.destroy();
}

function listen(server: Server, options: TcpListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    const { host, port, reusePort = false } = options;
    server.listen({ host, port, reusePort, backlog: BACKLOG, exclusive: true }, () => {
      server.off("error", reject);
      // A connection that cannot be accepted, such as for want of a descriptor, harms no other.
      server.on("error", () => undefined);
      resolve();
    });
  });
}

class NodeTcpListener implements TcpListener {
  readonly host: string;
  readonly port: number;
  #server: Server | TlsServer;

  constructor(server: Server | TlsServer) {
    const address = server.address() as AddressInfo;
    this.host = address.address;
    this.port = address.port;
    this.#server = server;
  }

  setTlsIdentity(identity: TlsIdentity): void {
    assert("setSecureContext" in this.#server, "only a TLS listener has an identity");
    checkIdentity(identity);
    try {
      this.#server.setSecureContext({ cert: identity.certificate, key: identity.key });
    } catch (error) {
      throw toSystemError(error, "use the certificate");
    }
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    // Its callback waits for open connections, which live on; the port is free at once.
    this.#server.close();
    await new Promise((resolve) => setImmediate(resolve));
  }
}
