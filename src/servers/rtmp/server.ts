/**
 * The RTMP server: its ports, and everybody connected to them.
 *
 * @module
 */

import type { Timer } from "../../base/clock.ts";
import { RefusedError } from "../../base/errors.ts";
import { startSweep } from "../../base/sweep.ts";
import type { RtmpServerOptions } from "../../protocols/rtmp/server-session.ts";
import type { TcpSocket } from "../../runtime/runtime.ts";
import type { RtmpServerPorts } from "./ports.ts";
import { RtmpSession, type RtmpSessionHost } from "./session.ts";

export class RtmpServer implements RtmpSessionHost {
  /** For sessions from now on. */
  options: RtmpServerOptions;
  readonly #ports: RtmpServerPorts;
  readonly #sessions = new Set<RtmpSession>();
  readonly #sweep: Timer;
  /** Clients that are connected may not begin anything new. */
  isStopping = false;

  constructor(ports: RtmpServerPorts, options: RtmpServerOptions) {
    this.#ports = ports;
    this.options = options;
    this.#sweep = startSweep(ports.clock, (nowMs) => {
      for (const session of [...this.#sessions]) session.checkDeadline(nowMs);
    });
  }

  /** Serves a connection that somebody has accepted. */
  accept(socket: TcpSocket): void {
    const { connections, sessions, logger } = this.#ports;
    const address = socket.remoteAddress;
    let refusal: RefusedError | undefined;
    try {
      connections.enter(address);
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      logger.warn("connection refused", { address, protocol: "rtmp", reason: error.message });
      if (!connections.enterTold()) {
        socket.destroy();
        return;
      }
      refusal = error;
    }
    const session = new RtmpSession(socket, this.#ports, this, refusal);
    this.#sessions.add(session);
    sessions.add(session);
    logger.debug("session accepted", { clientId: session.clientId, address, protocol: "rtmp" });
  }

  closed(session: RtmpSession, isFailed: boolean): void {
    const { connections, sessions } = this.#ports;
    this.#sessions.delete(session);
    sessions.remove(session, isFailed);
    if (session.refusal === undefined) connections.leave(session.remoteAddress);
    else connections.leaveTold();
  }

  /** Ends all sessions. */
  close(): void {
    this.isStopping = true;
    this.#sweep.cancel();
    for (const session of [...this.#sessions]) session.kick("server_stopped");
  }
}
