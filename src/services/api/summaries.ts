/**
 * The server and its machine at a glance: `GET /api/v1/summaries`, and what heartbeats carry.
 *
 * @module
 */

import { VERSION } from "../../base/version.ts";
import type { MachineReport } from "../../live/machine-report.ts";
import type { ProcessReport } from "../../live/reports.ts";
import { mainProcess, memoryUse, swapUse, toHundredths } from "./proc-entries.ts";

type Json = Readonly<Record<string, unknown>>;

const KIBIBYTE = 1024;

/**
 * @param processes All of the server's; their figures are added up.
 * @param pid The server's: of the process that was started.
 */
export function toSummary(
  processes: readonly ProcessReport[],
  machine: MachineReport,
  pid: number,
  nowMs: number,
): Json {
  return {
    ok: true,
    now_ms: Math.round(nowMs),
    self: toSelf(processes, machine, pid),
    system: toSystem(processes, machine, nowMs),
  };
}

function toSelf(processes: readonly ProcessReport[], { memory }: MachineReport, pid: number): Json {
  const own = mainProcess(processes, pid);
  const residentSize = sum(processes, (report) => report.residentSize);
  const uptimeMs = Math.max(0, ...processes.map((report) => report.uptimeMs));
  return {
    version: VERSION,
    pid,
    ppid: own?.parentPid ?? 0,
    argv: own?.commandLine.join(" ") ?? "",
    cwd: own?.workingFolder ?? "",
    mem_kbyte: Math.round(residentSize / KIBIBYTE),
    mem_percent: toHundredths(memory === null ? 0 : residentSize / memory.totalSize),
    cpu_percent: toHundredths(sum(processes, (report) => report.cpuLoad)),
    srs_uptime: Math.floor(uptimeMs / 1_000),
  };
}

function toSystem(
  processes: readonly ProcessReport[],
  machine: MachineReport,
  nowMs: number,
): Json {
  const { cpu, memory, disk, network, connections, uptime, load } = machine;
  return {
    cpu_percent: toHundredths(cpu?.use ?? 0),
    disk_read_KBps: toKibibytes(disk?.readRate),
    disk_write_KBps: toKibibytes(disk?.writeRate),
    disk_busy_percent: toHundredths(disk?.busy ?? 0),
    mem_ram_kbyte: toKibibytes(memory?.totalSize),
    mem_ram_percent: toHundredths(memory === null ? 0 : memoryUse(memory)),
    mem_swap_kbyte: toKibibytes(memory?.swapSize),
    mem_swap_percent: toHundredths(memory === null ? 0 : swapUse(memory)),
    cpus: machine.coreCount,
    cpus_online: machine.coreCount,
    uptime: toHundredths(uptime?.seconds ?? 0),
    // As SRS spells it.
    ilde_time: toHundredths(uptime?.idleSeconds ?? 0),
    load_1m: load?.oneMinute ?? 0,
    load_5m: load?.fiveMinutes ?? 0,
    load_15m: load?.fifteenMinutes ?? 0,
    net_sample_time: machine.sampledMs,
    net_recv_bytes: network?.publicReceivedSize ?? 0,
    net_send_bytes: network?.publicSentSize ?? 0,
    net_recvi_bytes: network?.privateReceivedSize ?? 0,
    net_sendi_bytes: network?.privateSentSize ?? 0,
    srs_sample_time: Math.round(nowMs),
    srs_recv_bytes: sum(processes, (report) => report.receivedSize),
    srs_send_bytes: sum(processes, (report) => report.sentSize),
    conn_sys: connections?.total ?? 0,
    conn_sys_et: connections?.established ?? 0,
    conn_sys_tw: connections?.timeWait ?? 0,
    conn_sys_udp: connections?.udp ?? 0,
    conn_srs: sum(processes, (report) => report.connections),
  };
}

function sum(
  processes: readonly ProcessReport[],
  value: (report: ProcessReport) => number,
): number {
  return processes.reduce((total, report) => total + value(report), 0);
}

function toKibibytes(size = 0): number {
  return Math.round(size / KIBIBYTE);
}
