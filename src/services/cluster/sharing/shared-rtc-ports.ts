/**
 * The ports of WebRTC that all workers have together: what comes for a session of another worker is
 * handed on to it, over its socket for peers.
 *
 * ```text
 * GET /rtc/datagrams?port=HOST:PORT       followed by what handed-datagram.ts says
 * GET /rtc/connection?address=&port=      followed by what the client sends and is sent
 * ```
 *
 * @module
 */

import type { Clock } from "../../../base/clock.ts";
import { ClosedError } from "../../../base/errors.ts";
import { encodeLatin1 } from "../../../codec/http/latin1.ts";
import { type HttpAnswer, type HttpContext, TAKEN_OVER } from "../../../protocols/http/handler.ts";
import { createErrorResponse } from "../../../protocols/http/http-error.ts";
import type { HttpRequest } from "../../../protocols/http/request.ts";
import type { Tcp, TcpHandler, TcpSocket } from "../../../runtime/runtime.ts";
import { connectorTo, type Peer, peerUrl } from "../peer.ts";
import { ConnectionRouter } from "./connection-router.ts";
import { DatagramRouter, type OwnPort } from "./datagram-router.ts";
import { HandedSocket } from "./handed-socket.ts";
import type { WorkerPeers } from "./worker-peers.ts";

export const DATAGRAMS_PATH = "/rtc/datagrams";
export const CONNECTION_PATH = "/rtc/connection";

/** To a socket of the same machine. */
const CONNECT_MS_MAX = 2_000;

export interface SharedRtcPortsOptions {
  readonly workers: WorkerPeers;
  readonly tcp: Tcp;
  readonly clock: Clock;
  /** Takes a connection by TCP that is for this process. */
  accept(socket: TcpSocket): void;
}

export class SharedRtcPorts {
  readonly #options: SharedRtcPortsOptions;
  readonly #routers = new Map<string, DatagramRouter>();
  readonly #connections: ConnectionRouter;

  constructor(options: SharedRtcPortsOptions) {
    this.#options = options;
    this.#connections = new ConnectionRouter({
      ...options,
      connect: (peer, { remoteAddress, remotePort }, handler) =>
        this.#connect(
          peer,
          peerUrl(CONNECTION_PATH, { address: remoteAddress, port: `${remotePort}` }),
          handler,
        ),
    });
  }

  /**
   * Shares a UDP port.
   *
   * @param key The same at all workers, and different from that of any other port.
   * @returns What the socket is to be bound with.
   */
  share(key: string, own: OwnPort): DatagramRouter {
    const { workers, clock } = this.#options;
    const router = new DatagramRouter({
      ...{ own, workers, clock },
      connect: async (name, link) => {
        const peer = workers.list().find((one) => one.name === name);
        if (peer === undefined) throw new ClosedError(`Cannot hand on to "${name}": it has ended`);
        return this.#connect(peer, peerUrl(DATAGRAMS_PATH, { port: key }), link);
      },
    });
    this.#routers.set(key, router);
    return router;
  }

  /** The port is closed. */
  forget(key: string): void {
    this.#routers.get(key)?.close();
    this.#routers.delete(key);
  }

  /** Takes a connection by TCP, for whomever it is. */
  acceptTcp(socket: TcpSocket): void {
    this.#connections.accept(socket);
  }

  /** What a peer asks at a path of this module; `undefined` if it is for something else. */
  answer(request: HttpRequest, context: HttpContext): HttpAnswer | undefined {
    if (request.method !== "GET") return undefined;
    if (request.path === DATAGRAMS_PATH) return this.#takeDatagrams(request, context);
    if (request.path === CONNECTION_PATH) return this.#takeConnection(request, context);
    return undefined;
  }

  close(): void {
    for (const key of [...this.#routers.keys()]) this.forget(key);
    this.#connections.close();
  }

  #takeDatagrams(request: HttpRequest, context: HttpContext): HttpAnswer {
    const router = this.#routers.get(request.parameter("port") ?? "");
    if (router === undefined)
      return createErrorResponse(404, "Cannot take datagrams: no such port");
    const link = router.accept();
    const { socket, received } = context.takeOver(link);
    link.attach(socket);
    if (received.length > 0) link.data(received);
    return TAKEN_OVER;
  }

  #takeConnection(request: HttpRequest, context: HttpContext): HttpAnswer {
    const address = request.parameter("address") ?? "";
    const port = Number(request.parameter("port") ?? 0);
    const nobody: TcpHandler = {
      data: () => undefined,
      drain: () => undefined,
      close: () => undefined,
    };
    const { socket, received } = context.takeOver(nobody);
    const handed = new HandedSocket(socket, address, port);
    this.#options.accept(handed);
    if (received.length > 0) handed.handler.data(received);
    return TAKEN_OVER;
  }

  async #connect(
    peer: Peer,
    url: string,
    handler: TcpHandler,
  ): Promise<{ socket: TcpSocket; head: Uint8Array }> {
    const { pathname, search, host } = new URL(url);
    const text = `GET ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
    const head = new Uint8Array(text.length);
    encodeLatin1(text, head);
    const options = { host, port: 0, timeoutMs: CONNECT_MS_MAX };
    const socket = await connectorTo(this.#options.tcp, peer).connect(options, handler);
    return { socket, head };
  }
}
