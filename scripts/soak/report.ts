/**
 * What is written down of a soak test.
 *
 * @module
 */

import { cpus, release, type } from "node:os";
import type { SoakOptions } from "./options.ts";
import type { Sample } from "./sample.ts";
import { type SoakFigures, toMib } from "./verdict.ts";

export interface SoakReport extends SoakFigures {
  /** Goes up when a name changes its meaning or goes away. */
  readonly schema: 1;
  readonly startedAt: string;
  readonly version: string;
  readonly runtime: string;
  readonly machine: string;
  readonly options: SoakOptions;
  readonly cycleSeconds: number;
  readonly warnings: number;
  /** Empty if all is well. */
  readonly faults: readonly string[];
}

export function describeMachine(): string {
  const all = cpus();
  return `${all.length} x ${all[0]?.model ?? "?"}, ${type()} ${release()}`;
}

export function formatReport(report: SoakReport): string {
  const { baseline, end, deeds, cycles, faults, options } = report;
  const workers = options.workers === "1" ? "one process" : `workers: ${options.workers}`;
  return `# Soak test

Made by \`npm run soak\`; [soak.md](soak.md) says what it does. The figures of every few seconds are in \`soak-report.json\`.

- ${report.startedAt.slice(0, 10)}, Sluice ${report.version} on ${report.runtime}, ${workers}
- ${report.machine}
- ${options.minutes} minutes: ${cycles.length} cycles of ${report.cycleSeconds} s and a rest

**${faults.length === 0 ? "Everything returned to where it began." : "Failed:"}**
${faults.map((fault) => `\n- ${fault}`).join("")}

## What happened

| | |
| --- | ---: |
| sessions | ${end.sessionsTotal - baseline.sessionsTotal} |
| runs of the load generator | ${deeds.loads} |
| players that had to be served, and were | ${deeds.playersServed} |
| kicks | ${deeds.kicks} |
| SIGHUP, which reloads | ${deeds.sighups} |
| strangers' connections | ${deeds.strangers} |
| skips of players that were too slow | ${end.skips - baseline.skips} |
| players closed because they took nothing | ${end.writeTimeouts - baseline.writeTimeouts} |
| received | ${toMib(end.receivedBytes - baseline.receivedBytes)} MiB |
| sent | ${toMib(end.sentBytes - baseline.sentBytes)} MiB |
| warnings in the log | ${report.warnings} |

## Before and after

| | at the start | at most | at the end |
| --- | ---: | ---: | ---: |
${COUNTS.map((name) => formatCount(name, report)).join("\n")}

## Memory at rest, after each cycle

| cycle | resident, MiB | heap, MiB |
| ---: | ---: | ---: |
| before | ${toMib(baseline.residentBytes)} | ${toMib(baseline.heapBytes)} |
${cycles.map(({ rest }, index) => formatRest(index + 1, rest)).join("\n")}
`;
}

const COUNTS = [
  "sessions",
  "streams",
  "connections",
  "openFiles",
  "timers",
  "chainBytes",
  "gopCacheBytes",
  "lagBytesMax",
] as const;

function formatCount(name: (typeof COUNTS)[number], report: SoakReport): string {
  const { baseline, end, samples } = report;
  const most = samples.reduce((max, sample) => Math.max(max, sample[name]), 0);
  return `| ${name} | ${baseline[name]} | ${most} | ${end[name]} |`;
}

function formatRest(cycle: number, { residentBytes, heapBytes }: Sample): string {
  return `| ${cycle} | ${toMib(residentBytes)} | ${toMib(heapBytes)} |`;
}
