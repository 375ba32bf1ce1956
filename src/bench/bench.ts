/**
 * A run: publishers and players come over the ramp, everything warms up, then it is measured.
 *
 * @module
 */

import type { Timer } from "../base/clock.ts";
import { SIGNATURE } from "../base/version.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { type ClientReports, reportClients, sumOf } from "./client-reports.ts";
import { fileLimitProblem, readFileLimit } from "./file-limit.ts";
import { type BenchOptions, rampMsOf } from "./options.ts";
import { PlayGroup } from "./play-group.ts";
import { CONNECT_TIMEOUT_MS } from "./player.ts";
import { meterProblems, serviceProblems } from "./problems.ts";
import type { BenchProgress, Phase } from "./progress.ts";
import { PublishGroup } from "./publish-group.ts";
import { PublisherTotals } from "./publisher.ts";
import { type BenchReport, REPORT_SCHEMA } from "./report.ts";
import { shownUrl } from "./shown-url.ts";
import type { Source } from "./source.ts";
import { UsageWatch } from "./usage-watch.ts";
import { WallTime } from "./wall-time.ts";

export type BenchPorts = Pick<
  Runtime,
  "name" | "version" | "clock" | "crypto" | "files" | "host" | "tcp" | "udp"
>;

/** How often clients are started, slow players held back, and the meter's own delay looked at. */
const TICK_MS = 20;
const SWEEP_MS = 1_000;
/** How long publishers have to take leave. */
const FAREWELL_MS = 200;

export class Bench {
  readonly #ports: BenchPorts;
  readonly #options: BenchOptions;
  readonly #onProgress: (progress: BenchProgress) => void;
  readonly #plays: readonly PlayGroup[];
  readonly #publish: PublishGroup | undefined;
  readonly #usage: UsageWatch;
  readonly #startedPlayerCounts: number[];
  #startedPublisherCount = 0;
  #phase: Phase = "ramp";
  #phaseMs = 0;
  #startedMs = 0;
  #fileLimit: number | undefined;
  #tickMs = 0;
  #delayMsMax = 0;
  /** What the last line of progress counted from. */
  #progressBase = { received: 0, sent: 0, ms: 0 };
  /** Ends the wait that is under way. */
  #wake: (() => void) | undefined;
  #isInterrupted = false;

  /** @param source What publishers send; may be absent if there are none. */
  constructor(
    ports: BenchPorts,
    options: BenchOptions,
    source: Source | undefined,
    onProgress: (progress: BenchProgress) => void,
  ) {
    this.#ports = ports;
    this.#options = options;
    this.#onProgress = onProgress;
    const wallTime = new WallTime(ports.clock);
    this.#plays = options.plays.map((play) => new PlayGroup(play, { ports, wallTime, options }));
    this.#startedPlayerCounts = options.plays.map(() => 0);
    const { publish, isVerified } = options;
    if (publish !== undefined && source !== undefined) {
      const totals = new PublisherTotals(publish.publisherCount);
      const tls = { isVerified };
      this.#publish = new PublishGroup(publish, { ports, wallTime, source, totals, tls });
    }
    this.#usage = new UsageWatch(ports, options);
  }

  /** Ends the run early; what has been measured is reported. */
  interrupt(): void {
    this.#isInterrupted = true;
    this.#wake?.();
  }

