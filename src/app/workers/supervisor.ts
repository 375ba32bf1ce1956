/**
 * The process that was started where several are to serve: starts the workers, keeps them running, and
 * is the server to whoever started it. It serves nobody itself.
 *
 * @module
 */

import { sleep } from "../../base/clock.ts";
import { RefusedError, SystemError } from "../../base/errors.ts";
import type { Logger } from "../../base/logger.ts";
import { startSweep } from "../../base/sweep.ts";
import type { Config } from "../../config/config.ts";
import type { Endpoint } from "../../config/endpoint.ts";
import { ConnectionLimit } from "../../live/connection-limit.ts";
import { LocalView } from "../../live/local-view.ts";
import type { RecordedEvent, ServerEvent } from "../../live/server-event.ts";
import { SessionRegistry } from "../../live/session-registry.ts";
import { StreamHub } from "../../live/stream-hub.ts";
import { NO_TOTALS } from "../../live/totals.ts";
import type { ChildExit, ChildProcess, Runtime, UserIdentity } from "../../runtime/runtime.ts";
import { PeerServer } from "../../services/cluster/peer-server.ts";
import { Machine } from "../../services/machine/machine.ts";
import { Disposal } from "../disposal.ts";
import { writePidFile } from "../pid-file.ts";
import { countOf, describeServing } from "../process/describe-serving.ts";
import type { InheritedSockets } from "../process/inherited-sockets.ts";
import { giveAway, logPaths } from "../process/run-as.ts";
import type { ReloadControl, ReloadReport } from "../reload/reloader.ts";
import { createServerIdentity } from "../server-identity.ts";
import { webRtcEndpoints } from "../server-ports.ts";
import { findServerUrls, logReady, type ServerUrls } from "../server-urls.ts";
import { Coordinator, type CoordinatorEvents } from "./coordinator.ts";
import { EventKeeper } from "./event-keeper.ts";
import type { PortSharing } from "./messages.ts";
import { checkPorts, checkUdpPorts, PortHandOver, tcpEndpoints } from "./ports.ts";
import { controlPath, FOLDER_PREFIX, supervisorPath, workerPath } from "./socket-folder.ts";
import { WORKER_DESCRIPTORS_VARIABLE, WORKER_SOCKET_VARIABLE, WORKER_VARIABLE } from "./worker.ts";
import { SILENCE_SECONDS_MAX, WorkerProcess } from "./worker-process.ts";

/** A worker stops within a second; one that takes so long has hung. */
const STOP_MS_MAX = 5_000;

export interface SupervisorOptions {
  readonly config: Config;
  readonly runtime: Runtime;
  readonly logger: Logger;
  readonly workerCount: number;
  readonly sharing: PortSharing;
  readonly reloads: ReloadControl;
  /** Ports that are open already. */
  readonly inherited: InheritedSockets;
  /**
   * Who the workers are to act for. The supervisor itself keeps its rights, since a worker that is
   * started anew needs them for its ports.
   */
  readonly user?: UserIdentity | undefined;
}

/** How far a worker is. */
interface WorkerState {
  readonly process: WorkerProcess;
  isReady: boolean;
  isDrained: boolean;
}

export class Supervisor implements CoordinatorEvents {
  readonly #options: SupervisorOptions;
  readonly #disposal: Disposal;
  readonly #workers: readonly WorkerState[];
  readonly #handOver: PortHandOver;
  #config: Config;
  #coordinator: Coordinator | undefined;
  /** Of the sockets. */
  #folder = "";
  #isStopping = false;
  readonly #events: EventKeeper;
  #starting: Promise<void> | undefined;
  /** Settled when all workers are ready, or one cannot start. */
  readonly #started = Promise.withResolvers<void>();
  /** Called when a worker has left or been drained. */
  #progressed: () => void = () => undefined;

