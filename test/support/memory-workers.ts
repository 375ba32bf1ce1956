/**
 * Several workers that are one server, on a machine in memory: whole servers with their supervisor's
 * coordinator between them, but for the processes. Each listens at ports of its own, so that a test
 * chooses to whom a client comes.
 *
 * @module
 */

import { onTestFinished } from "vitest";
import { createEventFeed } from "../../src/app/events.ts";
import type { ReloadReport } from "../../src/app/reload/reloader.ts";
import { Sluice } from "../../src/app/sluice.ts";
import {
  Coordinator,
  type CoordinatorEvents,
  workerName,
} from "../../src/app/workers/coordinator.ts";
import type { Membership } from "../../src/app/workers/membership.ts";
import { WorkerLink } from "../../src/app/workers/worker-link.ts";
import { WorkerReload } from "../../src/app/workers/worker-reload.ts";
import { startSweep } from "../../src/base/sweep.ts";
import type { Config } from "../../src/config/config.ts";
import type { EventFeed } from "../../src/live/event-feed.ts";
import type { RecordedEvent } from "../../src/live/server-event.ts";
import { PeerServer } from "../../src/services/cluster/peer-server.ts";
import { EventResponses } from "../../src/services/events/event-responses.ts";
import { TRANSCODER_THREAD } from "../../src/services/rtc-bridge/transcoder/transcoder-thread.ts";
import { MemoryNetwork, settle } from "./memory-network.ts";
import {
  API_PORT,
  type ConfigValue,
  HTTP_PORT,
  memoryConfig,
  RTMP_PORT,
  refuseToTranscode,
} from "./memory-server.ts";

const IDENTITY = { serverId: "vid-abcdefg", serviceId: "01234567", pid: "4242", programKey: "k" };
const CONTROL = "/run/control";
const SUPERVISOR = "/run/supervisor";
/** The supervisor has nothing to tell of itself here. */
const NO_VIEW = {
  streams: async () => [],
  sessions: async () => [],
  processes: async () => [],
  vhosts: async () => [],
  forwards: async () => [],
  pulls: async () => [],
  transcodes: async () => [],
  ingests: async () => [],
  setIngest: async () => false,
  changeFeed: async () => undefined,
  dvrs: async () => [],
  setDvr: async () => "not_published" as const,
  machine: () => Promise.reject(new Error("not asked for")),
  kick: async () => false,
};
const PID = 4242;

/** Ports of different workers are so far apart. */
const PORT_STEP = 10_000;

export class MemoryWorker {
  readonly link: WorkerLink;
  readonly sluice: Sluice;
  /** What the supervisor has ordered. */
  readonly orders: string[] = [];

  constructor(link: WorkerLink, sluice: Sluice) {
    this.link = link;
    this.sluice = sluice;
    const reload = new WorkerReload((config) => sluice.prepare(config));
    link.follow({
      drain: () => this.orders.push("drain"),
      stop: () => this.orders.push("stop"),
      reopenLog: () => this.orders.push("reopen"),
      prepare: (config) => reload.prepare(config),
      commit: () => reload.commit(),
      giveUp: () => reload.giveUp(),
      lost: () => this.orders.push("lost"),
      failed: (error) => this.orders.push(String(error)),
    });
  }
}

export class MemoryWorkers extends MemoryNetwork implements CoordinatorEvents {
  readonly coordinator: Coordinator;
  readonly workers: MemoryWorker[] = [];
  /** What the coordinator has told the supervisor. */
  readonly news: string[] = [];
  /** The supervisor's, of all that happens. */
  readonly feed: EventFeed;

  private constructor(config: Config, workers: number) {
    super();
    const { clock, tcp, threads } = this.runtime;
    threads.mains.set(TRANSCODER_THREAD, refuseToTranscode);
    const { logger } = this.logging;
    const facts = {
      config,
      identity: IDENTITY,
      sharing: "reusePort",
      workers,
      supervisorPath: SUPERVISOR,
    } as const;
    this.feed = createEventFeed(this.runtime, config);
    const responses = new EventResponses({
      source: this.feed,
      clock,
      countMax: () => config.httpApi.events.clients,
    });
    const server = new PeerServer({
      ...{ view: NO_VIEW, clock, logger, crypto: this.runtime.crypto },
      events: (request, context) => responses.open(request, context),
    });
    void server.listen(tcp, SUPERVISOR);
    startSweep(clock, (nowMs) => responses.sweep(nowMs));
    this.coordinator = new Coordinator({ clock, logger }, facts, this);
    void tcp.listenLocal(CONTROL, (socket) => this.coordinator.accept(socket));
  }

