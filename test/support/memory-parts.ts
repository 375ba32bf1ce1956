/**
 * The servers and the live core without the roof: put together as the whole server is, but with what
 * it keeps to itself in the open, and with an admission that tests decide.
 *
 * @module
 */

import { onTestFinished } from "vitest";
import { HttpListeners } from "../../src/app/http-listeners.ts";
import { httpPorts } from "../../src/app/http-ports.ts";
import { Packaging } from "../../src/app/packaging.ts";
import { streamSettings } from "../../src/app/stream-settings.ts";
import { Vhosts } from "../../src/app/vhosts.ts";
import { startSweep } from "../../src/base/sweep.ts";
import type { Admission, SessionRequest, Traffic } from "../../src/live/admission.ts";
import { ConnectionLimit } from "../../src/live/connection-limit.ts";
import { LocalView } from "../../src/live/local-view.ts";
import { SessionRegistry } from "../../src/live/session-registry.ts";
import { StreamHub } from "../../src/live/stream-hub.ts";
import { RtmpServer } from "../../src/servers/rtmp/server.ts";
import { Machine } from "../../src/services/machine/machine.ts";
import { MemoryNetwork } from "./memory-network.ts";
import { type ConfigValue, memoryConfig, RTMP_PORT } from "./memory-server.ts";

type Question = "connect" | "publish" | "play";

/** Writes down what it is asked and told, and answers when and as a test says. */
export class RecordingAdmission implements Admission {
  readonly calls: string[] = [];
  readonly requests: SessionRequest[] = [];
  readonly traffic: Traffic[] = [];
  /** Which question waits for `answer`. */
  held: Question | undefined;
  /** Refuses a question. */
  refuse: (question: Question, request: SessionRequest) => Error | undefined = () => undefined;
  #waiting: (() => void)[] = [];

  connect(request: SessionRequest): Promise<void> {
    return this.#ask("connect", request);
  }

  publish(request: SessionRequest): Promise<void> {
    return this.#ask("publish", request);
  }

  play(request: SessionRequest): Promise<void> {
    return this.#ask("play", request);
  }

  unpublished(request: SessionRequest): void {
    this.#note("unpublished", request);
  }

  stopped(request: SessionRequest): void {
    this.#note("stopped", request);
  }

  closed(request: SessionRequest, traffic: Traffic): void {
    this.#note("closed", request);
    this.traffic.push(traffic);
  }

  /** Lets those who wait go on. */
  answer(): void {
    this.held = undefined;
    for (const resume of this.#waiting.splice(0)) resume();
  }

  /** What happened since the last call, in a line. */
  news(): string {
    return this.calls.splice(0).join(" ");
  }

  async #ask(question: Question, request: SessionRequest): Promise<void> {
    this.#note(question, request);
    if (this.held === question) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    const refusal = this.refuse(question, request);
    if (refusal !== undefined) throw refusal;
  }

  #note(call: string, request: SessionRequest): void {
    this.calls.push(call);
    this.requests.push(request);
  }
}

/** What must come back to what it was when everybody has left. */
export interface Accounts {
  readonly connections: number;
  readonly sessions: number;
  readonly streams: number;
  readonly timers: number;
  readonly openSockets: number;
}

export class MemoryParts extends MemoryNetwork {
  readonly admission: RecordingAdmission = new RecordingAdmission();
  readonly sessions: SessionRegistry = new SessionRegistry();
  readonly hub: StreamHub;
  readonly connections: ConnectionLimit;
  readonly rtmp: RtmpServer;
  readonly http: HttpListeners;

  private constructor(value: ConfigValue) {
    super();
    const config = memoryConfig(value);
    const { runtime, admission, sessions } = this;
    const { clock, crypto } = runtime;
    this.hub = new StreamHub(clock, (vhost) => streamSettings(config, vhost));
    startSweep(clock, (nowMs) => this.hub.sweep(nowMs));
    this.connections = new ConnectionLimit({
      connectionsMax: config.maxConnections,
      connectionsPerAddressMax: config.limits.connectionsPerAddress,
    });
    const vhosts = new Vhosts(config);
    const { hub, connections } = this;
    const { logger } = this.logging;
    const ports = { hub, admission, sessions, connections, clock, crypto, logger };
    this.rtmp = new RtmpServer(
      { ...ports, rtmpVhost: (host) => vhosts.rtmp(host) },
      {
        crypto,
        identity: { name: "Sluice", version: "1.2.3", pid: 1 },
        handshakeTimeoutMs: config.limits.handshakeTimeout * 1_000,
        mediaSizeMax: config.limits.rtmpMessageSize,
        outputSizeMax: 256 << 10,
      },
    );
    const identity = { serverId: "vid-0000000", serviceId: "00000000", pid: "1", programKey: "k" };
    const assets = { get: () => undefined };
    const view = new LocalView({
      ...ports,
      process: runtime.host,
      system: new Machine(runtime, { isSampled: true, disks: () => [] }),
      role: "single",
      worker: undefined,
      otherTraffic: () => this.http.traffic,
    });
    const packaging = new Packaging({ ...ports, config: { current: config }, runtime, vhosts });
    const web = { config: { current: config }, runtime, assets, identity, vhosts, view, packaging };
    this.http = new HttpListeners({ ...ports, ...web });
  }

  /** Starts the servers, which are closed with the test. */
  static async start(value: ConfigValue = {}): Promise<MemoryParts> {
    const parts = new MemoryParts(value);
    const { rtmp, http, runtime } = parts;
    const { tcp } = runtime;
    await tcp.listen({ host: "127.0.0.1", port: RTMP_PORT }, (socket) => rtmp.accept(socket));
    for (const port of httpPorts(memoryConfig(value))) {
      (await http.listen({ protocol: "http", ...port }, undefined, true)).open();
    }
    onTestFinished(() => {
      rtmp.close();
      http.close();
    });
    return parts;
  }

  accounts(): Accounts {
    return {
      connections: this.connections.count,
      sessions: this.sessions.size,
      streams: this.hub.size,
      timers: this.timerCount,
      openSockets: this.openSockets.length,
    };
  }
}
