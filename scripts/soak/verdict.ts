/**
 * What the figures of a soak test say.
 *
 * @module
 */

import type { CycleResult, Deeds } from "./cycle.ts";
import type { Sample } from "./sample.ts";

export interface SoakFigures {
  readonly isSmoke: boolean;
  /** At rest, before the first cycle and after a short load that has everything loaded. */
  readonly baseline: Sample;
  readonly cycles: readonly CycleResult[];
  /** At rest, behind the last cycle. */
  readonly end: Sample;
  /** Of every few seconds. */
  readonly samples: readonly Sample[];
  readonly deeds: Deeds;
}

/** How much a measure may rise over the cycles that are compared. */
interface Bound {
  readonly measure: "residentBytes" | "heapBytes";
  readonly name: string;
  /** Of what it is on average. */
  readonly share: number;
  readonly bytes: number;
}

const MIB = 1 << 20;

/**
 * A trend is the slope of a line through the cycles' rests, times their number. Runtimes give memory
 * back late and in lumps: what is below these bounds is their noise, and what leaks for long enough
 * rises above any bound.
 */
const BOUNDS: readonly Bound[] = [
  { measure: "residentBytes", name: "Resident memory", share: 0.1, bytes: 8 * MIB },
  { measure: "heapBytes", name: "The heap", share: 0.15, bytes: 2 * MIB },
];
/** Fewer cycles show no trend; then the end is held against the first rest alone. */
const CYCLES_MIN = 4;
/** What must have been more than nothing at some time, or it is not known to return. */
const SEEN = [
  "residentBytes",
  "heapBytes",
  "openFiles",
  "timers",
  "connections",
  "sessions",
  "streams",
  "chainBytes",
  "gopCacheBytes",
  "lagBytesMax",
] as const;
const SMOKE_BYTES_MAX: number = 64 * MIB;

/** @returns What is wrong; nothing if all is well. */
export function judge(figures: SoakFigures): string[] {
  const { cycles } = figures;
  return [
    ...cycles.flatMap(({ faults }, index) => faults.map((one) => `Cycle ${index + 1}: ${one}`)),
    ...judgeCounts(figures),
    ...judgeMemory(figures),
    ...judgeDeeds(figures),
  ];
}

/** What must be nought, and what must be no more than at the start. */
function judgeCounts({ baseline, end }: SoakFigures): string[] {
  const faults: string[] = [];
  for (const name of ["sessions", "streams", "chainBytes", "gopCacheBytes"] as const) {
    if (end[name] !== 0) faults.push(`At the end, ${name} is ${end[name]}, and not 0`);
  }
  for (const name of ["connections", "openFiles", "timers"] as const) {
    if (end[name] <= baseline[name]) continue;
    faults.push(`At the end, ${name} is ${end[name]}, and was ${baseline[name]} at the start`);
  }
  if (end.startTimes.join() !== baseline.startTimes.join()) {
    faults.push("A process of the server is not the one that was started");
  }
  return faults;
}

function judgeMemory({ cycles, isSmoke }: SoakFigures): string[] {
  const rests = cycles.map(({ rest }) => rest);
  const faults: string[] = [];
  for (const { measure, name, share, bytes } of BOUNDS) {
    const values = rests.map((rest) => rest[measure]);
    if (isSmoke || values.length < CYCLES_MIN) {
      const grown = (values.at(-1) ?? 0) - (values[0] ?? 0);
      if (grown > SMOKE_BYTES_MAX) faults.push(`${name} has grown by ${toMib(grown)} MiB`);
      continue;
    }
    const compared = values.slice(Math.floor(values.length / 3));
    const rise = slope(compared) * (compared.length - 1);
    const bound = Math.max(bytes, share * mean(compared));
    if (rise <= bound) continue;
    const span = `the last ${compared.length} cycles`;
    faults.push(`${name} rises by ${toMib(rise)} MiB over ${span}; ${toMib(bound)} MiB is noise`);
  }
  return faults;
}

/** A run in which nothing happened, or was seen, shows nothing. */
function judgeDeeds({ deeds, end, baseline, samples }: SoakFigures): string[] {
  const most = (name: (typeof SEEN)[number]): number =>
    samples.reduce((max, sample) => Math.max(max, sample[name]), 0);
  const done = {
    ...deeds,
    ...Object.fromEntries(SEEN.map((name) => [name, most(name)])),
    skips: end.skips - baseline.skips,
    writeTimeouts: end.writeTimeouts - baseline.writeTimeouts,
    sentBytes: end.sentBytes - baseline.sentBytes,
  };
  return Object.entries(done)
    .filter(([, count]) => !(count > 0))
    .map(([name]) => `Nothing was shown: ${name} was 0 throughout`);
}

/** Of the line that is nearest to the values, per value (least squares). */
export function slope(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const average = mean(values);
  let product = 0;
  let square = 0;
  for (const [index, value] of values.entries()) {
    product += (index - middle) * (value - average);
    square += (index - middle) ** 2;
  }
  return square === 0 ? 0 : product / square;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

export function toMib(bytes: number): string {
  return (bytes / MIB).toFixed(1);
}