  /** Once. */
  async run(): Promise<BenchReport> {
    const { clock } = this.#ports;
    const startedAt = new Date(clock.wallMs()).toISOString();
    this.#fileLimit = await readFileLimit(this.#ports.files);
    const timers = [
      clock.setInterval(TICK_MS, () => this.#tick()),
      clock.setInterval(SWEEP_MS, () => this.#sweep()),
    ];
    this.#startedMs = clock.monotonicMs();
    this.#tickMs = this.#startedMs;
    this.#enter("ramp");
    const rampSeconds = await this.#ramp();
    this.#enter("warm-up");
    const warmupSeconds = await this.#wait(this.#options.warmupSeconds * 1_000);
    const measuredSeconds = await this.#measure();
    const clients = this.#account(measuredSeconds);
    if (measuredSeconds > 0) await this.#usage.lastLook();
    const seconds = { rampSeconds, warmupSeconds, measuredSeconds };
    const report = this.#report({ startedAt, ...seconds }, clients);
    await this.#end(timers);
    return report;
  }

  // Phases ------------------------------------------------------------------------------------------

  /** Waits until all have been started and served, or have failed. */
  async #ramp(): Promise<number> {
    const rampMs = rampMsOf(this.#options);
    let seconds = await this.#wait(rampMs);
    while (!this.#isInterrupted && seconds * 1_000 < rampMs + CONNECT_TIMEOUT_MS) {
      if (!this.#hasPending()) break;
      seconds += await this.#wait(TICK_MS);
    }
    return Math.round(seconds * 1_000) / 1_000;
  }

  async #measure(): Promise<number> {
    if (this.#isInterrupted) return 0;
    this.#enter("measuring");
    await this.#usage.look();
    const startMs = this.#ports.clock.monotonicMs();
    for (const play of this.#plays) play.clearWindow();
    this.#publish?.clearWindow(startMs);
    this.#delayMsMax = 0;
    return await this.#wait(this.#options.durationSeconds * 1_000);
  }

  /** Ends the measured time: what comes from now on, while others are asked for theirs, counts no more. */
  #account(measuredSeconds: number): ClientReports {
    const nowMs = this.#ports.clock.monotonicMs();
    for (const play of this.#plays) play.finish(nowMs);
    this.#publish?.finish(nowMs);
    this.#phase = "done";
    return reportClients(this.#plays, this.#publish, measuredSeconds);
  }

  async #end(timers: readonly Timer[]): Promise<void> {
    for (const timer of timers) timer.cancel();
    for (const play of this.#plays) play.stop();
    this.#publish?.stop();
    if (this.#publish === undefined) return;
    await new Promise<void>((resolve) => {
      this.#ports.clock.setTimer(FAREWELL_MS, resolve);
    });
  }

  #enter(phase: Phase): void {
    this.#phase = phase;
    this.#phaseMs = this.#ports.clock.monotonicMs();
  }

  /** Waits, or until the run is interrupted. @returns How long that was, in seconds. */
  async #wait(ms: number): Promise<number> {
    const { clock } = this.#ports;
    const startMs = clock.monotonicMs();
    if (!this.#isInterrupted) {
      await new Promise<void>((resolve) => {
        const timer = clock.setTimer(ms, resolve);
        this.#wake = () => {
          timer.cancel();
          resolve();
        };
      });
    }
    return Math.round(clock.monotonicMs() - startMs) / 1_000;
  }

  // Ticks -------------------------------------------------------------------------------------------

  #tick(): void {
    const nowMs = this.#ports.clock.monotonicMs();
    this.#delayMsMax = Math.max(this.#delayMsMax, nowMs - this.#tickMs - TICK_MS);
    this.#tickMs = nowMs;
    this.#startDue(nowMs);
    for (const play of this.#plays) play.throttle(nowMs);
  }

  #sweep(): void {
    if (this.#phase === "done") return;
    const nowMs = this.#ports.clock.monotonicMs();
    for (const play of this.#plays) play.sweep(nowMs);
    if (this.#phase === "measuring") void this.#usage.look();
    this.#onProgress(this.#progress(nowMs));
  }

  /** Starts whoever's turn has come: client i of n at the i-th n-th of the ramp. */
  #startDue(nowMs: number): void {
    if (this.#isInterrupted) return;
    const rampMs = rampMsOf(this.#options);
    const share = rampMs > 0 ? Math.min(1, (nowMs - this.#startedMs) / rampMs) : 1;
    const publish = this.#publish;
    if (publish !== undefined) {
      const dueCount = Math.ceil(share * publish.options.publisherCount);
      for (; this.#startedPublisherCount < dueCount; this.#startedPublisherCount++) {
        publish.start(this.#startedPublisherCount);
      }
    }
    for (const [i, play] of this.#plays.entries()) {
      const dueCount = Math.ceil(share * play.options.playerCount);
      let index = this.#startedPlayerCounts[i] ?? 0;
      for (; index < dueCount; index++) if (!this.#startPlayer(play, index)) break;
      this.#startedPlayerCounts[i] = index;
    }
  }

  /** @returns False if its publisher has to be started first. */
  #startPlayer(play: PlayGroup, index: number): boolean {
    const publish = this.#publish;
    if (publish === undefined) {
      play.start(index, index + 1);
      return true;
    }
    const number = publish.numberOf(index);
    const settled = publish.whenSettled(number);
    if (settled === undefined) return false;
    void settled.then(() => {
      if (!this.#isInterrupted) play.start(index, number);
    });
    return true;
  }

  #hasPending(): boolean {
    const pendingCount = this.#publish?.pendingCount ?? 0;
    return pendingCount > 0 || this.#plays.some((play) => play.pendingCount > 0);
  }

  // Reports -----------------------------------------------------------------------------------------

  #progress(nowMs: number): BenchProgress {
    const all = sumOf(this.#plays);
    const publishers = this.#publish?.totals;
    const base = this.#progressBase;
    const seconds = (nowMs - (base.ms === 0 ? this.#startedMs : base.ms)) / 1_000;
    const sent = publishers?.sentSizeEver ?? 0;
    this.#progressBase = { received: all.receivedSizeEver, sent, ms: nowMs };
    return {
      phase: this.#phase,
      seconds: (nowMs - this.#phaseMs) / 1_000,
      publishersConnected: publishers?.connectedCount ?? 0,
      publishersWanted: publishers?.wantedCount ?? 0,
      playersConnected: all.connectedCount,
      playersWanted: all.wantedCount,
      receivedBitsPerSecond: ((all.receivedSizeEver - base.received) * 8) / seconds,
      sentBitsPerSecond: ((sent - base.sent) * 8) / seconds,
      failed: all.failures.count + (publishers?.failures.count ?? 0),
      lost: all.losses.count + (publishers?.losses.count ?? 0),
      stalls: all.stallCount,
      gaps: all.gapCount,
    };
  }

  #report(
    run: Pick<BenchReport, "startedAt" | "rampSeconds" | "warmupSeconds" | "measuredSeconds">,
    { publishers, players, healthy, problems }: ClientReports,
  ): BenchReport {
    const { name, version } = this.#ports;
    const meter = this.#usage.meterReport(this.#delayMsMax);
    const faults = serviceProblems(publishers, healthy);
    const clientCount = sumOf(this.#plays).wantedCount + (publishers?.wanted ?? 0);
    const limitProblem = fileLimitProblem(clientCount, this.#fileLimit);
    if (limitProblem !== undefined && faults.length > 0) faults.push(limitProblem);
    const usage = this.#usage.report(run.measuredSeconds);
    return {
      schema: REPORT_SCHEMA,
      program: SIGNATURE,
      runtime: `${name} ${version}`,
      ...run,
      options: shownOptions(this.#options),
      isInterrupted: this.#isInterrupted,
      isOk: faults.length === 0,
      problems: [...faults, ...problems, ...usage.problems, ...meterProblems(meter)],
      publishers: publishers ?? null,
      players,
      healthy,
      process: usage.process,
      server: usage.server,
      meter,
    };
  }
}

function shownOptions(options: BenchOptions): BenchOptions {
  const { plays, publish, server } = options;
  return {
    ...options,
    plays: plays.map((play) => ({ ...play, url: shownUrl(play.url) })),
    publish: publish && { ...publish, url: shownUrl(publish.url) },
    server: server === undefined ? undefined : shownUrl(server),
  };
}