  /** Starts workers, which are stopped with the test. */
  static async start(
    count: number,
    config: ConfigValue = {},
    prepare: (server: MemoryWorkers) => void = () => undefined,
  ): Promise<MemoryWorkers> {
    const server = new MemoryWorkers(memoryConfig(config), count);
    prepare(server);
    for (let worker = 0; worker < count; worker++) await server.startWorker(worker);
    onTestFinished(async () => {
      for (let worker = 0; worker < count; worker++) await server.stopWorker(worker);
    });
    return server;
  }

  async startWorker(worker: number): Promise<MemoryWorker> {
    const { tcp, clock } = this.runtime;
    const link = await WorkerLink.connect(
      { tcp, clock, pid: PID },
      { worker, socketPath: CONTROL, descriptors: [] },
    );
    const { config } = link;
    const sluice = new Sluice({
      config,
      runtime: this.runtime,
      logger: this.logging.logger.child({ worker }),
      assets: { get: () => undefined },
      membership: this.#membership(link),
    });
    const started = new MemoryWorker(link, sluice);
    this.workers[worker] = started;
    await sluice.start();
    link.tell({ type: "ready" });
    await settle();
    return started;
  }

  /** Ends it as the supervisor does. */
  async stopWorker(worker: number): Promise<void> {
    const { sluice, link } = this.worker(worker);
    await this.finish(sluice.stop());
    await this.finish(link.close(1_000));
    await settle();
  }

  worker(worker: number): MemoryWorker {
    const found = this.workers[worker];
    if (found === undefined) throw new Error(`There is no worker ${worker}`);
    return found;
  }

  rtmpUrl(worker: number, path = "live/show"): string {
    return `rtmp://127.0.0.1:${RTMP_PORT + worker * PORT_STEP}/${path}`;
  }

  httpUrl(worker: number, path = "/live/show.flv"): string {
    return `http://127.0.0.1:${HTTP_PORT + worker * PORT_STEP}${path}`;
  }

  async api(
    worker: number,
    path: string,
    method = "GET",
    body = "",
  ): Promise<Record<string, unknown>> {
    const bytes = new TextEncoder().encode(body);
    const port = API_PORT + worker * PORT_STEP;
    const { text } = await this.fetch(path, { port, method, body: bytes });
    return JSON.parse(text) as Record<string, unknown>;
  }

  #membership(link: WorkerLink): Membership {
    const { tcp } = this.runtime;
    const { worker } = link;
    const peerPath = `/run/${worker}`;
    return {
      worker,
      workerCount: link.workerCount,
      name: workerName(worker),
      identity: link.identity,
      claims: link,
      directory: link.directory,
      ports: {
        listen: (options, accept) =>
          tcp.listen({ ...options, port: options.port + worker * PORT_STEP }, accept),
      },
      peerPath,
      listening: () => link.tell({ type: "listening", path: peerPath }),
      tellTotals: (totals) => link.tell({ type: "totals", totals }),
      tellEvent: (event) => link.tellEvent(event),
      join: (connections) => link.counts.join(connections),
    };
  }

  // CoordinatorEvents -------------------------------------------------------------------------------

  isExpected(_worker: number, pid: number): boolean {
    return pid === PID;
  }

  heard(): void {
    // Nobody hangs here.
  }

  ready(worker: number): void {
    this.news.push(`${worker} ready`);
  }

  failed(worker: number, message: string): void {
    this.news.push(`${worker} failed: ${message}`);
  }

  reload(cause: string): Promise<ReloadReport> {
    this.news.push(`reload ${cause}`);
    return Promise.resolve({ id: cause, state: 90, problem: undefined, changes: [] });
  }

  happened(event: RecordedEvent): void {
    this.feed.publish(event);
  }

  drained(worker: number): void {
    this.news.push(`${worker} drained`);
  }

  leftBehind(worker: number, problem: string): void {
    this.news.push(`${worker} left behind: ${problem}`);
  }

  lost(worker: number): void {
    this.news.push(`${worker} lost`);
  }
}
