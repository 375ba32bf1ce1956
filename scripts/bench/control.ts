/**
 * Measures the control plane, and writes docs/benchmarks-control.md: requests to the HTTP API beside
 * nginx with the same bytes, and publishers who come by the hundred while a slow backend is asked about
 * each of them. Needs Linux with two processors, nginx and wrk.
 *
 * Usage: npm run bench:control [-- --smoke]
 *
 * @module
 */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { BenchReport } from "../../src/bench/report.ts";
import { freePort } from "../free-port.ts";
import { ROOT } from "../programs.ts";
import { describeMachine } from "./machine.ts";
import {
  hasProgram,
  killAll,
  LOAD_CORE,
  launch,
  SERVER_CORE,
  sleep,
  start,
  stop,
  waitForPort,
} from "./processes.ts";
import { median, table } from "./report.ts";
import { hammer, middle, startNginx, type Throughput } from "./throughput.ts";

const { values: options } = parseArgs({ options: { smoke: { type: "boolean", default: false } } });

const SLUICE = join(ROOT, "bin/sluice");
const ROUNDS = options.smoke ? 1 : 5;
const SECONDS = options.smoke ? 1 : 3;
const RUNTIMES = options.smoke ? ["bun"] : ["bun", "node", "deno"];
const PATHS = ["/api/v1/streams/", "/api/v1/clients/", "/api/v1/summaries", "/metrics"];
const STREAMS = 10;
const PUBLISHERS = options.smoke ? 100 : 1_500;
const PUBLISHES_PER_SECOND = 500;
const BACKEND_MS = 50;
/** As small as makes sense: it is the publishing that is measured. */
const BITRATE = "8k";
const PLAYERS = options.smoke ? 5 : 50;

const folder = mkdtempSync(join(tmpdir(), "sluice-control-"));
const say = (text: string): void => void process.stderr.write(`${text}\n`);

process.once("exit", () => {
  killAll();
  rmSync(folder, { recursive: true, force: true });
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

interface Server {
  readonly pid: number;
  /** Of an application. */
  readonly rtmp: string;
  readonly api: string;
  stop(): Promise<void>;
}

async function startSluice(runtime: string, hookUrl?: string): Promise<Server> {
  const [rtmp, http, api] = [await freePort(), await freePort(), await freePort()];
  const config = join(folder, "sluice.json");
  const names = ["on_connect", "on_publish", "on_unpublish", "on_close"];
  const hooks = Object.fromEntries(names.map((name) => [name, [hookUrl]]));
  const vhost = hookUrl === undefined ? {} : { http_hooks: { enabled: true, ...hooks } };
  const settings = {
    listen: rtmp,
    max_connections: 10_000,
    http_server: { enabled: true, listen: http },
    http_api: { enabled: true, listen: api },
    exporter: { enabled: true },
    vhosts: { __defaultVhost__: { ...vhost, hls: { enabled: false }, cmaf: { enabled: false } } },
  };
  writeFileSync(config, JSON.stringify(settings));
  const environment = { SLUICE_RUNTIME: runtime };
  const child = start([SLUICE, "-c", config], { core: SERVER_CORE, environment });
  await waitForPort(api, child);
  return {
    pid: child.pid ?? 0,
    rtmp: `rtmp://127.0.0.1:${rtmp}/live`,
    api: `http://127.0.0.1:${api}`,
    stop: () => stop(child),
  };
}

// The API -----------------------------------------------------------------------------------------

interface Answering {
  readonly path: string;
  readonly size: number;
  readonly nginx: Throughput;
  /** In the order of `RUNTIMES`. */
  readonly ours: readonly Throughput[];
}

async function measureApi(): Promise<Answering[]> {
  const servers = [];
  for (const runtime of RUNTIMES) servers.push(await startSluice(runtime));
  const publishers = servers.map(({ rtmp }) => {
    const source = ["--publish", `${rtmp}/s{n}`, "--publishers", String(STREAMS)];
    const args = [SLUICE, "bench", ...source, "--bitrate", "50k", "--duration", "3600", "--json"];
    return launch(args, { core: LOAD_CORE });
  });
  const [first] = servers;
  for (const { api } of servers) await waitForStreams(api);
  const answers: Answering[] = [];
  for (const path of PATHS) {
    const bytes = new Uint8Array(await (await fetch(`${first?.api}${path}`)).arrayBuffer());
    const root = join(folder, "html");
    mkdirSync(root, { recursive: true });
    writeFileSync(join(root, "file"), bytes);
    const nginx = await startNginx(folder, root);
    const beside: Throughput[] = [];
    const ours: Throughput[][] = servers.map(() => []);
    for (let round = 0; round < ROUNDS; round++) {
      beside.push(await hammer(`${nginx.url}/file`, nginx.pid, SECONDS));
      for (const [index, { api, pid }] of servers.entries()) {
        ours[index]?.push(await hammer(`${api}${path}`, pid, SECONDS));
      }
    }
    await nginx.stop();
    answers.push({ path, size: bytes.length, nginx: middle(beside), ours: ours.map(middle) });
    say(`  ${path}: ${ours.map((rounds) => middle(rounds).perSecond.toFixed(0)).join(", ")}`);
  }
  for (const { child } of publishers) child.kill("SIGINT");
  for (const server of servers) await server.stop();
  return answers;
}

async function waitForStreams(api: string): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const answer = await fetch(`${api}/api/v1/streams/?count=100`);
    const { streams } = (await answer.json()) as { streams: { publish: { active: boolean } }[] };
    if (streams.filter(({ publish }) => publish.active).length === STREAMS) return;
    await sleep(100);
  }
  throw new Error("The streams have not come");
}

