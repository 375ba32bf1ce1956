/**
 * Measures WebRTC viewers: what they cost the server, how many come in a second, and how much later
 * they see what a WebRTC publisher sends. Writes its section of docs/benchmarks-rtc.md. Needs Linux
 * with two processors.
 *
 * Usage: npm run bench:rtc [-- --smoke]
 *
 * @module
 */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { BenchReport } from "../../src/bench/report.ts";
import { freePort } from "../free-port.ts";
import { ROOT } from "../programs.ts";
import { describeMachine } from "./machine.ts";
import {
  killAll,
  LOAD_CORE,
  launch,
  SERVER_CORE,
  sleep,
  start,
  stop,
  waitForPort,
} from "./processes.ts";
import { table } from "./report.ts";
import { writeSection } from "./sections.ts";

const { values: options } = parseArgs({ options: { smoke: { type: "boolean", default: false } } });

const SLUICE = join(ROOT, "bin/sluice");
const ROUNDS = options.smoke ? 1 : 3;
const SECONDS = options.smoke ? 2 : 6;
/** Bits per second, as `sluice bench` takes them; and packets of a second, of picture and sound. */
const SMALL = { bitrate: "600k", packetCount: 111 };
/** As of 720p. */
const LARGE = { bitrate: "2500k", packetCount: 310 };

interface Load {
  readonly runtime: string;
  readonly viewers: number;
  readonly stream: typeof SMALL;
}

/** As many as a runtime bears with some time to spare. */
const LOADS: readonly Load[] = options.smoke
  ? [{ runtime: "bun", viewers: 50, stream: SMALL }]
  : [
      { runtime: "bun", viewers: 250, stream: SMALL },
      { runtime: "bun", viewers: 500, stream: SMALL },
      { runtime: "bun", viewers: 1_000, stream: SMALL },
      { runtime: "node", viewers: 500, stream: SMALL },
      { runtime: "deno", viewers: 250, stream: SMALL },
      { runtime: "bun", viewers: 200, stream: LARGE },
      { runtime: "node", viewers: 100, stream: LARGE },
      { runtime: "deno", viewers: 100, stream: LARGE },
    ];
/** Comers a second while the cost is measured, which is when they are all there. */
const PACE = 50;
const WATCHED = options.smoke ? [1, 20] : [1, 100, 250, 500];
/** One picture in seven has a time mark: of each place in a GOP of 2 s there is one in that time. */
const LATENCY_SECONDS = options.smoke ? 2 : 14;
/** Of the process that measures latency; half of them come before the load, half behind it. */
const SAMPLES = 10;
const COMERS = options.smoke ? 50 : 500;
const COMERS_PER_SECOND = 200;

const folder = mkdtempSync(join(tmpdir(), "sluice-rtc-"));
const say = (text: string): void => void process.stderr.write(`${text}\n`);

