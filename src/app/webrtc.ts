/**
 * WebRTC as a part of the server: its ports, its certificate, and what it answers by HTTP.
 *
 * @module
 */

import type { Logger } from "../base/logger.ts";
import { PRODUCT_NAME } from "../base/version.ts";
import type { Config } from "../config/config.ts";
import type { ServerIdentity } from "../live/server-identity.ts";
import { toErrorResponse } from "../protocols/http/http-error.ts";
import type { HttpRequest } from "../protocols/http/request.ts";
import {
  createDtlsIdentity,
  type DtlsIdentity,
  readDtlsIdentity,
} from "../protocols/rtc/dtls/dtls-identity.ts";
import type { Runtime, Tcp, TcpSocket } from "../runtime/runtime.ts";
import type { RtcServerPorts, RtcServerSettings } from "../servers/rtc/ports.ts";
import { RtcHandler } from "../servers/rtc/rtc-handler.ts";
import { RtcServer } from "../servers/rtc/rtc-server.ts";
import type { PackagedHere, RtcHere } from "../services/cluster/peer-server.ts";
import { SharedRtcPorts } from "../services/cluster/sharing/shared-rtc-ports.ts";
import type { PartialHandler } from "./http-handler.ts";
import type { ConfigSource } from "./live-config.ts";
import { RtcElsewhere } from "./rtc-elsewhere.ts";
import type { ServedRtcStreams } from "./rtc-streams.ts";
import { RtcUdpPort } from "./rtc-udp-port.ts";
import { type OpenPort, type PortPlan, sharedWithWebRtc } from "./server-ports.ts";
import type { RtcWorkers } from "./workers/rtc-workers.ts";

/** What another process has in place of this one. */
const NO_PORT: OpenPort = {
  number: undefined,
  open: () => undefined,
  setTlsIdentity: () => undefined,
  setRoles: () => undefined,
  close: async () => undefined,
};

export interface WebRtcOptions
  extends Omit<RtcServerPorts, "settings" | "identity" | "crypto" | "host" | "streams"> {
  readonly streams: ServedRtcStreams;
  readonly config: ConfigSource;
  readonly runtime: Runtime;
  readonly logger: Logger;
  readonly identity: ServerIdentity;
  /** How to listen for TCP. */
  readonly tcp: Pick<Tcp, "listen">;
  /** Absent for a server that is one process. */
  readonly workers: RtcWorkers | undefined;
}

export class WebRtc {
  readonly #options: WebRtcOptions;
  readonly #server: RtcServer;
  readonly #handler: RtcHandler;
  readonly #udp = new Map<string, RtcUdpPort>();
  readonly #shared: SharedRtcPorts | undefined;
  readonly #elsewhere: RtcElsewhere | undefined;
  #identity: DtlsIdentity | undefined;

  constructor(options: WebRtcOptions) {
    const { runtime, config, identity, workers, logger } = options;
    const { tcp, clock } = runtime;
    this.#options = options;
    const server: RtcServerPorts = {
      ...options,
      crypto: runtime.crypto,
      host: runtime.host,
      identity: () => this.#expectIdentity(),
      settings: () => toSettings(config.current),
      ufragPrefix: workers?.newUfrag(),
    };
    this.#server = new RtcServer(server);
    this.#handler = new RtcHandler(this.#server, identity);
    if (workers === undefined) return;
    const accept = (socket: TcpSocket): void => this.#server.acceptTcp(socket);
    this.#shared = new SharedRtcPorts({ workers, tcp, clock, accept });
    this.#elsewhere = new RtcElsewhere({ workers, tcp, clock, logger });
  }

  /** Answers who asks to publish or to play, if WebRTC is served. */
  readonly handle: PartialHandler = (request) => {
    if (!this.#options.config.current.rtcServer.enabled) return undefined;
    const here = (one: HttpRequest): ReturnType<RtcHandler["handle"]> => this.#handler.handle(one);
    return this.#elsewhere === undefined ? here(request) : this.#elsewhere.handle(request, here);
  };

  /** What other processes hand on to this one. */
  readonly here: RtcHere = {
    answer: (request, context) => this.#shared?.answer(request, context),
  };

  /** For the other processes, with what else they are answered. */
  behind(here: PackagedHere): PackagedHere {
    const isOn = (): boolean => this.#options.config.current.rtcServer.enabled;
    const answer: PackagedHere["answer"] = async (request) => {
      try {
        const own = isOn() ? await this.#handler.handle(request) : undefined;
        return own ?? (await here.answer(request));
      } catch (error) {
        const refusal = toErrorResponse(error);
        if (refusal === undefined) throw error;
        return refusal;
      }
    };
    return { ...here, answer };
  }

  /** Nobody may begin. */
  stop(): void {
    this.#server.isStopping = true;
  }

  /** Takes a connection that was accepted on a port of others. */
  acceptTcp(socket: TcpSocket): void {
    if (this.#shared === undefined) this.#server.acceptTcp(socket);
    else this.#shared.acceptTcp(socket);
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

  /** Call every second or so: lets go of ports that are told no more, once nobody uses them. */
  sweep(nowMs: number): void {
    this.#options.streams.sweep(nowMs);
    for (const [key, port] of this.#udp) {
      if (!port.isDone(nowMs)) continue;
      this.#udp.delete(key);
      void port.close();
    }
  }

  /** Ends all sessions, and closes the ports. */
  async close(): Promise<void> {
    this.#server.close();
    this.#shared?.close();
    const ports = [...this.#udp.values()];
    this.#udp.clear();
    await Promise.all(ports.map((port) => port.close()));
  }

  async #listenUdp({ endpoint }: PortPlan): Promise<OpenPort> {
    const key = `${endpoint.host}:${endpoint.port}`;
    const { runtime, workers, config, logger } = this.#options;
    if (workers?.hasSessions === false) return NO_PORT;
    let known = this.#udp.get(key);
    if (known === undefined) {
      const reusePort = workers?.isShared === true;
      known = new RtcUdpPort({
        ...{ endpoint, key, runtime, logger, reusePort, server: this.#server },
        shared: this.#shared,
        setupTimeoutMs: () => toSettings(config.current).setupTimeoutMs,
      });
      await known.open();
      this.#udp.set(key, known);
    }
    known.want();
    const port = known;
    return {
      number: port.number,
      open: () => port.offer(),
      setTlsIdentity: () => undefined,
      setRoles: () => undefined,
      close: async () => port.withdraw(),
    };
  }

  async #listenTcp({ endpoint: { host, port } }: PortPlan): Promise<OpenPort> {
    const listener = await this.#options.tcp.listen({ host, port }, (socket) =>
      this.acceptTcp(socket),
    );
    const endpoint = { host, port: listener.port };
    return {
      number: listener.port,
      open: () => {
        this.#server.offerTcp(endpoint);
        this.#options.logger.info("listening", {
          ...{ protocol: "webrtc", transport: "tcp", address: host, port: listener.port },
        });
      },
      setTlsIdentity: () => undefined,
      setRoles: () => undefined,
      close: async () => {
        this.#server.withdrawTcp(endpoint);
        await listener.close();
      },
    };
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