  constructor(options: SupervisorOptions) {
    const { runtime, logger, workerCount } = options;
    this.#options = options;
    this.#config = options.config;
    this.#disposal = new Disposal(logger);
    this.#events = new EventKeeper(runtime, () => this.#config);
    const ports = {
      clock: runtime.clock,
      logger,
      spawn: (worker: number) => this.#spawn(worker),
      // All load the program at once, on the same cores.
      startSecondsMax: SILENCE_SECONDS_MAX + workerCount,
    };
    this.#workers = Array.from({ length: workerCount }, (_, worker) => ({
      process: new WorkerProcess(worker, ports, (exit, pid) => this.#ended(worker, exit, pid)),
      isReady: false,
      isDrained: false,
    }));
    this.#handOver = new PortHandOver(runtime.tcp, () => this.#readyChildren());
    this.#started.promise.catch(() => undefined);
  }

  get urls(): ServerUrls {
    return findServerUrls(this.#config);
  }

  /** For what is decided outside of it, or of one of its workers. */
  tell(event: ServerEvent): void {
    this.#events.tell(event);
  }

  /** A line for people. */
  describeState(): string {
    const { streamCount = 0, connectionCount = 0 } = this.#coordinator ?? {};
    const serving = describeServing(streamCount, connectionCount, "connection");
    return `${serving}, ${countOf(this.#workers.length, "worker")}`;
  }

  /** How long a graceful stop may wait, in milliseconds; 0: for as long as anybody stays. */
  get graceMs(): number {
    return this.#config.graceTimeout;
  }

  /** SIGTERM is to be taken as SIGQUIT. */
  get isTermGraceful(): boolean {
    return this.#config.forceGraceQuit;
  }

  /**
   * Starts the workers, and waits until all of them serve.
   *
   * @throws {SystemError} If a port or a file cannot be had, or a worker cannot start. What was opened
   *   stays open: call `stop`.
   * @throws {RefusedError} If it is stopped before that.
   */
  start(): Promise<void> {
    this.#starting = this.#start();
    return this.#starting;
  }

  /**
   * Has all workers take on another configuration. One that could prepare it and then does not take it
   * on is ended, and started again with it.
   *
   * @throws {SystemError} If a port cannot be had, or a worker could not do it; then nothing has changed.
   * @throws {RefusedError} If the server does not run, or stops meanwhile.
   * @throws {ClosedError} Likewise.
   */
  async reconfigure(config: Config): Promise<void> {
    const { runtime, sharing, inherited } = this.#options;
    const coordinator = this.#expectRunning();
    const [before, after] = [tcpEndpoints(this.#config), tcpEndpoints(config)];
    const fresh = without(after, before);
    const freshUdp = without(webRtcEndpoints(config).udp, webRtcEndpoints(this.#config).udp);
    await checkUdpPorts(runtime.udp, inherited.without("udp", freshUdp));
    if (sharing === "reusePort") await checkPorts(runtime.tcp, inherited.without("tcp", fresh));
    else await this.#handOver.listen(fresh);
    const problems = await coordinator.configure(config);
    const isTaken = problems.length === 0;
    if (isTaken) {
      this.#config = config;
      this.#events.configure(config);
    }
    await this.#handOver.closeOnly(isTaken ? without(before, after) : fresh);
    this.#expectRunning();
    if (!isTaken) throw new SystemError("EWORKER", problems.join("; "));
  }

  /** Stops at once: everybody is disconnected. */
  async stop(): Promise<void> {
    this.#events.stopping(false);
    this.#giveUpStart();
    await this.#starting?.catch(() => undefined); // What it is about to open is to be closed.
    await this.#disposal.closeAll();
  }

  /** Takes nobody new, waits until all sessions of all workers have ended, then stops. */
  async stopGracefully(): Promise<void> {
    const { clock } = this.#options.runtime;
    this.#events.stopping(true);
    this.#giveUpStart();
    for (const { process } of this.#workers) process.isKept = false;
    await sleep(clock, this.#config.graceStartWait);
    await this.#handOver.close();
    this.#coordinator?.sendAll({ type: "drain" });
    // All stay until the last one is drained, as viewers at one may watch a stream of another.
    while (!this.#workers.every(({ process, isDrained }) => isDrained || !process.isRunning)) {
      await new Promise<void>((resolve) => {
        this.#progressed = resolve;
      });
    }
    await sleep(clock, this.#config.graceFinalWait);
    await this.stop();
  }

  /** Ends the workers by force. */
  async kill(): Promise<void> {
    this.#giveUpStart();
    for (const { process } of this.#workers) process.child?.kill("SIGKILL");
    await this.stop();
  }

  /** Has the workers open their log files anew. */
  reopenLogs(): void {
    this.#coordinator?.sendAll({ type: "reopen" });
  }

  // CoordinatorEvents -------------------------------------------------------------------------------

  isExpected(worker: number, pid: number): boolean {
    return !this.#isStopping && this.#workers[worker]?.process.child?.pid === pid;
  }

  heard(worker: number): void {
    this.#workers[worker]?.process.heard();
  }

  ready(worker: number): void {
    const state = this.#workers[worker];
    if (state !== undefined) state.isReady = true;
    const pid = state?.process.child?.pid ?? 0;
    this.tell({ type: "worker.started", worker, pid });
    if (this.#workers.every(({ isReady }) => isReady)) this.#started.resolve();
  }

  failed(worker: number, message: string): void {
    if (this.#isStopping) return; // What it could not do is not wanted any more.
    this.#options.logger.debug("worker failed", { worker, message });
    this.#started.reject(new SystemError("EWORKER", message));
  }

  reload(cause: string): Promise<ReloadReport> {
    const { reloads } = this.#options;
    return cause === "" ? reloads.latest() : reloads.reload(cause);
  }

  happened(event: RecordedEvent): void {
    this.#events.happened(event);
  }

  drained(worker: number): void {
    const state = this.#workers[worker];
    if (state !== undefined) state.isDrained = true;
    this.#progressed();
  }

  leftBehind(worker: number, problem: string): void {
    this.#options.logger.warn("worker does not follow", { worker, reason: problem });
    this.#coordinator?.send(worker, { type: "stop" });
    this.#workers[worker]?.process.killAfter(STOP_MS_MAX);
  }

  /** It stops by itself then. */
  lost(worker: number, error: Error | undefined): void {
    const { logger } = this.#options;
    if (error !== undefined) logger.warn("worker lost", { worker, reason: error.message });
    this.#workers[worker]?.process.killAfter(STOP_MS_MAX);
  }

  // -------------------------------------------------------------------------------------------------

  async #start(): Promise<void> {
    const { config, runtime, logger, sharing, inherited, user } = this.#options;
    const { tcp, udp, files, clock } = runtime;
    const endpoints = tcpEndpoints(config);
    if (sharing === "reusePort") await checkPorts(tcp, inherited.without("tcp", endpoints));
    await checkUdpPorts(udp, inherited.without("udp", webRtcEndpoints(config).udp));
    if (config.pid !== "") {
      this.#disposal.add("pid file", await writePidFile(config.pid, runtime));
    }
    const identity = await createServerIdentity(config, runtime);
    const folder = await files.makePrivateFolder(FOLDER_PREFIX);
    this.#folder = folder;
    this.#disposal.add("folder", () => files.removeAll(folder));
    await this.#servePeers(supervisorPath(folder));

    const workers = this.#workers.length;
    const facts = { config, identity, sharing, workers, supervisorPath: supervisorPath(folder) };
    const coordinator = new Coordinator({ clock, logger }, facts, this);
    this.#coordinator = coordinator;
    const control = await tcp.listenLocal(controlPath(folder), (socket) =>
      coordinator.accept(socket),
    );
    this.#disposal.add("control socket", async () => {
      await control.close();
      coordinator.close();
    });
    if (user !== undefined) {
      const own = [folder, controlPath(folder), supervisorPath(folder)];
      await giveAway([...own, ...logPaths(config)], user, files);
    }
    if (sharing === "handOver") {
      this.#disposal.add("ports", () => this.#handOver.close());
      await this.#handOver.listen(endpoints);
    }
    const watch = startSweep(clock, () => this.#watchWorkers());
    this.#disposal.add("watch", () => watch.cancel());
    this.#disposal.add("workers", () => this.#endWorkers());
    if (!this.#isStopping) await Promise.all(this.#workers.map(({ process }) => process.start()));
    await this.#started.promise;
    for (const { process } of this.#workers) process.isKept = !this.#isStopping;
    if (this.#isStopping) return;
    logReady({ urls: this.urls, logger, identity });
    this.#events.started(this.#workers.length);
  }

  #expectRunning(): Coordinator {
    if (this.#coordinator !== undefined && !this.#isStopping) return this.#coordinator;
    throw new RefusedError("shutting_down", "Cannot reload: the server does not run");
  }

  /** Nothing is begun from now on, and nobody is waited for who has been begun. */
  #giveUpStart(): void {
    this.#isStopping = true;
    this.#started.reject(new RefusedError("shutting_down", "Cannot start: the server is stopping"));
  }

  /** Has each of them answer, and ends those that have not done so for long. */
  #watchWorkers(): void {
    for (const { process } of this.#workers) process.sweep();
    this.#coordinator?.sendAll({ type: "ping" });
  }

  #ended(worker: number, { code, signal }: ChildExit, pid: number): void {
    const state = this.#workers[worker];
    if (state !== undefined) state.isReady = false;
    this.#coordinator?.remove(worker);
    this.tell({ type: "worker.ended", worker, pid, code: code ?? null, signal: signal ?? null });
    const { files } = this.#options.runtime;
    // One that ends by itself has removed it.
    files.remove(workerPath(this.#folder, worker, pid)).catch(() => undefined);
    this.#progressed();
    if (this.#isStopping) return;
    const how = code === undefined ? `by ${signal}` : `with exit status ${code}`;
    this.#started.reject(
      new SystemError("EWORKER", `Cannot start worker ${worker}: it ended ${how}`),
    );
  }

  #spawn(worker: number): Promise<ChildProcess> {
    const { sharing, inherited, runtime } = this.#options;
    const { host, processes } = runtime;
    const { path, args } = host.program;
    // Where the supervisor accepts for the workers, its listeners have those of TCP.
    const descriptors =
      sharing === "reusePort" ? inherited.descriptors : inherited.descriptorsOf("udp");
    return processes.spawn(path, [...args, ...host.arguments], {
      environment: {
        ...host.environment,
        [WORKER_VARIABLE]: String(worker),
        [WORKER_SOCKET_VARIABLE]: controlPath(this.#folder),
        [WORKER_DESCRIPTORS_VARIABLE]: descriptors.join(" "),
      },
      output: "inherit",
      isWorker: sharing === "handOver",
      descriptors,
    });
  }

  #readyChildren(): readonly ChildProcess[] {
    return this.#workers.flatMap(({ process, isReady }) =>
      isReady && process.child !== undefined ? [process.child] : [],
    );
  }

  async #endWorkers(): Promise<void> {
    this.#isStopping = true;
    this.#coordinator?.sendAll({ type: "stop" });
    await Promise.all(this.#workers.map(({ process }) => process.end(STOP_MS_MAX)));
  }

  /** The supervisor is one of the server's processes, though nobody is connected to it. */
  async #servePeers(path: string): Promise<void> {
    const { config, runtime, logger } = this.#options;
    const { tcp, clock, crypto, host } = runtime;
    const view = new LocalView({
      hub: new StreamHub(clock, () => {
        throw new Error("Assertion failed: the supervisor has no streams");
      }),
      sessions: new SessionRegistry(),
      connections: new ConnectionLimit({
        connectionsMax: config.maxConnections,
        connectionsPerAddressMax: 0,
      }),
      clock,
      process: host,
      system: new Machine(runtime, {
        isSampled: config.stats.enabled,
        disks: () => this.#config.stats.disk,
      }),
      role: "supervisor",
      worker: undefined,
      otherTraffic: () => ({ receivedSize: 0, sentSize: 0 }),
      ofWorkers: () => this.#coordinator?.totals ?? NO_TOTALS,
    });
    this.#disposal.add("figures", () => view.close());
    const events = this.#events;
    const sweep = startSweep(clock, (nowMs) => {
      view.sweep(nowMs);
      events.sweep(nowMs);
    });
    this.#disposal.add("sweep", () => sweep.cancel());
    const server = new PeerServer({ view, events: events.handler, clock, logger, crypto });
    this.#disposal.add("peers", () => server.close());
    this.#disposal.add("events", () => events.close());
    await server.listen(tcp, path);
  }
}

function without(endpoints: readonly Endpoint[], others: readonly Endpoint[]): Endpoint[] {
  const isOther = ({ host, port }: Endpoint): boolean =>
    others.some((other) => other.host === host && other.port === port);
  return endpoints.filter((endpoint) => !isOther(endpoint));
}
