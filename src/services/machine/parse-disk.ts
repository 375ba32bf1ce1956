/**
 * `/proc/vmstat` and `/proc/diskstats`: what is read from disks and written to them.
 *
 * ```text
 * pgpgin 5347273                                                                (KiB)
 * 254 0 vda 265316 10290 10694546 1029731 60744 163944 22930864 108531 0 66596 1149522 ...
 *       name                                                             busy ms
 * ```
 *
 * Spec: proc(5), Documentation/admin-guide/iostats.rst of Linux.
 *
 * @module
 */

import type { DiskReport } from "../../live/machine-report.ts";
import { lineOf, numberOf, wordsOf } from "./proc-text.ts";

const KIBIBYTE = 1024;
const NAME_AT = 2;
const BUSY_AT = 12;

/** Bytes since the machine's start. */
export interface DiskTraffic {
  readonly readSize: number;
  readonly writtenSize: number;
}

export function parseDiskTraffic(vmstat: string): DiskTraffic | undefined {
  const read = numberOf(lineOf(vmstat, "pgpgin")?.[0]);
  const written = numberOf(lineOf(vmstat, "pgpgout")?.[0]);
  if (read === undefined || written === undefined) return undefined;
  return { readSize: read * KIBIBYTE, writtenSize: written * KIBIBYTE };
}

/** For how long the disks of those names have been busy since the machine's start. */
export function parseBusyMs(diskstats: string, names: readonly string[]): number {
  let total = 0;
  for (const line of diskstats.split("\n")) {
    const words = wordsOf(line);
    if (names.includes(words[NAME_AT] ?? "")) total += numberOf(words[BUSY_AT]) ?? 0;
  }
  return total;
}

/** A look at the disks. */
export interface DiskSample extends DiskTraffic {
  readonly busyMs: number;
}

export function diskReport(
  before: DiskSample | undefined,
  after: DiskSample,
  elapsedMs: number,
): DiskReport {
  if (before === undefined || elapsedMs <= 0) return { readRate: 0, writeRate: 0, busy: 0 };
  const perSecond = (size: number): number => Math.max(0, (size * 1_000) / elapsedMs);
  return {
    readRate: perSecond(after.readSize - before.readSize),
    writeRate: perSecond(after.writtenSize - before.writtenSize),
    busy: Math.min(1, Math.max(0, (after.busyMs - before.busyMs) / elapsedMs)),
  };
}