process.once("exit", () => {
  killAll();
  rmSync(folder, { recursive: true, force: true });
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

interface Server {
  readonly pid: number;
  readonly whip: string;
  readonly whep: string;
  readonly rtmp: string;
  readonly flv: string;
  stop(): Promise<void>;
}

async function startServer(runtime: string): Promise<Server> {
  const [rtmp, http, api, media] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ];
  const config = join(folder, "sluice.json");
  const settings = {
    listen: rtmp,
    max_connections: 10_000,
    http_server: { enabled: true, listen: http },
    http_api: { enabled: true, listen: api },
    rtc_server: {
      enabled: true,
      listen: media,
      candidate: ["127.0.0.1"],
      tcp: { enabled: false },
    },
    vhosts: { __defaultVhost__: { hls: { enabled: false }, cmaf: { enabled: false } } },
  };
  writeFileSync(config, JSON.stringify(settings));
  const environment = { SLUICE_RUNTIME: runtime };
  const child = start([SLUICE, "-c", config], { core: SERVER_CORE, environment });
  await waitForPort(http, child);
  const query = "?app=live&stream=show";
  return {
    pid: child.pid ?? 0,
    whip: `http://127.0.0.1:${http}/rtc/v1/whip/${query}`,
    whep: `http://127.0.0.1:${http}/rtc/v1/whep/${query}`,
    rtmp: `rtmp://127.0.0.1:${rtmp}/live/show`,
    flv: `http://127.0.0.1:${http}/live/show.flv`,
    stop: () => stop(child),
  };
}

async function bench(args: readonly string[]): Promise<BenchReport> {
  const { output, errors } = await launch([SLUICE, "bench", ...args, "--json"], {
    core: LOAD_CORE,
  }).result;
  if (output === "") throw new Error(`No report: ${errors}`);
  return JSON.parse(output) as BenchReport;
}

/** A publisher of its own process, which the meter does not hold up. */
function publish(url: string, { bitrate } = SMALL): () => void {
  const args = ["--publish", url, "--bitrate", bitrate, "--duration", "3600", "--json"];
  const { child } = launch([SLUICE, "bench", ...args], { core: LOAD_CORE });
  return () => void child.kill("SIGINT");
}

// What viewers cost -------------------------------------------------------------------------------

interface Cost {
  readonly cpuPercent: number;
  readonly packetsPerSecond: number;
  readonly megabitsPerSecond: number;
  readonly memory: number;
  readonly meterPercent: number;
  readonly lost: number;
  readonly unserved: number;
}

/** @param isRtc Else the same stream by HTTP-FLV, to compare with. */
async function measureCost({ runtime, viewers, stream }: Load, isRtc: boolean): Promise<Cost> {
  const server = await startServer(runtime);
  try {
    const end = publish(isRtc ? server.whip : server.rtmp, stream);
    await sleep(2_000);
    const report = await bench([
      ...["--play", isRtc ? server.whep : server.flv, "--players", String(viewers)],
      ...["--ramp", String(viewers / PACE), "--duration", String(SECONDS)],
      ...["--pid", String(server.pid)],
    ]);
    end();
    const { healthy, process: usage, meter, measuredSeconds } = report;
    return {
      cpuPercent: usage?.cpuPercent ?? Number.NaN,
      packetsPerSecond: healthy.packets / measuredSeconds,
      megabitsPerSecond: healthy.bitsPerSecond / 1e6,
      memory: usage?.proportionalBytes ?? Number.NaN,
      meterPercent: meter.cpuPercent,
      lost: healthy.lostPackets,
      unserved: healthy.wanted - healthy.withFirstFrame + healthy.lost,
    };
  } finally {
    await server.stop();
  }
}

// How late they are -------------------------------------------------------------------------------

interface Latency {
  readonly p50: number;
  readonly p99: number;
  readonly lateness: number;
}

async function measureLatency(viewers: number): Promise<Latency> {
  const server = await startServer("bun");
  try {
    const half = Math.ceil(SAMPLES / 2);
    const rampSeconds = viewers / PACE;
    // The first samples come at once; those behind the load when all of it has come.
    const sampling = ["--warmup", String(rampSeconds + 4), "--duration", String(LATENCY_SECONDS)];
    const first = bench([
      ...["--publish", server.whip, "--bitrate", SMALL.bitrate, "--play", server.whep],
      ...["--players", String(viewers === 1 ? 1 : half), "--decrypt", "1", ...sampling],
    ]);
    await sleep(1_000);
    if (viewers === 1) return latencyOf([await first]);
    const load = launch(
      [
        ...[SLUICE, "bench", "--play", server.whep, "--players", String(viewers - SAMPLES)],
        ...["--ramp", String(rampSeconds), "--decrypt", "1000000", "--duration", "3600", "--json"],
      ],
      { core: LOAD_CORE },
    );
    await sleep(rampSeconds * 1_000 + 500);
    const last = bench([
      ...["--play", server.whep, "--players", String(SAMPLES - half), "--decrypt", "1"],
      ...["--warmup", "2", "--duration", String(LATENCY_SECONDS)],
    ]);
    const reports = [await first, await last];
    load.child.kill("SIGINT");
    return latencyOf(reports);
  } finally {
    await server.stop();
  }
}

function latencyOf(reports: readonly BenchReport[]): Latency {
  const of = (pick: (report: BenchReport) => number): number =>
    reports.reduce((sum, report) => sum + pick(report), 0) / reports.length;
  return {
    p50: of(({ healthy }) => healthy.latencyMs.p50),
    p99: Math.max(...reports.map(({ healthy }) => healthy.latencyMs.p99)),
    lateness: reports[0]?.publishers?.latenessMs.p99 ?? Number.NaN,
  };
}

// How many come -----------------------------------------------------------------------------------

interface Coming {
  readonly served: number;
  readonly connectMs: { readonly p50: number; readonly p99: number };
  readonly firstFrameMs: { readonly p50: number; readonly p99: number };
}

/** They come as fast as that for seconds on end, and stay. */
async function measureComing(perSecond: number): Promise<Coming> {
  const server = await startServer("bun");
  try {
    const end = publish(server.whip);
    await sleep(2_000);
    const { healthy } = await bench([
      ...["--play", server.whep, "--players", String(COMERS), "--decrypt", "1000000"],
      ...["--ramp", String(COMERS / perSecond), "--warmup", "1", "--duration", "1"],
    ]);
    end();
    const { connectMs, firstFrameMs, withFirstFrame } = healthy;
    return { served: withFirstFrame, connectMs, firstFrameMs };
  } finally {
    await server.stop();
  }
}

// The report --------------------------------------------------------------------------------------

interface Figures {
  readonly costs: readonly (readonly [load: Load, cost: Cost])[];
  readonly beside: Cost;
  readonly latencies: readonly (readonly [viewers: number, latency: Latency])[];
  readonly coming: Coming;
}

/** The one that was disturbed least. @param by What is less the better it went. */
function best<Run>(runs: readonly Run[], by: (run: Run) => number): Run {
  const [run] = runs.toSorted((a, b) => (by(a) < by(b) ? -1 : 1));
  if (run === undefined) throw new Error("Nothing was measured");
  return run;
}

/** Of what there is to send: of a run that sent less, other programs took the processor. */
const SENT_MIN = 0.97;

/** Whether all viewers got everything. */
function isWhole({ viewers, stream }: Load, { packetsPerSecond, unserved, lost }: Cost): boolean {
  const wanted = viewers * stream.packetCount * SENT_MIN;
  return unserved === 0 && lost === 0 && packetsPerSecond >= wanted;
}

/** What a run whose viewers got everything took of a core. */
function percentOf(load: Load): (cost: Cost) => number {
  return (cost) => (isWhole(load, cost) ? cost.cpuPercent : Number.POSITIVE_INFINITY);
}

async function rounds<Run>(
  title: string,
  run: () => Promise<Run>,
  by: (run: Run) => number,
): Promise<Run> {
  const runs: Run[] = [];
  for (let round = 0; round < ROUNDS; round++) runs.push(await run());
  say(`  ${title}: ${runs.map((one) => by(one).toFixed(1)).join(", ")}`);
  return best(runs, by);
}

function nameOf({ bitrate }: Load["stream"]): string {
  return bitrate.replace("k", " kbit/s");
}

function describe({ runtime, viewers, stream }: Load): string {
  return `${runtime}, ${viewers} viewers${stream === SMALL ? "" : ` of ${nameOf(stream)}`}`;
}

function toMarkdown({ costs, beside, latencies, coming }: Figures): string {
  const date = new Date().toISOString().slice(0, 10);
  const ms = (value: number): string => `${value.toFixed(value < 10 ? 1 : 0)} ms`;
  const costRows = costs.map(([load, cost]) => [
    `${describe(load)}${isWhole(load, cost) ? "" : ", more than it bore"}`,
    `${cost.cpuPercent.toFixed(0)} %`,
    `${Math.round((load.viewers * 100) / cost.cpuPercent)}`,
    `${((cost.cpuPercent * 1e4) / cost.packetsPerSecond).toFixed(1)} us`,
    `${Math.round(cost.packetsPerSecond / 1_000)} k`,
    `${(cost.memory / 1e6).toFixed(0)} MB`,
    `${cost.lost}`,
    `${cost.meterPercent.toFixed(0)} %`,
  ]);
  const latencyRows = latencies.map(([viewers, { p50, p99, lateness }]) => [
    String(viewers),
    ms(p50),
    ms(p99),
    ms(lateness),
  ]);
  const { connectMs, firstFrameMs, served } = coming;
  const besideViewers = LOADS[0]?.viewers ?? 0;
  return `## Viewers

Made by \`npm run bench:rtc\` on ${date}, on ${describeMachine()}; a stream of ${nameOf(SMALL)} where nothing else is said, 25 pictures and 50 packets of sound a second, published by WHIP and played by WHEP with \`sluice bench\` over loopback. The server has a processor, and all clients share the other one. Viewers tell the server what browsers do: receiver reports each second, transport-wide feedback ten times a second. The best of ${ROUNDS} ${ROUNDS === 1 ? "round" : "rounds"}.

What they cost the server while all of them watch, of a core, and how many would take all of it. For comparison, ${besideViewers} viewers of the same stream by HTTP-FLV, published by RTMP, cost ${beside.cpuPercent.toFixed(0)} % on Bun: WebRTC has a packet, a header and keys for each of them, where HTTP-FLV has the same bytes for all, and one write for 350 ms of them.

${table(["", "processor", "viewers a core", "a packet", "packets a second", "memory", "lost", "meter"], costRows)}

Target: 1,000 viewers of a core on Bun. On Bun and Deno under Linux the packets of a picture leave to each viewer as one message, which the kernel cuts: the more packets a picture has, the less each costs.

Latency from the publisher to the viewer, encoder and decoder not counted: from when the publisher hands a picture to its socket until all of its packets have been read. Viewers that are asked come first and last. Of 100 pictures 2 are key frames, of eight times the size, which the last viewers get when all others have: what 99 of 100 pictures take is what these take. *Publisher* is how much later than it should the publisher itself sent, 99 of 100 times, as it shares a processor with all viewers.

${table(["viewers", "median", "99 of 100", "publisher"], latencyRows)}

Target: median below 10 ms, 99 of 100 below 40 ms. \`workers\` divide what a key frame for many viewers takes.

${COMERS} viewers who come ${COMERS_PER_SECOND} a second: ${served} were served. From the request to media (offer, answer, ICE, DTLS) ${ms(connectMs.p50)} in the median and ${ms(connectMs.p99)} in 99 of 100 cases; to the first key frame ${ms(firstFrameMs.p50)} and ${ms(firstFrameMs.p99)}. Clients take as long for their side of DTLS, on the other processor.

Target: 200 sessions a second.
`;
}

async function main(): Promise<void> {
  const costs: [Load, Cost][] = [];
  for (const load of LOADS) {
    const title = `${describe(load)}, percent`;
    const cost = await rounds(title, () => measureCost(load, true), percentOf(load));
    if (cost.unserved > 0) say(`  ${cost.unserved} were not served`);
    costs.push([load, cost]);
  }
  const besideLoad = { runtime: "bun", viewers: LOADS[0]?.viewers ?? 0, stream: SMALL };
  const beside = await rounds(
    `HTTP-FLV, ${besideLoad.viewers} viewers, percent`,
    () => measureCost(besideLoad, false),
    ({ cpuPercent }) => cpuPercent,
  );
  const latencies: [number, Latency][] = [];
  for (const viewers of WATCHED) {
    const title = `latency with ${viewers}, ms`;
    const run = await rounds(
      title,
      () => measureLatency(viewers),
      ({ p99 }) => p99,
    );
    latencies.push([viewers, run]);
  }
  const coming = await rounds(
    "coming, ms",
    () => measureComing(COMERS_PER_SECOND),
    ({ connectMs }) => connectMs.p99,
  );
  const text = toMarkdown({ costs, beside, latencies, coming });
  process.stdout.write(text);
  if (options.smoke) return;
  writeSection(join(ROOT, "docs/benchmarks-rtc.md"), "Benchmarks of WebRTC", text);
}

await main();
process.exit(0);
