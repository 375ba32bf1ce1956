/**
 * The soak test: a server under everything that happens to servers, again and again, which must be
 * afterwards as it was before.
 *
 * @module
 */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { killAll, sleep } from "../bench/processes.ts";
import { ROOT } from "../programs.ts";
import { Cycle, type CycleResult, type Deeds, isAtRest } from "./cycle.ts";
import { HELP, parseSoakArguments, type SoakOptions } from "./options.ts";
import { Random } from "./random.ts";
import { describeMachine, formatReport, type SoakReport } from "./report.ts";
import type { Sample } from "./sample.ts";
import { SoakServer } from "./server.ts";
import { judge, toMib } from "./verdict.ts";

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

/** Ten cycles a run, as far as they are neither too short to do anything nor too long to compare. */
const CYCLES_WANTED = 10;
const CYCLE_SECONDS_MIN = 15;
const CYCLE_SECONDS_MAX = 60;
/** A rest takes about so long. */
const REST_SECONDS = 10;
/** What the first load makes the runtime load and open is not the load's. */
const WARM_UP_SECONDS = 8;
const SAMPLE_SECONDS_MIN = 5;
const SAMPLES_MAX = 1_000;
const END_MS_MAX = 60_000;

const NO_DEEDS: Deeds = { loads: 0, playersServed: 0, kicks: 0, sighups: 0, strangers: 0 };

async function main(): Promise<number> {
  const options = readOptions();
  if (options === undefined) return 0;
  const folder = mkdtempSync(join(tmpdir(), "sluice-soak-"));
  process.once("exit", () => {
    killAll();
    rmSync(folder, { recursive: true, force: true });
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => process.exit(EXIT_FAILED));
  }
  const report = await soak(options, folder);
  write(report, options);
  for (const fault of report.faults) console.error(`FAULT ${fault}`);
  console.log(report.faults.length === 0 ? "All is well." : `${report.faults.length} faults.`);
  return report.faults.length === 0 ? 0 : EXIT_FAILED;
}

function readOptions(): SoakOptions | undefined {
  try {
    const options = parseSoakArguments(process.argv.slice(2));
    if (options === undefined) console.log(HELP);
    return options;
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${HELP}`);
    process.exit(EXIT_USAGE);
  }
}

async function soak(options: SoakOptions, folder: string): Promise<SoakReport> {
  const startedAt = new Date().toISOString();
  const random = new Random(options.seed);
  const deeds: Deeds = { ...NO_DEEDS };
  const cycleSeconds = chooseCycleSeconds(options);
  const server = await SoakServer.start(options, folder);
  const versions = JSON.parse((await server.ask("/api/v1/versions")).text);
  const baseline = await warmUp(server, random);
  console.log(`At rest: ${formatLine(baseline)}`);
  const recorder = new Recorder(server, options);
  const cycles: CycleResult[] = [];
  const otherFaults: string[] = [];
  const endSeconds = server.seconds + options.minutes * 60;
  let end = baseline;
  try {
    while (server.isRunning && server.seconds + cycleSeconds < endSeconds) {
      const number = cycles.length + 1;
      const cycle = new Cycle(server, random, deeds, { number, seconds: cycleSeconds });
      const result = await cycle.run(baseline);
      cycles.push(result);
      console.log(`Cycle ${number}: ${formatLine(result.rest)}`);
      for (const fault of result.faults) console.error(`  ${fault}`);
    }
    end = await untilAtRest(server, baseline);
  } catch (error) {
    otherFaults.push(`Cannot go on: ${String(error)}`);
  }
  otherFaults.push(...recorder.stop(), ...(await server.stop()));
  otherFaults.push(...server.faultyLines().map((line) => `In the log: ${line}`));
  const { samples } = recorder;
  const figures = { isSmoke: options.isSmoke, baseline, cycles, end, deeds, samples };
  return {
    schema: 1,
    startedAt,
    version: versions.data.version,
    runtime: process.env["SLUICE_RUNTIME"] ?? "bun",
    machine: describeMachine(),
    // Another machine has other folders.
    options: { ...options, program: relative(ROOT, options.program), folder: undefined },
    cycleSeconds,
    ...figures,
    warnings: server.warningCount(),
    faults: [...otherFaults, ...judge(figures)],
  };
}

function chooseCycleSeconds({ minutes }: SoakOptions): number {
  const seconds = Math.floor((minutes * 60) / CYCLES_WANTED) - REST_SECONDS;
  return Math.min(CYCLE_SECONDS_MAX, Math.max(CYCLE_SECONDS_MIN, seconds));
}

/** Lets the server do everything once, and waits for it to come to rest. */
async function warmUp(server: SoakServer, random: Random): Promise<Sample> {
  const before = await server.sample();
  const deeds: Deeds = { ...NO_DEEDS };
  const cycle = new Cycle(server, random, deeds, { number: 0, seconds: WARM_UP_SECONDS });
  const { rest, faults } = await cycle.run({ ...before, openFiles: Number.POSITIVE_INFINITY });
  for (const fault of faults) console.error(`  ${fault}`);
  return rest;
}

async function untilAtRest(server: SoakServer, baseline: Sample): Promise<Sample> {
  const endMs = performance.now() + END_MS_MAX;
  let sample = await server.sample();
  while (!isAtRest(sample, baseline) && performance.now() < endMs) {
    await sleep(SAMPLE_SECONDS_MIN * 1_000);
    sample = await server.sample();
  }
  return sample;
}

/** Looks at the server every few seconds. */
class Recorder {
  readonly samples: Sample[] = [];
  readonly #server: SoakServer;
  readonly #timer: NodeJS.Timeout;
  readonly #faults: string[] = [];

  constructor(server: SoakServer, { minutes }: SoakOptions) {
    this.#server = server;
    const seconds = Math.max(SAMPLE_SECONDS_MIN, (minutes * 60) / SAMPLES_MAX);
    this.#timer = setInterval(() => void this.#record(), seconds * 1_000);
  }

  /** @returns What went wrong. */
  stop(): string[] {
    clearInterval(this.#timer);
    return this.#faults;
  }

  async #record(): Promise<void> {
    try {
      this.samples.push(await this.#server.sample());
    } catch (error) {
      this.#faults.push(`Cannot look at the server: ${String(error)}`);
    }
  }
}

function write(report: SoakReport, { folder }: SoakOptions): void {
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "soak-report.md"), formatReport(report));
  writeFileSync(join(folder, "soak-report.json"), `${JSON.stringify(report, undefined, 1)}\n`);
}

function formatLine(sample: Sample): string {
  const { residentBytes, heapBytes, openFiles, timers, sessionsTotal } = sample;
  const memory = `${toMib(residentBytes)} MiB resident, heap ${toMib(heapBytes)} MiB`;
  return `${memory}, ${openFiles} files, ${timers} timers, ${sessionsTotal} sessions so far`;
}

process.exit(await main());
