/**
 * The RTMP server: its ports, and everybody connected to them.
 *
 * @module
 */

import { createClientId } from "../../base/client-id.ts";
import type { Timer } from "../../base/clock.ts";
import { RefusedError } from "../../base/errors.ts";
import { startSweep } from "../../base/sweep.ts";
import type { RtmpServerOptions } from "../../protocols/rtmp/server-session.ts";
import type { Tcp, TcpListener, TcpListenOptions, TcpSocket } from "../../runtime/runtime.ts";
import type { RtmpServerPorts } from "./ports.ts";
import { RtmpSession } from "./session.ts";

/** SRS's defaults. */
const WIRE_SETTINGS = { chunkSize: 60_000, inAckSize: 0, outAckSize: 2_500_000 };

export class RtmpServer {
  readonly #ports: RtmpServerPorts;
  readonly #options: RtmpServerOptions;
  readonly #listeners: TcpListener[] = [];
  readonly #sessions = new Set<RtmpSession>();
  readonly #sweep: Timer;
  #isStopping = false;

  constructor(ports: RtmpServerPorts, options: RtmpServerOptions) {
    this.#ports = ports;
    this.#options = options;
    this.#sweep = startSweep(ports.clock, (nowMs) => {
      for (const session of [...this.#sessions]) session.checkDeadline(nowMs);
    });
  }

  /** @throws {SystemError} If the port cannot be had. */
  async listen(tcp: Tcp, options: TcpListenOptions): Promise<TcpListener> {
    const listener = await tcp.listen(options, (socket) => this.accept(socket));
    this.#listeners.push(listener);
    const { host, port } = listener;
    const protocol = options.tls === undefined ? "rtmp" : "rtmps";
    this.#ports.logger.info("listening", { protocol, address: host, port });
    return listener;
  }

  /** Serves a connection that somebody has accepted. */
  accept(socket: TcpSocket): void {
    const { connections, sessions, logger, crypto } = this.#ports;
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
    const session = new RtmpSession(socket, this.#ports, {
      clientId: createClientId((size) => crypto.randomBytes(size)),
      server: this.#options,
      wireSettings: WIRE_SETTINGS,
      refusal,
      isStopping: () => this.#isStopping,
      closed: (closed) => {
        this.#sessions.delete(closed);
        sessions.remove(closed);
        if (refusal === undefined) connections.leave(address);
        else connections.leaveTold();
      },
    });
    this.#sessions.add(session);
    sessions.add(session);
    logger.debug("session accepted", { clientId: session.clientId, address, protocol: "rtmp" });
  }

  /** Stops accepting; those who publish or play go on. */
  async stopListening(): Promise<void> {
    this.#isStopping = true;
    await Promise.all(this.#listeners.splice(0).map((listener) => listener.close()));
  }

  /** Ends all sessions. */
  async close(): Promise<void> {
    await this.stopListening();
    this.#sweep.cancel();
    for (const session of [...this.#sessions]) session.kick("server_stopped");
  }
}
