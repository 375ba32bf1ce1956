/**
 * The other processes that serve as one server with this one, and how they are reached: workers of
 * the same machine by local sockets, other machines by TCP.
 *
 * @module
 */

import type { Tcp, TcpConnectOptions } from "../../runtime/runtime.ts";

export type PeerAddress =
  | { readonly kind: "local"; readonly path: string }
  | { readonly kind: "tcp"; readonly host: string; readonly port: number };

export interface Peer {
  /** For the log, such as `worker 1`. */
  readonly name: string;
  readonly address: PeerAddress;
}

/** Who the others are at the moment. */
export interface Peers {
  /** Those that can be reached, without this process. */
  list(): readonly Peer[];
}

/** The URL of something at a peer, whose host says nothing: `connectorTo` knows where it is. */
export function peerUrl(path: string, parameters: Readonly<Record<string, string>> = {}): string {
  const query = new URLSearchParams(parameters).toString();
  return `http://peer${path}${query === "" ? "" : `?${query}`}`;
}

/** Connects to the peer, whatever host is asked for. */
export function connectorTo(tcp: Tcp, { address }: Peer): Pick<Tcp, "connect"> {
  return {
    connect: (options: TcpConnectOptions, handler) =>
      address.kind === "local"
        ? tcp.connectLocal(address.path, options.timeoutMs, handler)
        : tcp.connect({ ...options, host: address.host, port: address.port }, handler),
  };
}
