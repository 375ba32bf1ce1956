/**
 * Measures Sluice beside other servers, and writes docs/benchmarks.md. Needs Linux with two
 * processors, FFmpeg for the stream, and whichever of the other servers are to be there.
 *
 * Usage: npm run bench -- [--only ID]... [--rounds N] [--srs PATH] [--mediamtx PATH] [--smoke]
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { freePort } from "../free-port.ts";
import { ROOT } from "../programs.ts";
import { machine } from "./machine.ts";
import { type Measurement, measure } from "./measure.ts";
import { residentSizeOf } from "./memory.ts";
import { hasProgram, killAll, SERVER_CORE, sleep, start, stop, waitForPort } from "./processes.ts";
import { type BenchRun, median, type StartFigure, summarize, toMarkdown } from "./report.ts";
import { SCENARIOS, type Scenario } from "./scenarios.ts";
import { checkSmoke, isHeldUp, SMOKE_SCENARIOS } from "./smoke.ts";
import { listSubjects, type Subject, sluiceSettings } from "./subjects.ts";

const STARTS = 5;
const IDLE_MS = 1_500;
const SMOKE_ATTEMPTS_MAX = 3;

const { values: options } = parseArgs({
  options: {
    only: { type: "string", multiple: true },
    rounds: { type: "string" },
    srs: { type: "string" },
    mediamtx: { type: "string" },
    smoke: { type: "boolean", default: false },
  },
});

const folder = mkdtempSync(join(tmpdir(), "sluice-bench-"));
const source = join(folder, "source.flv");
const ports = { rtmp: await freePort(), http: await freePort(), api: await freePort() };
const say = (text: string): void => void process.stderr.write(`${text}\n`);

process.once("exit", () => {
  killAll();
  rmSync(folder, { recursive: true, force: true });
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

function makeSource(): void {
  const { status } = spawnSync("ffmpeg", [
    ...["-loglevel", "error", "-f", "lavfi", "-i", "testsrc2=size=960x540:rate=25:duration=60"],
    ...["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100:duration=60"],
    ...["-c:v", "libx264", "-preset", "veryfast", "-profile:v", "main", "-bf", "0", "-g", "50"],
    ...["-b:v", "450k", "-minrate", "450k", "-maxrate", "450k", "-bufsize", "450k"],
    ...["-x264-params", "nal-hrd=cbr:scenecut=0", "-c:a", "aac", "-b:a", "48k", source],
  ]);
  if (status !== 0) throw new Error("Cannot make the stream: is FFmpeg there?");
}

async function measureStart(name: string, command: readonly string[], runtime: string) {
  const config = join(folder, "start.yaml");
  writeFileSync(config, `${sluiceSettings(ports, {})}test_stream: { enabled: true }\n`);
  const rounds: { startMs: number; residentSize: number }[] = [];
  for (let i = 0; i < STARTS; i++) {
    const environment = { SLUICE_RUNTIME: runtime };
    const child = start([...command, "-c", config], { core: SERVER_CORE, environment });
    const startMs = await waitForPort(ports.api, child);
    await sleep(IDLE_MS);
    rounds.push({ startMs, residentSize: residentSizeOf(child.pid ?? 0) });
    await stop(child);
  }
  return {
    name,
    startMs: median(rounds.map((one) => one.startMs)),
    residentSize: median(rounds.map((one) => one.residentSize)),
  };
}

async function measureStarts(): Promise<StartFigure[]> {
  const program = join(ROOT, "dist/sluice");
  say("building dist/sluice");
  const build = [join(ROOT, "scripts/build.ts")];
  const { status } = spawnSync(process.execPath, build, { stdio: "ignore" });
  if (status !== 0) throw new Error("Cannot build dist/sluice");
  const figures = [await measureStart("compiled program", [program], "")];
  for (const runtime of ["bun", "node", "deno"]) {
    const command = [join(ROOT, "bin/sluice")];
    figures.push(await measureStart(`from source on ${runtime}`, command, runtime));
  }
  return figures;
}

async function measureScenario(scenario: Scenario, subjects: readonly Subject[]) {
  const present = subjects.filter(
    ({ name, version }) => scenario.subjects.includes(name) && version !== undefined,
  );
  const measurements: Measurement[] = [];
  const rounds = Number(options.rounds ?? scenario.rounds);
  say(`${scenario.id}: ${scenario.title}`);
  for (let round = 1; round <= rounds; round++) {
    for (const subject of present) {
      try {
        const figures = await measure(scenario, subject, source, round);
        measurements.push(figures);
        const { cpuPercent, memoryGrowth, failed } = figures;
        const memory = (memoryGrowth / 1e6).toFixed(1);
        say(`  ${subject.name}: ${cpuPercent.toFixed(1)} %, ${memory} MB more, ${failed} failed`);
      } catch (error) {
        if (subject.name.startsWith("Sluice")) throw error;
        say(`  ${subject.name}: ${error instanceof Error ? error.message : error}`);
      }
    }
  }
  return { scenario, measurements };
}

/** Once more for whoever has stalled: who stalls again and again does not pass. */
async function measureSmoke(scenario: Scenario, subjects: readonly Subject[]) {
  for (let attempt = 1; ; attempt++) {
    const result = await measureScenario(scenario, subjects);
    if (attempt === SMOKE_ATTEMPTS_MAX || !isHeldUp(summarize(result))) return result;
    say(`${scenario.id}: players have stalled, once more`);
  }
}

function versions(subjects: readonly Subject[]): Record<string, string> {
  const entries = subjects.flatMap(({ name, version }) =>
    version === undefined ? [] : [[name, version]],
  );
  return Object.fromEntries([...entries, ["Node", process.version.slice(1)]]);
}

function write(run: BenchRun): void {
  const raw = `${run.date}.json`;
  mkdirSync(join(ROOT, "docs/benchmarks"), { recursive: true });
  writeFileSync(join(ROOT, "docs/benchmarks", raw), `${JSON.stringify(run, undefined, 1)}\n`);
  writeFileSync(join(ROOT, "docs/benchmarks.md"), toMarkdown(run, raw));
}

async function main(): Promise<void> {
  if (!hasProgram("taskset")) throw new Error("Cannot pin the server: taskset is missing");
  makeSource();
  const places = { folder, source, srs: options.srs, mediamtx: options.mediamtx, ports };
  const subjects = listSubjects(places);
  const all = options.smoke ? SMOKE_SCENARIOS : SCENARIOS;
  const wanted = all.filter(({ id }) => options.only?.includes(id) ?? true);
  if (wanted.length === 0) throw new Error(`Cannot find scenario: ${options.only?.join(", ")}`);
  const startFigures = options.smoke || options.only !== undefined ? [] : await measureStarts();
  const results = [];
  const measureOne = options.smoke ? measureSmoke : measureScenario;
  for (const scenario of wanted) results.push(await measureOne(scenario, subjects));
  if (options.smoke) {
    const faults = results.flatMap((result) => checkSmoke(result.scenario, summarize(result)));
    for (const fault of faults) say(fault);
    process.exitCode = faults.length === 0 ? 0 : 1;
    return;
  }
  const run = {
    date: new Date().toISOString().slice(0, 10),
    machine: machine(),
    versions: versions(subjects),
    start: startFigures,
    results,
  };
  if (options.only === undefined) write(run);
  process.stdout.write(`${toMarkdown(run, "raw.json")}\n`);
}

await main();
process.exit();
