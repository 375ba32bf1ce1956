/**
 * A UDP port of WebRTC: told to clients while the configuration has it, opened again if it broke, and
 * kept for those who came by it when it is told no more.
 *
 * @module
 */

import type { Timer } from "../base/clock.ts";
import { toError } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import { RestartPause } from "../base/restart-pause.ts";
import type { Endpoint } from "../config/endpoint.ts";
import type { Runtime, UdpSocket } from "../runtime/runtime.ts";
import type { RtcServer } from "../servers/rtc/rtc-server.ts";
import type { SharedRtcPorts } from "../services/cluster/sharing/shared-rtc-ports.ts";

/** What the kernel holds of a burst: a key frame for some hundred viewers, packets of one second. */
export const RTC_BUFFER_SIZE: number = 4 * 1024 * 1024;

/** Who is on a port that is told no more is served there so long. */
const WITHDRAWN_MS_MAX = 60 * 60 * 1_000;

export interface RtcUdpPortOptions {
  /** As configured: port 0 is any that is free. */
  readonly endpoint: Endpoint;
  /** The port's name among workers. */
  readonly key: string;
  readonly server: RtcServer;
  /** Absent for a server that is one process. */
  readonly shared: SharedRtcPorts | undefined;
  readonly reusePort: boolean;
  readonly runtime: Pick<Runtime, "udp" | "clock">;
  readonly logger: Logger;
  /** How long a client that was told of the port may take to come. */
  setupTimeoutMs(): number;
}

export class RtcUdpPort {
  readonly #options: RtcUdpPortOptions;
  readonly #pause = new RestartPause();
  /** Once it is known, the same whenever it is opened. */
  #port: number;
  /** `undefined` while it is broken. */
  #socket: UdpSocket | undefined;
  #openedMs = 0;
  #isReopening = false;
  /** The configuration has it, or one that is about to be in force. */
  #isWanted = true;
  #isOffered = false;
  #isClosed = false;
  /** Nobody has been told of a port that never was offered. */
  #withdrawnMs = Number.NEGATIVE_INFINITY;
  #retry: Timer | undefined;

  constructor(options: RtcUdpPortOptions) {
    this.#options = options;
    this.#port = options.endpoint.port;
  }

  /** 0 until it is open, if any may be had. */
  get number(): number {
    return this.#port;
  }

  /** @throws {SystemError} If the port cannot be had. */
  async open(): Promise<void> {
    const { endpoint, key, server, shared, reusePort, runtime } = this.#options;
    const { host } = endpoint;
    let broke: Error | undefined;
    const { handler: own, opened } = server.prepareUdp((error) => {
      broke ??= error;
      if (this.#socket !== undefined) this.#broken(this.#socket, error);
    });
    const handler = shared?.share(key, own) ?? own;
    const sizes = { receiveBufferSize: RTC_BUFFER_SIZE, sendBufferSize: RTC_BUFFER_SIZE };
    const bound = { host, port: this.#port, reusePort, ...sizes };
    const socket = await runtime.udp.bind(bound, handler);
    if (this.#isClosed) {
      await socket.close();
      return;
    }
    opened(socket);
    this.#socket = socket;
    this.#port = socket.port;
    this.#openedMs = runtime.clock.monotonicMs();
    if (broke !== undefined) this.#broken(socket, broke);
  }

  /** The configuration has it again. */
  want(): void {
    this.#isWanted = true;
    if (this.#socket === undefined) this.#reopenAfter(0);
  }

  /** Clients are told of it from now on. */
  offer(): void {
    this.#isOffered = true;
    if (this.#socket !== undefined) this.#tell(this.#socket);
  }

  /** They are not any more; who is on it stays, see `isDone`. */
  withdraw(): void {
    if (this.#isOffered) this.#withdrawnMs = this.#options.runtime.clock.monotonicMs();
    this.#isOffered = false;
    this.#isWanted = false;
    if (this.#socket !== undefined) this.#options.server.withdrawUdp(this.#socket);
  }

  /** Whether nobody needs it any more, or has needed it for too long after it was withdrawn. */
  isDone(nowMs: number): boolean {
    const { server, setupTimeoutMs } = this.#options;
    const socket = this.#socket;
    if (this.#isWanted) return false;
    if (socket === undefined) return true;
    const ms = nowMs - this.#withdrawnMs;
    return ms >= WITHDRAWN_MS_MAX || (ms > setupTimeoutMs() && server.countOnUdp(socket) === 0);
  }

  /** Who is on it goes on by another way, or is missed and ends. */
  async close(): Promise<void> {
    const { server, shared, key, logger } = this.#options;
    const socket = this.#socket;
    this.#isClosed = true;
    this.#socket = undefined;
    this.#retry?.cancel();
    shared?.forget(key);
    if (socket === undefined) return;
    const sessions = server.countOnUdp(socket);
    if (sessions > 0) logger.info("port closed with sessions on it", { ...this.#names, sessions });
    server.forgetUdp(socket);
    await socket.close();
  }

  get #names(): Readonly<Record<string, unknown>> {
    const { host } = this.#options.endpoint;
    return { protocol: "webrtc", transport: "udp", address: host, port: this.#port };
  }

  #tell(socket: UdpSocket): void {
    const { server, endpoint, logger } = this.#options;
    server.offerUdp(socket, { host: endpoint.host, port: socket.port });
    logger.info("listening", this.#names);
  }

  #broken(socket: UdpSocket, { message }: Error): void {
    const { server, shared, key, logger, runtime } = this.#options;
    if (this.#socket !== socket) return;
    this.#socket = undefined;
    const sessions = server.countOnUdp(socket);
    logger.error("port broke", { ...this.#names, sessions, reason: message });
    shared?.forget(key);
    server.forgetUdp(socket);
    this.#reopenAfter(this.#pause.next(runtime.clock.monotonicMs() - this.#openedMs));
  }

  #reopenAfter(ms: number): void {
    this.#retry?.cancel();
    this.#retry = this.#options.runtime.clock.setTimer(ms, () => void this.#reopen());
  }

  /** For those who come, and those who are left: they ask for their sessions by STUN. */
  async #reopen(): Promise<void> {
    const { shared, key, logger } = this.#options;
    if (!this.#isWanted || this.#isClosed || this.#socket !== undefined) return;
    // Who wants it meanwhile gets the one that is about to be open.
    if (this.#isReopening) return;
    this.#isReopening = true;
    try {
      await this.open();
    } catch (error) {
      shared?.forget(key);
      logger.debug("port not opened again", { ...this.#names, reason: toError(error).message });
      if (!this.#isClosed) this.#reopenAfter(this.#pause.next(0));
      return;
    } finally {
      this.#isReopening = false;
    }
    if (this.#socket !== undefined && this.#isOffered) this.#tell(this.#socket);
  }
}
