/**
 * A way to a peer: a remote address by UDP, or a TCP connection. Nothing is sent on it before the peer
 * has proven by STUN that it is there.
 *
 * @module
 */

import type { UdpSocket } from "../../../runtime/runtime.ts";

export interface RtcPath {
  readonly protocol: "udp" | "tcp";
  readonly address: string;
  readonly port: number;
  /** For batches to many peers; `undefined` for TCP. */
  readonly udp: UdpSocket | undefined;
  readonly isOpen: boolean;
  /** Sends a datagram, or loses it without notice. By UDP its bytes must never change; TCP copies them. */
  send(datagram: Uint8Array): void;
}