// Publishers and a slow backend -------------------------------------------------------------------

interface Coming {
  readonly title: string;
  /** Publishers who have been let in, of those who came. */
  readonly served: number;
  /** From the connection to the consent, in milliseconds. */
  readonly connectMs: { readonly p50: number; readonly p99: number };
  /** Of players of a stream that runs meanwhile, in milliseconds. */
  readonly latencyMs: { readonly p50: number; readonly p99: number };
  readonly stalls: number;
  readonly calls: number;
}

/** @param come Whether publishers come at all. */
async function measureComing(title: string, come: boolean, asks: boolean): Promise<Coming> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/`;
  const script = join(ROOT, "scripts/bench/slow-backend.ts");
  const backend = start([process.execPath, script, String(BACKEND_MS), String(port)], {
    core: LOAD_CORE,
  });
  await waitForPort(port, backend);
  const server = await startSluice("bun", asks ? url : undefined);
  const seconds = PUBLISHERS / PUBLISHES_PER_SECOND;
  const show = `${server.rtmp}/show`;
  const watching = ["--publish", show, "--play", show, "--players", String(PLAYERS)];
  const times = ["--warmup", "4", "--duration", String(seconds + 3), "--json"];
  const meter = launch([SLUICE, "bench", ...watching, ...times], { core: LOAD_CORE });
  await sleep(5_000);
  const source = ["--publish", `${server.rtmp}/p{n}`, "--publishers", String(PUBLISHERS)];
  const pace = ["--ramp", String(seconds), "--warmup", "0", "--duration", "1", "--json"];
  const args = [SLUICE, "bench", ...source, "--bitrate", BITRATE, ...pace];
  const coming = come ? launch(args, { core: LOAD_CORE }) : undefined;
  const many = reportOf(await coming?.result);
  const few = reportOf(await meter.result);
  const calls = Number(await (await fetch(url)).text());
  await server.stop();
  await stop(backend);
  const { publishers } = many ?? {};
  const { latencyMs, stalls } = few?.healthy ?? {};
  say(`  ${title}: ${latencyMs?.p50.toFixed(0)} / ${latencyMs?.p99.toFixed(0)} ms`);
  return {
    title,
    served: publishers?.connectMs.count ?? 0,
    connectMs: pick(publishers?.connectMs),
    latencyMs: pick(latencyMs),
    stalls: stalls?.count ?? Number.NaN,
    calls,
  };
}

function pick(times: { p50: number; p99: number } = { p50: Number.NaN, p99: Number.NaN }) {
  return { p50: times.p50, p99: times.p99 };
}

function reportOf(result: { output: string; errors: string } | undefined): BenchReport | undefined {
  if (result === undefined) return undefined;
  if (result.output === "") throw new Error(`No report: ${result.errors}`);
  return JSON.parse(result.output) as BenchReport;
}

async function measureAllComing(): Promise<Coming[]> {
  const kinds: readonly (readonly [string, boolean, boolean])[] = [
    ["nobody comes", false, false],
    ["without callbacks", true, false],
    [`a backend that takes ${BACKEND_MS} ms`, true, true],
  ];
  const rounds: Coming[][] = [];
  for (let round = 0; round < (options.smoke ? 1 : 3); round++) {
    const runs: Coming[] = [];
    for (const kind of kinds) runs.push(await measureComing(...kind));
    rounds.push(runs);
  }
  return kinds.map(([title], index) => {
    const of = (figure: (run: Coming) => number): number =>
      median(rounds.flatMap((runs) => runs.slice(index, index + 1)).map(figure));
    return {
      title,
      served: of(({ served }) => served),
      connectMs: { p50: of((run) => run.connectMs.p50), p99: of((run) => run.connectMs.p99) },
      latencyMs: { p50: of((run) => run.latencyMs.p50), p99: of((run) => run.latencyMs.p99) },
      stalls: of(({ stalls }) => stalls),
      calls: of(({ calls }) => calls),
    };
  });
}

// The report --------------------------------------------------------------------------------------

function toMarkdown(answers: readonly Answering[], comings: readonly Coming[]): string {
  const apiRows = answers.map(({ path, size, nginx, ours }) => [
    `\`${path}\``,
    `${(size / 1_000).toFixed(1)} KB`,
    nginx.perSecond.toFixed(0),
    ...ours.map(
      ({ perSecond }) =>
        `${perSecond.toFixed(0)} (${(perSecond / nginx.perSecond).toFixed(2)} of nginx)`,
    ),
  ]);
  const span = ({ p50, p99 }: { p50: number; p99: number }): string =>
    Number.isNaN(p50) ? "" : `${p50.toFixed(0)} / ${p99.toFixed(0)} ms`;
  const comeRows = comings.map(({ title, served, connectMs, latencyMs, stalls, calls }) => [
    title,
    Number.isNaN(connectMs.p50) ? "" : `${served} of ${PUBLISHERS}`,
    span(connectMs),
    String(calls),
    span(latencyMs),
    String(stalls),
  ]);
  return `# Benchmarks of the control plane

Made by \`npm run bench:control\` on ${new Date().toISOString().slice(0, 10)}, on ${describeMachine()}. Figures are there to be compared with what ran beside them in the same run; the absolute ones say how large the thing was, and are no promise.

## The HTTP API

Requests a second on one core, which the servers share, each with ${STREAMS} streams that are published all the time, by \`wrk\` with 32 connections on the other core, which the publishers share; medians of ${ROUNDS} rounds of ${SECONDS} s in turns. nginx (one worker) has the same bytes as a file: it is the least that an answer can cost, and does not change with what happens.

${table(["", "size", "nginx", ...RUNTIMES.map((name) => `Sluice on ${name}`)], apiRows)}

Target: 5,000 requests a second for \`/api/v1/streams/\`.

## Publishers and a slow backend

${PUBLISHERS} publishers come within ${PUBLISHERS / PUBLISHES_PER_SECOND} s, ${PUBLISHES_PER_SECOND} a second, while ${PLAYERS} RTMP players watch another stream; the backend is asked about each of them twice (\`on_connect\`, \`on_publish\`), and told when they leave. Clients, players and the backend share a processor, the server (on Bun) has the other one. *Let in* is from the beginning of a publisher's connection to the server's consent, *latency* that of the players, from the other publisher's socket, merged writes of 350 ms included; p50 / p99, medians of three rounds.

${table(["", "publishers", "let in", "callbacks", "latency", "stalls"], comeRows)}

Target: 500 publishers a second do not hold up streams that run.
`;
}

async function main(): Promise<void> {
  for (const program of ["taskset", "nginx", "wrk"]) {
    if (!hasProgram(program)) throw new Error(`Cannot measure: ${program} is missing`);
  }
  say("the API");
  const answers = await measureApi();
  say("publishers and a slow backend");
  const comings = await measureAllComing();
  const text = toMarkdown(answers, comings);
  if (!options.smoke) writeFileSync(join(ROOT, "docs/benchmarks-control.md"), text);
  process.stdout.write(text);
}

await main();
process.exit();
