/**
 * One measurement: a server, a publisher, players, and what they report.
 *
 * @module
 */

import { join } from "node:path";
import type { BenchReport } from "../../src/bench/report.ts";
import { ROOT } from "../programs.ts";
import { type LimitFigures, LimitWatch } from "./limit-watch.ts";
import { memoryOf } from "./memory.ts";
import { type Launched, LOAD_CORE, launch, sleep } from "./processes.ts";
import type { Load, Scenario } from "./scenarios.ts";
import type { Running, Subject } from "./subjects.ts";

export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

export interface Measurement {
  readonly subject: string;
  readonly round: number;
  /** Of one processor. */
  readonly cpuPercent: number;
  readonly cpuUserPercent: number;
  readonly megabitsPerSecond: number;
  /** Proportional set size in bytes: with a publisher and no player, and what came on top. */
  readonly memoryBefore: number;
  readonly memoryGrowth: number;
  /** Players and publishers that were not served to the end. */
  readonly failed: number;
  readonly stalls: number;
  readonly gaps: number;
  /** Pictures that a player who reads did not get, by the numbers in their marks. */
  readonly lostFrames: number;
  readonly firstFrameMs: Percentiles;
  readonly latencyMs: Percentiles | undefined;
  /** Of one processor: near 100 the meter is the limit. */
  readonly meterPercent: number;
  /** What the meter complains of. */
  readonly problems: readonly string[];
  readonly limits: LimitFigures | undefined;
  /** What `sluice bench` reported, all of it. */
  readonly report: BenchReport;
  /** The same of the publisher's process, where that is another one. */
  readonly publisherReport: BenchReport | undefined;
}

const SLUICE = join(ROOT, "bin/sluice");
const SETTLE_SECONDS = 3;
/** The publisher is told when to stop. */
const LONG = "3600";

export async function measure(
  scenario: Scenario,
  subject: Subject,
  source: string,
  round: number,
): Promise<Measurement> {
  const server = await subject.start(scenario.mode);
  try {
    const { load } = scenario;
    const players = playArguments(scenario, server, source);
    const isBare = server.rtmp === undefined;
    const publisher =
      isBare || load.hasManyStreams === true
        ? undefined
        : bench([...publishArguments(server, load, source), "--duration", LONG]);
    await sleep((load.settleSeconds ?? SETTLE_SECONDS) * 1_000);
    const memoryBefore = memoryOf(server.pid);
    const watch = server.metrics === undefined ? undefined : new LimitWatch(server.metrics);
    const report = await reportOf(bench(players));
    const limits = await watch?.stop();
    publisher?.child.kill("SIGINT");
    const publisherReport = publisher === undefined ? undefined : await reportOf(publisher);
    const known = { subject: subject.name, round, memoryBefore, limits, publisherReport };
    return toMeasurement(report, known);
  } finally {
    await server.stop();
  }
}

function bench(args: readonly string[]): Launched {
  return launch([SLUICE, "bench", ...args, "--json"], { core: LOAD_CORE });
}

async function reportOf({ result }: Launched): Promise<BenchReport> {
  const { output, errors } = await result;
  if (output === "") throw new Error(`No report: ${errors}`);
  return JSON.parse(output);
}

function playArguments({ load, protocol }: Scenario, server: Running, source: string): string[] {
  const url = (protocol === "rtmp" ? server.rtmp : undefined) ?? server.httpFlv;
  if (url === undefined) throw new Error(`Does not serve ${protocol}`);
  const isMany = load.hasManyStreams === true;
  return [
    ...(isMany ? publishArguments(server, load, source) : []),
    ...["--play", isMany ? `${url}-{n}` : url, "--players", String(load.players)],
    ...["--ramp", String(load.rampSeconds), "--warmup", String(load.warmupSeconds)],
    ...["--duration", String(load.seconds)],
    ...["--stalled", String(load.stalled ?? 0), "--slow", String(load.slow ?? 0)],
    ...["--pid", String(server.pid)],
  ];
}

function publishArguments(server: Running, load: Load, source: string): string[] {
  const url = `${server.rtmp}${load.hasManyStreams === true ? "-{n}" : ""}`;
  const stream = load.bitrate === undefined ? ["--file", source] : ["--bitrate", load.bitrate];
  return ["--publish", url, "--publishers", String(load.publishers), ...stream];
}

function toMeasurement(
  report: BenchReport,
  known: Pick<Measurement, "subject" | "round" | "memoryBefore" | "limits" | "publisherReport">,
): Measurement {
  const { healthy, process: usage, meter } = report;
  if (usage === null) throw new Error("The server's processor time could not be read");
  const bits = report.players.reduce((sum, { players }) => sum + players.bitsPerSecond, 0);
  const publishers = [report.publishers, known.publisherReport?.publishers ?? null];
  return {
    ...known,
    cpuPercent: usage.cpuPercent,
    cpuUserPercent: usage.userPercent,
    megabitsPerSecond: bits / 1e6,
    memoryGrowth: usage.proportionalBytes - known.memoryBefore,
    failed:
      healthy.wanted -
      healthy.withFirstFrame +
      healthy.lost +
      publishers.reduce((sum, one) => sum + (one === null ? 0 : one.failed + one.lost), 0),
    stalls: healthy.stalls.count,
    gaps: healthy.gaps.count,
    lostFrames: healthy.lostFrames,
    firstFrameMs: healthy.firstFrameMs,
    latencyMs: healthy.latencyMs.count > 0 ? healthy.latencyMs : undefined,
    meterPercent: meter.cpuPercent,
    problems: [...report.problems, ...(known.publisherReport?.problems ?? [])],
    report,
  };
}
