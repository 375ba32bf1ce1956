/**
 * The machine and this process as the system tells of them, sampled every 3 s as in SRS, so that rates
 * are those of the last moments. Where there is no /proc, figures are `null`.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import type { KernelReport, MachineReport } from "../../live/machine-report.ts";
import type { ProcessStat } from "../../live/process-stat.ts";
import type { Files, Host } from "../../runtime/runtime.ts";
import { type CpuStat, cpuUse, parseCpuStat } from "./parse-cpu.ts";
import { type DiskSample, diskReport, parseBusyMs, parseDiskTraffic } from "./parse-disk.ts";
import { parseLoad, parseUptime } from "./parse-load.ts";
import { parseMemory } from "./parse-memory.ts";
import { parseConnections, parseNetwork } from "./parse-network.ts";
import { parseProcessStat } from "./parse-process-stat.ts";
import { isPublicAddress } from "./public-address.ts";

const SAMPLE_MS = 3_000;
/** Sweeps come about once a second: one that comes a little early must not wait for the next. */
const EARLY_MS = 500;

export interface MachinePorts {
  readonly files: Pick<Files, "readText">;
  readonly host: Pick<Host, "coreCount" | "addresses">;
  readonly clock: Clock;
}

/** What rates are made from. */
interface Sample {
  readonly ms: number;
  readonly cpu: CpuStat | undefined;
  readonly disk: DiskSample | undefined;
}

export interface MachineSettings {
  /** Looked at every 3 s; else when asked, and rates are 0. */
  readonly isSampled: boolean;
  /** Which disks to report at present, by their names in /proc/diskstats. */
  readonly disks: () => readonly string[];
}

export class Machine {
  readonly #ports: MachinePorts;
  readonly #settings: MachineSettings;
  #last: Sample | undefined;
  #report: Promise<MachineReport> | undefined;
  #reportedMs = 0;

  constructor(ports: MachinePorts, settings: MachineSettings) {
    this.#ports = ports;
    this.#settings = settings;
  }

  /** Call every second or so. */
  sweep(nowMs: number): void {
    const isDue = this.#report === undefined || nowMs - this.#reportedMs >= SAMPLE_MS - EARLY_MS;
    if (this.#settings.isSampled && isDue) void this.#sample();
  }

  /** As of the latest sample. */
  machine(): Promise<MachineReport> {
    const isKept = this.#settings.isSampled && this.#report !== undefined;
    return isKept ? (this.#report as Promise<MachineReport>) : this.#sample();
  }

  async processStat(): Promise<ProcessStat | undefined> {
    return parseProcessStat(await this.#read("/proc/self/stat"));
  }

  #sample(): Promise<MachineReport> {
    this.#reportedMs = this.#ports.clock.monotonicMs();
    this.#report = this.#look();
    return this.#report;
  }

  async #look(): Promise<MachineReport> {
    const { clock, host } = this.#ports;
    const paths = ["stat", "vmstat", "diskstats", "meminfo", "net/dev", "net/sockstat", "net/snmp"];
    const texts = await Promise.all(paths.map((path) => this.#read(`/proc/${path}`)));
    const [stat = "", vmstat = "", diskstats = "", memory = ""] = texts;
    const [network = "", sockstat = "", snmp = ""] = texts.slice(4);
    const cpu = parseCpuStat(stat);
    const traffic = parseDiskTraffic(vmstat);
    const busyMs = parseBusyMs(diskstats, this.#settings.disks());
    const disk = traffic === undefined ? undefined : { ...traffic, busyMs };
    const before = this.#settings.isSampled ? this.#last : undefined;
    const now: Sample = { ms: clock.monotonicMs(), cpu, disk };
    this.#last = now;
    return {
      sampledMs: Math.round(clock.wallMs()),
      coreCount: cpu?.coreCount || host.coreCount,
      cpu: cpu === undefined ? null : { ...cpu.times, use: cpuUse(before?.cpu?.times, cpu.times) },
      memory: parseMemory(memory) ?? null,
      disk: disk === undefined ? null : diskReport(before?.disk, disk, now.ms - (before?.ms ?? 0)),
      network: parseNetwork(network, this.#publicInterfaces()) ?? null,
      connections: parseConnections(sockstat, snmp) ?? null,
      uptime: parseUptime(await this.#read("/proc/uptime")) ?? null,
      load: parseLoad(await this.#read("/proc/loadavg")) ?? null,
      kernel: await this.#kernel(),
    };
  }

  async #kernel(): Promise<KernelReport | null> {
    const names = ["ostype", "hostname", "osrelease", "version"];
    const texts = await Promise.all(names.map((name) => this.#read(`/proc/sys/kernel/${name}`)));
    const [name = "", hostName = "", release = "", version = ""] = texts.map((text) => text.trim());
    return name === "" ? null : { name, hostName, release, version };
  }

  #publicInterfaces(): (interfaceName: string) => boolean {
    const names = new Set<string>();
    for (const { interfaceName, address } of this.#ports.host.addresses()) {
      if (isPublicAddress(address)) names.add(interfaceName);
    }
    return (name) => names.has(name);
  }

  /** Empty where there is no such file. */
  #read(path: string): Promise<string> {
    return this.#ports.files.readText(path).catch(() => "");
  }
}
