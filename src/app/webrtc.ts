/**
 * WebRTC as a part of the server: its ports, its certificate, and what it answers by HTTP.
 *
 * @module
 */

import type { Logger } from "../base/logger.ts";
import { PRODUCT_NAME } from "../base/version.ts";
import type { Config } from "../config/config.ts";
import type { ServerIdentity } from "../live/server-identity.ts";
import {
  createDtlsIdentity,
  type DtlsIdentity,
  readDtlsIdentity,
} from "../protocols/rtc/dtls/dtls-identity.ts";
import type { Runtime, TcpSocket, UdpSocket } from "../runtime/runtime.ts";
import type { RtcServerPorts, RtcServerSettings } from "../servers/rtc/ports.ts";
import { RtcHandler } from "../servers/rtc/rtc-handler.ts";
import { RtcServer } from "../servers/rtc/rtc-server.ts";
import type { PartialHandler } from "./http-handler.ts";
import type { ConfigSource } from "./live-config.ts";
import type { ServedRtcStreams } from "./rtc-streams.ts";
import { type OpenPort, type PortPlan, sharedWithWebRtc } from "./server-ports.ts";

/** What the kernel holds of a burst: a key frame for some hundred viewers, packets of one second. */
const BUFFER_SIZE = 4 * 1024 * 1024;

export interface WebRtcOptions
  extends Omit<RtcServerPorts, "settings" | "identity" | "crypto" | "host" | "streams"> {
  readonly streams: ServedRtcStreams;
  readonly config: ConfigSource;
  readonly runtime: Runtime;
  readonly logger: Logger;
  readonly identity: ServerIdentity;
}

/** A UDP port. Those who came by it stay when it is closed. */
interface UdpPort {
  readonly socket: UdpSocket;
  isOffered: boolean;
}

export class WebRtc {
  readonly #options: WebRtcOptions;
  readonly #server: RtcServer;
  readonly #handler: RtcHandler;
  readonly #udp = new Map<string, UdpPort>();
  #identity: DtlsIdentity | undefined;

  constructor(options: WebRtcOptions) {
    const { runtime, config, identity } = options;
    this.#options = options;
    const server: RtcServerPorts = {
      ...options,
      crypto: runtime.crypto,
      host: runtime.host,
      identity: () => this.#expectIdentity(),
      settings: () => toSettings(config.current),
    };
    this.#server = new RtcServer(server);
    this.#handler = new RtcHandler(this.#server, identity);
  }

  /** Answers who asks to publish or to play, if WebRTC is served. */
  readonly handle: PartialHandler = (request) =>
    this.#options.config.current.rtcServer.enabled ? this.#handler.handle(request) : undefined;

  /** Nobody may begin. */
  stop(): void {
    this.#server.isStopping = true;
  }

  /** Takes a connection that was accepted on a port of others. */
  acceptTcp(socket: TcpSocket): void {
    this.#server.acceptTcp(socket);
  }

  /**
   * See `OpenPortFunction`.
   *
   * @throws {SystemError} If the port cannot be had, or the certificate is none.
   */
  async listen(plan: PortPlan): Promise<OpenPort> {
    this.#identity ??= await this.#createIdentity();
    return plan.protocol === "webrtc-udp" ? this.#listenUdp(plan) : this.#listenTcp(plan);
  }

  /** Call every second or so: lets go of ports that are closed, once nobody uses them. */
  sweep(nowMs: number): void {
    this.#options.streams.sweep(nowMs);
    const [any] = this.#server.sessions;
    if (any !== undefined) return;
    for (const [key, { socket, isOffered }] of this.#udp) {
      if (isOffered) continue;
      this.#udp.delete(key);
      this.#server.forgetUdp(socket);
      void socket.close();
    }
  }

  /** Ends all sessions, and closes the ports. */
  async close(): Promise<void> {
    this.#server.close();
    const sockets = [...this.#udp.values()].map(({ socket }) => socket);
    this.#udp.clear();
    await Promise.all(sockets.map((socket) => socket.close()));
  }

  async #listenUdp({ endpoint: { host, port } }: PortPlan): Promise<OpenPort> {
    const key = `${host}:${port}`;
    const { udp } = this.#options.runtime;
    let known = this.#udp.get(key);
    if (known === undefined) {
      const { handler, opened } = this.#server.prepareUdp();
      const sizes = { receiveBufferSize: BUFFER_SIZE, sendBufferSize: BUFFER_SIZE };
      const socket = await udp.bind({ host, port, ...sizes }, handler);
      opened(socket);
      known = { socket, isOffered: false };
      this.#udp.set(key, known);
    }
    const open = known;
    return {
      open: () => {
        open.isOffered = true;
        this.#server.offerUdp(open.socket, { host, port: open.socket.port });
        this.#logOpen("udp", host, open.socket.port);
      },
      setTlsIdentity: () => undefined,
      setRoles: () => undefined,
      close: async () => {
        open.isOffered = false;
        this.#server.withdrawUdp(open.socket);
      },
    };
  }

  async #listenTcp({ endpoint: { host, port } }: PortPlan): Promise<OpenPort> {
    const listener = await this.#options.runtime.tcp.listen({ host, port }, (socket) =>
      this.#server.acceptTcp(socket),
    );
    const endpoint = { host, port: listener.port };
    return {
      open: () => {
        this.#server.offerTcp(endpoint);
        this.#logOpen("tcp", host, listener.port);
      },
      setTlsIdentity: () => undefined,
      setRoles: () => undefined,
      close: async () => {
        this.#server.withdrawTcp(endpoint);
        await listener.close();
      },
    };
  }

  #logOpen(transport: "udp" | "tcp", address: string, port: number): void {
    this.#options.logger.info("listening", { protocol: "webrtc", transport, address, port });
  }

  #expectIdentity(): DtlsIdentity {
    const { crypto, clock } = this.#options.runtime;
    this.#identity ??= createDtlsIdentity(crypto, clock, "ecdsa", PRODUCT_NAME);
    return this.#identity;
  }

  async #createIdentity(): Promise<DtlsIdentity> {
    const { crypto, clock, files } = this.#options.runtime;
    const { cert, key, ecdsa } = this.#options.config.current.rtcServer;
    if (cert === "") {
      return createDtlsIdentity(crypto, clock, ecdsa ? "ecdsa" : "rsa", PRODUCT_NAME);
    }
    const [certificate, keyText] = await Promise.all([files.readText(cert), files.readText(key)]);
    return readDtlsIdentity(crypto, certificate, keyText);
  }
}

function toSettings(config: Config): RtcServerSettings {
  const { rtcServer, circuitBreaker, limits } = config;
  const { enabled, highThreshold, highPulse, criticalThreshold, criticalPulse } = circuitBreaker;
  const { dyingThreshold, dyingPulse } = circuitBreaker;
  return {
    candidates: rtcServer,
    sharedTcp: sharedWithWebRtc(config),
    isEncrypted: rtcServer.encrypt,
    mergesNalUnits: rtcServer.mergeNalus,
    srtpProfiles: ["aes128-cm-sha1-80", "aead-aes-128-gcm"],
    iceServers: rtcServer.iceServers,
    circuitBreaker: {
      isEnabled: enabled,
      high: { percent: highThreshold, samples: highPulse },
      critical: { percent: criticalThreshold, samples: criticalPulse },
      dying: { percent: dyingThreshold, samples: dyingPulse },
    },
    setupTimeoutMs: Math.max(limits.handshakeTimeout * 1_000, SETUP_MS_MIN),
  };
}

/** Candidates are gathered, and pairs of them tried, before anything else happens. */
const SETUP_MS_MIN = 15_000;
