/**
 * The server as this process alone knows it.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import type { ResourceUse } from "../base/resource-use.ts";
import type { StreamName } from "../base/stream-name.ts";
import type { ClientType, Traffic } from "./admission.ts";
import type { ConnectionLimit } from "./connection-limit.ts";
import { EventLoopDelay } from "./event-loop-delay.ts";
import type { FeedAnswer, FeedChange } from "./feeds.ts";
import type { MachineReport } from "./machine-report.ts";
import type { ProcessStat } from "./process-stat.ts";
import { RateMeter } from "./rate-meter.ts";
import type {
  ForwardReport,
  HooksReport,
  IngestReport,
  ProcessReport,
  ProcessRole,
  ProgramsReport,
  PullReport,
  RecordingProblem,
  RecordingReport,
  RecordingsReport,
  SessionReport,
  StreamReport,
  TracingReport,
  TranscodeReport,
  VhostReport,
} from "./reports.ts";
import type { ServerView } from "./server-view.ts";
import type { Session, SessionRegistry } from "./session-registry.ts";
import type { StreamHub } from "./stream-hub.ts";
import { reportDrops, reportStream, type StreamClients } from "./stream-report.ts";
import type { TotalsReport } from "./totals.ts";
import { reportVhosts } from "./vhost-report.ts";

/** A session that has just come has no rate yet. */
const RATED_MS_MIN = 1_000;
const BITS_PER_BYTE = 8;

/** What the process can tell of itself; the runtime's host does. */
export interface ProcessPort {
  readonly pid: number;
  readonly parentPid: number;
  readonly program: { readonly path: string; readonly args: readonly string[] };
  readonly arguments: readonly string[];
  workingFolder(): string;
  cpuMs(): { readonly user: number; readonly system: number };
  /** Bytes. */
  memory(): { readonly residentSize: number; readonly heapSize: number };
  openFiles(): number | undefined;
  pendingTimers(): number;
  resourceUse(): ResourceUse | undefined;
}

/** What the system tells of the machine and of this process. */
export interface SystemPort {
  /** Called every second or so. */
  sweep(nowMs: number): void;
  machine(): Promise<MachineReport>;
  processStat(): Promise<ProcessStat | undefined>;
}

/** Programs that run beside this process. */
export interface ProgramsPort {
  report(): ProgramsReport;
  transcodes(): readonly TranscodeReport[];
  ingests(): readonly IngestReport[];
  /** @returns Whether there is an ingester of that name. */
  setIngest(vhost: string, id: string, isRunning: boolean): boolean;
}

/** What records streams. */
export interface RecorderPort {
  report(): RecordingsReport;
  list(): readonly RecordingReport[];
  /** @returns Why not; `undefined`: it is being recorded, or not any more. */
  record(name: StreamName): RecordingProblem | undefined;
  stop(name: StreamName): RecordingProblem | undefined;
}

export interface LocalViewPorts {
  readonly hub: StreamHub;
  readonly sessions: SessionRegistry;
  readonly connections: ConnectionLimit;
  readonly clock: Clock;
  readonly process: ProcessPort;
  readonly system: SystemPort;
  readonly role: ProcessRole;
  /** From 0; `undefined` for who is no worker. */
  readonly worker: number | undefined;
  /** Of connections that are not sessions: HTTP's. */
  otherTraffic(): Traffic;
  /** Absent: nobody is called back. */
  hooks?(): HooksReport;
  tracing?(): TracingReport | null;
  /** Absent: nothing is recorded. */
  recorder?(): RecorderPort;
  /** Absent: nothing goes to other servers. */
  forwards?(): readonly ForwardReport[];
  /** Absent: nothing is fetched from other servers. */
  pulls?(): readonly PullReport[];
  /** Absent: none. */
  programs?(): ProgramsPort;
  /** Absent, or `undefined`: another process fetches, if any does. */
  changeFeed?(change: FeedChange): FeedAnswer | undefined;
  /** Absent: this process has no workers. */
  ofWorkers?(): TotalsReport;
}

