/**
 * What the system tells of processes and machine under SRS's names, most of which are the system's.
 * Where it does not tell, figures are 0 and `ok` is false. Those of several processes are added up.
 *
 * @module
 */

import type { ResourceUse } from "../../base/resource-use.ts";
import type { MachineReport, MemoryReport } from "../../live/machine-report.ts";
import {
  PROCESS_STAT_NUMBERS,
  type ProcessStat,
  type ProcessStatNumber,
} from "../../live/process-stat.ts";
import type { ProcessReport } from "../../live/reports.ts";

type Json = Readonly<Record<string, unknown>>;

const KIBIBYTE = 1024;

/** Amounts, of which several processes have more than one; all others are the first process's. */
const ADDED: ReadonlySet<ProcessStatNumber> = new Set([
  ...(["minflt", "cminflt", "majflt", "cmajflt", "utime", "stime", "cutime", "cstime"] as const),
  ...(["num_threads", "vsize", "rss", "nswap", "cnswap"] as const),
  ...(["delayacct_blkio_ticks", "guest_time", "cguest_time"] as const),
]);

export function toResourceUse(processes: readonly ProcessReport[], nowMs: number): Json {
  const uses = processes.map(({ use }) => use).filter((use) => use !== null);
  const sum = (value: (use: ResourceUse) => number): number =>
    Math.round(uses.reduce((total, use) => total + value(use), 0));
  return {
    ok: uses.length > 0,
    sample_time: Math.round(nowMs),
    ru_utime: Math.floor(sum((use) => use.userMs) / 1_000),
    ru_stime: Math.floor(sum((use) => use.systemMs) / 1_000),
    ru_maxrss: Math.round(sum((use) => use.residentSizeMax) / KIBIBYTE),
    // Linux does not keep these three.
    ru_ixrss: 0,
    ru_idrss: 0,
    ru_isrss: 0,
    ru_minflt: sum((use) => use.minorFaults),
    ru_majflt: sum((use) => use.majorFaults),
    ru_nswap: sum((use) => use.swaps),
    ru_inblock: sum((use) => use.blocksRead),
    ru_oublock: sum((use) => use.blocksWritten),
    ru_msgsnd: sum((use) => use.messagesSent),
    ru_msgrcv: sum((use) => use.messagesReceived),
    ru_nsignals: sum((use) => use.signals),
    ru_nvcsw: sum((use) => use.voluntarySwitches),
    ru_nivcsw: sum((use) => use.involuntarySwitches),
  };
}

/** @param pid The server's: of the process that was started. */
export function toProcessStats(
  processes: readonly ProcessReport[],
  pid: number,
  nowMs: number,
): Json {
  const own = mainProcess(processes, pid);
  const stats = processes.map(({ stat }) => stat).filter((stat) => stat !== null);
  const numbers: Record<string, number> = {};
  for (const name of PROCESS_STAT_NUMBERS) {
    numbers[name] = ADDED.has(name) ? sumOf(stats, name) : (own?.stat?.numbers[name] ?? 0);
  }
  return {
    ok: stats.length > 0,
    sample_time: Math.round(nowMs),
    percent: toHundredths(processes.reduce((total, one) => total + one.cpuLoad, 0)),
    pid,
    comm: `(${own?.stat?.command ?? ""})`,
    state: own?.stat?.state ?? "",
    ...numbers,
    ppid: own?.parentPid ?? 0,
  };
}

function sumOf(stats: readonly ProcessStat[], name: ProcessStatNumber): number {
  return stats.reduce((total, { numbers }) => total + numbers[name], 0);
}

/** The one that was started, which in a server of several workers is the supervisor. */
export function mainProcess(
  processes: readonly ProcessReport[],
  pid: number,
): ProcessReport | undefined {
  return processes.find((one) => one.pid === pid) ?? processes[0];
}

export function toSystemStats({ cpu, sampledMs }: MachineReport): Json {
  return {
    ok: cpu !== null,
    sample_time: sampledMs,
    percent: toHundredths(cpu?.use ?? 0),
    user: cpu?.user ?? 0,
    nice: cpu?.nice ?? 0,
    sys: cpu?.system ?? 0,
    idle: cpu?.idle ?? 0,
    iowait: cpu?.ioWait ?? 0,
    irq: cpu?.irq ?? 0,
    softirq: cpu?.softIrq ?? 0,
    steal: cpu?.steal ?? 0,
    guest: cpu?.guest ?? 0,
  };
}

export function toMemory({ memory, sampledMs }: MachineReport): Json {
  const kibibytes = (value: (memory: MemoryReport) => number): number =>
    memory === null ? 0 : Math.round(value(memory) / KIBIBYTE);
  return {
    ok: memory !== null,
    sample_time: sampledMs,
    percent_ram: toHundredths(memory === null ? 0 : memoryUse(memory)),
    percent_swap: toHundredths(memory === null ? 0 : swapUse(memory)),
    MemActive: kibibytes((one) => one.totalSize - one.freeSize),
    RealInUse: kibibytes(usedSize),
    NotInUse: kibibytes((one) => one.totalSize - usedSize(one)),
    MemTotal: kibibytes((one) => one.totalSize),
    MemFree: kibibytes((one) => one.freeSize),
    Buffers: kibibytes((one) => one.buffersSize),
    Cached: kibibytes((one) => one.cachedSize),
    SwapTotal: kibibytes((one) => one.swapSize),
    SwapFree: kibibytes((one) => one.swapFreeSize),
  };
}

/** How much of the memory is in use, what could be had back at once not counted: from 0 to 1. */
export function memoryUse(memory: MemoryReport): number {
  return memory.totalSize === 0 ? 0 : usedSize(memory) / memory.totalSize;
}

export function swapUse({ swapSize, swapFreeSize }: MemoryReport): number {
  return swapSize === 0 ? 0 : (swapSize - swapFreeSize) / swapSize;
}

function usedSize({ totalSize, freeSize, buffersSize, cachedSize }: MemoryReport): number {
  return totalSize - freeSize - buffersSize - cachedSize;
}

/** SRS writes fractions with two digits. */
export function toHundredths(value: number): number {
  return Math.round(value * 100) / 100;
}
