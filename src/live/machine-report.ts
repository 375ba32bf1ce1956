/**
 * What can be known of the machine that the server runs on. `null` where the system does not tell.
 * Sizes are bytes.
 *
 * @module
 */

export interface MachineReport {
  /** When the figures were read: wall time in milliseconds since the Unix epoch. */
  readonly sampledMs: number;
  readonly coreCount: number;
  readonly cpu: CpuReport | null;
  readonly memory: MemoryReport | null;
  readonly disk: DiskReport | null;
  readonly network: NetworkReport | null;
  readonly connections: ConnectionsReport | null;
  readonly uptime: UptimeReport | null;
  readonly load: LoadReport | null;
  readonly kernel: KernelReport | null;
}

/** Times of all cores since the machine's start, in clock ticks (mostly 100 a second). */
export interface CpuTimes {
  readonly user: number;
  readonly nice: number;
  readonly system: number;
  readonly idle: number;
  readonly ioWait: number;
  readonly irq: number;
  readonly softIrq: number;
  readonly steal: number;
  readonly guest: number;
}

export interface CpuReport extends CpuTimes {
  /** How much of all cores was in use since the sample before: from 0 to 1. */
  readonly use: number;
}

export interface MemoryReport {
  readonly totalSize: number;
  readonly freeSize: number;
  readonly buffersSize: number;
  readonly cachedSize: number;
  readonly swapSize: number;
  readonly swapFreeSize: number;
}

/** Since the sample before. */
export interface DiskReport {
  /** Bytes per second. */
  readonly readRate: number;
  readonly writeRate: number;
  /** How much of the time the configured disks were busy: from 0 to 1. */
  readonly busy: number;
}

/** Bytes since the machine's start, by whether the interface has an address of the Internet. */
export interface NetworkReport {
  readonly publicReceivedSize: number;
  readonly publicSentSize: number;
  readonly privateReceivedSize: number;
  readonly privateSentSize: number;
}

/** Sockets of all programs. */
export interface ConnectionsReport {
  /** TCP, those that wait for late packets included. */
  readonly total: number;
  readonly established: number;
  readonly timeWait: number;
  readonly udp: number;
}

export interface UptimeReport {
  readonly seconds: number;
  /** Of all cores together. */
  readonly idleSeconds: number;
}

/** Programs that run or wait to, on average. */
export interface LoadReport {
  readonly oneMinute: number;
  readonly fiveMinutes: number;
  readonly fifteenMinutes: number;
}

export interface KernelReport {
  /** Such as `Linux`. */
  readonly name: string;
  readonly hostName: string;
  readonly release: string;
  readonly version: string;
}