export class LocalView implements ServerView {
  readonly #ports: LocalViewPorts;
  readonly #startedMs: number;
  readonly #startedWallMs: number;
  readonly #cpuRates: RateMeter;
  readonly #eventLoopDelay: EventLoopDelay;

  constructor(ports: LocalViewPorts) {
    const { clock } = ports;
    this.#ports = ports;
    this.#startedMs = clock.monotonicMs();
    this.#startedWallMs = clock.wallMs();
    this.#eventLoopDelay = new EventLoopDelay(clock);
    const { user, system } = ports.process.cpuMs();
    this.#cpuRates = new RateMeter(this.#startedMs, [user, system]);
  }

  /** Call every second or so. */
  sweep(nowMs: number): void {
    this.#ports.sessions.sweep(nowMs);
    this.#ports.system.sweep(nowMs);
    if (!this.#cpuRates.isDue(nowMs)) return;
    const { user, system } = this.#ports.process.cpuMs();
    this.#cpuRates.sample(nowMs, user, system);
  }

  async streams(): Promise<readonly StreamReport[]> {
    const { hub, sessions, clock } = this.#ports;
    const clients = countClients(sessions.values());
    return Array.from(hub.streams, (stream) =>
      reportStream(stream, clients.get(stream.url), clock),
    );
  }

  async sessions(): Promise<readonly SessionReport[]> {
    const { sessions, clock } = this.#ports;
    const nowMs = clock.monotonicMs();
    return Array.from(sessions.values(), (session) => reportSession(session, sessions, nowMs));
  }

  async processes(): Promise<readonly ProcessReport[]> {
    const { hub, sessions, connections, clock, process, system, role, worker } = this.#ports;
    const stat = await system.processStat();
    const nowMs = clock.monotonicMs();
    const cpu = process.cpuMs();
    const rates = this.#cpuRates.rates(nowMs, cpu.user, cpu.system);
    const protocols = sessions.protocols();
    const { sessionsTotal, receivedSize, sentSize } = this.totals();
    return [
      {
        pid: process.pid,
        parentPid: process.parentPid,
        commandLine: [process.program.path, ...process.program.args, ...process.arguments],
        workingFolder: process.workingFolder(),
        role,
        worker: worker ?? null,
        startedMs: Math.round(this.#startedWallMs),
        uptimeMs: Math.round(nowMs - this.#startedMs),
        cpuUserMs: Math.round(cpu.user),
        cpuSystemMs: Math.round(cpu.system),
        cpuLoad: Math.round(rates.first + rates.second) / 1_000,
        ...process.memory(),
        openFiles: process.openFiles() ?? null,
        pendingTimers: process.pendingTimers(),
        stat: stat ?? null,
        use: process.resourceUse() ?? null,
        connections: connections.count,
        connectionsMax: connections.connectionsMax,
        streams: hub.size,
        sessions: countTypes(sessions.values()),
        sessionsTotal,
        receivedSize,
        sentSize,
        drops: reportDrops(hub.delivery()),
        protocols,
        flushes: hub.flushes(),
        eventLoopDelay: this.#eventLoopDelay.report(),
        programs: this.#ports.programs?.().report() ?? null,
        hooks: this.#ports.hooks?.() ?? null,
        tracing: this.#ports.tracing?.() ?? null,
        recordings: this.#ports.recorder?.().report() ?? null,
        ofWorkers: this.#ports.ofWorkers?.() ?? null,
      },
    ];
  }

  totals(): TotalsReport {
    const { sessions, otherTraffic } = this.#ports;
    const traffic = [sessions.traffic(), otherTraffic()];
    return {
      sessionsTotal: sessions.addedCount,
      errors: sessions.errorCount,
      receivedSize: traffic.reduce((sum, { receivedSize }) => sum + receivedSize, 0),
      sentSize: traffic.reduce((sum, { sentSize }) => sum + sentSize, 0),
    };
  }

  async vhosts(): Promise<readonly VhostReport[]> {
    return reportVhosts(this.#ports.hub.pastOfVhosts, await this.streams());
  }

  async forwards(): Promise<readonly ForwardReport[]> {
    return this.#ports.forwards?.() ?? [];
  }

  async pulls(): Promise<readonly PullReport[]> {
    return this.#ports.pulls?.() ?? [];
  }

  async transcodes(): Promise<readonly TranscodeReport[]> {
    return this.#ports.programs?.().transcodes() ?? [];
  }

  async ingests(): Promise<readonly IngestReport[]> {
    return this.#ports.programs?.().ingests() ?? [];
  }

  async dvrs(): Promise<readonly RecordingReport[]> {
    return this.#ports.recorder?.().list() ?? [];
  }

  machine(): Promise<MachineReport> {
    return this.#ports.system.machine();
  }

  close(): void {
    this.#eventLoopDelay.close();
  }

  async kick(clientId: string, reason: string): Promise<boolean> {
    return this.#ports.sessions.kick(clientId, reason);
  }

  async setIngest(vhost: string, id: string, isRunning: boolean): Promise<boolean> {
    return this.#ports.programs?.().setIngest(vhost, id, isRunning) ?? false;
  }

  async changeFeed(change: FeedChange): Promise<FeedAnswer | undefined> {
    return this.#ports.changeFeed?.(change);
  }

  async setDvr(name: StreamName, isRunning: boolean): Promise<RecordingProblem | undefined> {
    const recorder = this.#ports.recorder?.();
    if (recorder === undefined) return isRunning ? "not_published" : "not_recorded";
    return isRunning ? recorder.record(name) : recorder.stop(name);
  }
}

/** By the URL of their stream. */
function countClients(sessions: Iterable<Session>): Map<string, StreamClients> {
  const all = new Map<string, StreamClients>();
  for (const session of sessions) {
    const { streamUrl: url, request } = session;
    if (url === undefined) continue;
    const known = all.get(url);
    if (known === undefined) {
      all.set(url, { count: 1, tcUrl: request?.tcUrl ?? "" });
    } else {
      known.count += 1;
      if (isPublishing(session)) known.tcUrl = request?.tcUrl ?? "";
    }
  }
  return all;
}

function isPublishing({ clientType }: Session): boolean {
  return clientType.endsWith("-publish");
}

function countTypes(sessions: Iterable<Session>): Partial<Record<ClientType, number>> {
  const counts: Partial<Record<ClientType, number>> = {};
  for (const { clientType } of sessions) counts[clientType] = (counts[clientType] ?? 0) + 1;
  return counts;
}

function reportSession(session: Session, sessions: SessionRegistry, nowMs: number): SessionReport {
  const { request, subscriber } = session;
  const aliveMs = nowMs - session.startedMs;
  const rates = aliveMs < RATED_MS_MIN ? undefined : sessions.rates(session, nowMs);
  return {
    clientId: session.clientId,
    clientType: session.clientType,
    address: session.remoteAddress,
    url: session.streamUrl ?? null,
    vhost: request?.vhost ?? "",
    app: request?.app ?? "",
    stream: request?.stream ?? "",
    tcUrl: request?.tcUrl ?? "",
    pageUrl: request?.pageUrl ?? "",
    swfUrl: request?.swfUrl ?? "",
    isPublishing: isPublishing(session),
    aliveMs: Math.round(aliveMs),
    receivedSize: session.receivedSize,
    sentSize: session.sentSize,
    receivedRate: Math.round((rates?.first ?? 0) * BITS_PER_BYTE),
    sentRate: Math.round((rates?.second ?? 0) * BITS_PER_BYTE),
    lagSize: subscriber?.lagSize ?? 0,
    lagMs: Math.round(subscriber?.lagMs ?? 0),
    skips: subscriber?.skipCount ?? session.skipCount,
    skippedSize: subscriber?.skippedSize ?? session.skippedSize,
    transport: session.transport ?? null,
  };
}
