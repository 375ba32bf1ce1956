/**
 * Listens by node:net or node:tls.
 *
 * @module
 */

import {
  type AddressInfo,
  createServer,
  type ListenOptions,
  type Server,
  type Socket,
} from "node:net";
import { createServer as createTlsServer, type Server as TlsServer } from "node:tls";
import { assert } from "../../base/assert.ts";
import type {
  LocalListener,
  TcpListener,
  TcpListenOptions,
  TcpSocket,
  TlsIdentity,
} from "../runtime.ts";
import { formatEndpoint } from "./address.ts";
import { findDescriptors } from "./find-descriptors.ts";
import { checkHandOver } from "./hand-over.ts";
import { listenAtPath } from "./local-path.ts";
import type { SocketTuner } from "./socket-tuner.ts";
import { toSystemError } from "./system-fault.ts";
import { TakingListener } from "./taking-listener.ts";
import { hasPeer, IGNORE, NodeTcpSocket, type SocketKind } from "./tcp-socket.ts";
import { checkIdentity, replaceIdentity } from "./tls-identity.ts";

/** Players join in bursts of thousands. The kernel caps it (net.core.somaxconn, usually 4096). */
export const BACKLOG = 4096;

export type Accept = (socket: TcpSocket) => void;

/** What a listener needs beyond its options. */
export interface ListenContext {
  /** How long a client may take over the TLS handshake. */
  readonly handshakeMsMax: number;
  /** Absent on Node. */
  readonly loadTuner?: (() => Promise<SocketTuner>) | undefined;
}

export async function listenTcp(
  options: TcpListenOptions,
  accept: Accept,
  context: ListenContext,
): Promise<TcpListener> {
  const { tls, role } = options;
  if (role !== undefined) checkHandOver();
  if (tls !== undefined) checkIdentity(tls);
  assert(role !== "handOn" || tls === undefined, "TLS is for the child to speak");
  try {
    const server =
      tls === undefined
        ? serveTcp(accept, role === "handOn")
        : serveTls(tls, accept, context.handshakeMsMax);
    if (role === "take") return new TakingListener(options, server, accept);
    const { host, port, reusePort = false, descriptor } = options;
    const place = descriptor === undefined ? { host, port, reusePort } : { fd: descriptor };
    await listen(server, place);
    await tune(server, options.sendBufferSize, context.loadTuner);
    return new NodeTcpListener(server);
  } catch (error) {
    throw toSystemError(error, `listen on ${formatEndpoint(options.host, options.port)}`);
  }
}

/** Listens on a local socket. */
export function listenLocally(path: string, accept: Accept): Promise<LocalListener> {
  return listenAtPath(path, async () => {
    const server = createServer((raw) => accept(new NodeTcpSocket(raw, IGNORE, "local")));
    await listen(server, { path });
    return new NodeLocalListener(path, server);
  });
}

/** @param pauseOnConnect Leaves all that arrives to whom the connection is handed over. */
function serveTcp(accept: Accept, pauseOnConnect: boolean): Server {
  return createServer({ noDelay: true, pauseOnConnect }, (raw) => welcome(raw, accept, "tcp"));
}

function serveTls(identity: TlsIdentity, accept: Accept, handshakeMsMax: number): TlsServer {
  const { certificate: cert, key } = identity;
  const server = createTlsServer({ cert, key, noDelay: true, handshakeTimeout: handshakeMsMax });
  server.on("secureConnection", (raw) => welcome(raw, accept, "tls"));
  // One that took too long is not closed otherwise.
  server.on("tlsClientError", (_error, raw) => raw.destroy());
  return server;
}

function welcome(raw: Socket, accept: Accept, kind: SocketKind): void {
  if (hasPeer(raw)) accept(new NodeTcpSocket(raw, IGNORE, kind));
  else raw.destroy();
}

function listen(server: Server, options: ListenOptions & { readonly fd?: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    const opened = (): void => {
      server.off("error", reject);
      // A connection that cannot be accepted, such as for want of a descriptor, harms no other.
      server.on("error", () => undefined);
      resolve();
    };
    // Of a descriptor, Node takes the queue's length as an argument only.
    if (options.fd !== undefined) server.listen({ fd: options.fd }, BACKLOG, opened);
    else server.listen({ ...options, backlog: BACKLOG, exclusive: true }, opened);
  });
}

/** Sets what the runtime's own `listen` has no option for, or does not heed. */
async function tune(
  server: Server,
  sendBufferSize: number | undefined,
  loadTuner: ListenContext["loadTuner"],
): Promise<void> {
  const { port } = server.address() as AddressInfo;
  const tuner = await loadTuner?.();
  if (tuner === undefined) return;
  for (const fd of await findDescriptors("tcp", port)) {
    tuner.tune(fd, { sendBufferSize, backlog: BACKLOG });
  }
}

class NodeLocalListener implements LocalListener {
  readonly path: string;
  #server: Server;

  constructor(path: string, server: Server) {
    this.path = path;
    this.#server = server;
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    // This removes the file, too.
    this.#server.close();
    await new Promise((resolve) => setImmediate(resolve));
  }
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
    replaceIdentity(this.#server, identity);
  }

  take(): void {
    assert(false, "not in the role to take");
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    // Its callback waits for open connections, which live on; the port is free at once.
    this.#server.close();
    await new Promise((resolve) => setImmediate(resolve));
  }
}
