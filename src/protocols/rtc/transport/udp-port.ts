/**
 * One UDP port for all sessions: whose a datagram is, its sender's address says, once that has been
 * proven by STUN.
 *
 * Spec: RFC 8445, section 7.3; RFC 7983 (what is what).
 *
 * @module
 */

import { isStun } from "../../../codec/stun/message.ts";
import type { UdpHandler, UdpSocket } from "../../../runtime/runtime.ts";
import type { RtcConnection } from "./rtc-connection.ts";
import type { RtcPath } from "./rtc-path.ts";
import { UdpPath } from "./udp-path.ts";

/** Who knows the sessions. */
export interface UdpPortOwner {
  /**
   * @param holder Whose the path is known to be.
   * @returns Whose it is from now on, if the message says so.
   */
  stun(
    bytes: Uint8Array,
    path: UdpPath,
    holder: RtcConnection | undefined,
  ): RtcConnection | undefined;
  /** The socket broke. */
  broken(error: Error): void;
  /** A datagram was nobody's. */
  stray(): void;
  /** On the monotonic clock. */
  nowMs(): number;
}

/** A proven way, and whose it is. */
interface Known {
  readonly path: UdpPath;
  readonly connection: RtcConnection;
}

export class UdpPort implements UdpHandler {
  readonly #owner: UdpPortOwner;
  readonly #known = new Map<string, Known>();
  #socket: UdpSocket | undefined;
  /** Takes what comes from an unknown address, if another process may know it. @returns Whether it has. */
  takeStranger: ((bytes: Uint8Array, address: string, port: number) => boolean) | undefined;

  constructor(owner: UdpPortOwner) {
    this.#owner = owner;
  }

  open(socket: UdpSocket): void {
    this.#socket = socket;
  }

  /** The socket is no more. */
  close(): void {
    this.#socket = undefined;
    for (const { path, connection } of this.#known.values()) connection.lost(path);
    this.#known.clear();
  }

  /** What comes that way is nobody's from now on. */
  forget(path: RtcPath): void {
    const key = keyOf(path.address, path.port);
    if (this.#known.get(key)?.path === path) this.#known.delete(key);
  }

  /** Whether what comes from there is a session's. */
  knows(address: string, port: number): boolean {
    return this.#known.has(keyOf(address, port));
  }

  datagram(bytes: Uint8Array, address: string, port: number): void {
    const socket = this.#socket;
    // No datagram can be sent to port 0, and none comes from there but by forgery.
    if (socket === undefined || port === 0) return;
    const key = keyOf(address, port);
    const found = this.#known.get(key);
    if (isStun(bytes)) {
      const path = found?.path ?? new UdpPath(socket, address, port);
      const connection = this.#owner.stun(bytes, path, found?.connection);
      if (connection === undefined || connection === found?.connection) return;
      found?.connection.lost(path);
      this.#known.set(key, { path, connection });
    } else if (found !== undefined) {
      found.connection.receive(bytes, this.#owner.nowMs());
    } else if (this.takeStranger?.(bytes, address, port) !== true) {
      this.#owner.stray();
    }
  }

  error(error: Error): void {
    this.#owner.broken(error);
  }
}

function keyOf(address: string, port: number): string {
  return `${port} ${address}`;
}
