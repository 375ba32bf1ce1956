/**
 * One measurement: a server, a publisher, players, and what they report.
 *
 * @module
 */

import { join } from "node:path";
import type { BenchReport } from "../../src/bench/report.ts";
import { ROOT } from "../programs.ts";
import { memoryOf } from "./memory.ts";
import { LOAD_CORE, run, sleep, start, stop } from "./processes.ts";
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
  readonly failed: number;
  readonly stalls: number;
  readonly gaps: number;
  readonly firstFrameMs: Percentiles;
  readonly latencyMs: Percentiles | undefined;
  /** What `sluice bench` reported, all of it. */
  readonly report: BenchReport;
}

const SLUICE = join(ROOT, "bin/sluice");
const SETTLE_SECONDS = 3;

export async function measure(
  scenario: Scenario,
  subject: Subject,
  source: string,
  round: number,
): Promise<Measurement> {
  const server = await subject.start(scenario.mode);
  const { load, protocol } = scenario;
  const url = (protocol === "rtmp" ? server.rtmp : server.httpFlv) ?? server.httpFlv ?? "";
  const isBare = server.rtmp === undefined;
  const publisher =
    isBare || load.hasManyStreams === true
      ? undefined
      : start([SLUICE, "bench", ...publishArguments(server, load, source), "--duration", "600"], {
          core: LOAD_CORE,
        });
  try {
    await sleep((load.settleSeconds ?? SETTLE_SECONDS) * 1_000);
    const memoryBefore = memoryOf(server.pid);
    const args = [
      ...(load.hasManyStreams === true ? publishArguments(server, load, source) : []),
      ...["--play", load.hasManyStreams === true ? `${url}-{n}` : url],
      ...["--players", String(load.players), "--ramp", String(load.rampSeconds)],
      ...["--warmup", String(load.warmupSeconds), "--duration", String(load.seconds)],
      ...["--stalled", String(load.stalled ?? 0), "--slow", String(load.slow ?? 0)],
      ...["--pid", String(server.pid), "--json"],
    ];
    const { output, errors } = await run([SLUICE, "bench", ...args], { core: LOAD_CORE });
    if (output === "") throw new Error(`No report: ${errors}`);
    return toMeasurement(JSON.parse(output), { subject: subject.name, round, memoryBefore });
  } finally {
    if (publisher !== undefined) await stop(publisher);
    await server.stop();
  }
}

function publishArguments(server: Running, load: Load, source: string): string[] {
  const url = `${server.rtmp}${load.hasManyStreams === true ? "-{n}" : ""}`;
  const stream = load.bitrate === undefined ? ["--file", source] : ["--bitrate", load.bitrate];
  return ["--publish", url, "--publishers", String(load.publishers), ...stream];
}

function toMeasurement(
  report: BenchReport,
  known: Pick<Measurement, "subject" | "round" | "memoryBefore">,
): Measurement {
  const { healthy, process: usage } = report;
  if (usage === null) throw new Error("The server's processor time could not be read");
  const bits = report.players.reduce((sum, { players }) => sum + players.bitsPerSecond, 0);
  return {
    ...known,
    cpuPercent: usage.cpuPercent,
    cpuUserPercent: usage.userPercent,
    megabitsPerSecond: bits / 1e6,
    memoryGrowth: usage.proportionalBytes - known.memoryBefore,
    failed: healthy.failed + healthy.lost + (report.publishers?.failed ?? 0),
    stalls: healthy.stalls.count,
    gaps: healthy.gaps.count,
    firstFrameMs: healthy.firstFrameMs,
    latencyMs: healthy.latencyMs.count > 0 ? healthy.latencyMs : undefined,
    report,
  };
}
