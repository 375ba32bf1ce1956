/**
 * Looks, over the measured window, at what the server and the meter itself cost.
 *
 * @module
 */

import { toError } from "../base/errors.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { BenchOptions } from "./options.ts";
import { type ProcessSample, sampleProcess } from "./process-watch.ts";
import {
  type MeterReport,
  percentOf,
  type ServerUsageReport,
  serverUsageReport,
  type UsageReport,
  usageReport,
} from "./report.ts";
import { type ServerSample, sampleServer, withoutSecret } from "./server-watch.ts";

export type UsagePorts = Pick<Runtime, "clock" | "files" | "host" | "tcp">;

interface Samples<Sample> {
  readonly take: () => Promise<Sample>;
  readonly taken: { readonly sample: Sample; readonly ms: number }[];
  isBusy: boolean;
  fault: string | undefined;
}

/** The meter itself: milliseconds of processor time, and bytes. */
interface OwnSample {
  readonly user: number;
  readonly system: number;
  readonly residentSize: number;
  readonly ms: number;
}

const NOTHING: OwnSample = { user: 0, system: 0, residentSize: 0, ms: 0 };

export class UsageWatch {
  readonly #ports: UsagePorts;
  readonly #options: BenchOptions;
  readonly #process: Samples<ProcessSample> | undefined;
  readonly #server: Samples<ServerSample> | undefined;
  readonly #own: OwnSample[] = [];

  constructor(ports: UsagePorts, options: BenchOptions) {
    this.#ports = ports;
    this.#options = options;
    const { pid, server, isVerified } = options;
    if (pid !== undefined) this.#process = samples(() => sampleProcess(ports.files, pid));
    if (server !== undefined) {
      this.#server = samples(() => sampleServer(ports, server, { isVerified }));
    }
  }

  /** Why there are no figures, as far as there are none. */
  get faults(): string[] {
    return [this.#process?.fault, this.#server?.fault].filter((fault) => fault !== undefined);
  }

  /** The measured window begins, goes on, or ends. */
  async look(): Promise<void> {
    this.#lookAtSelf();
    await Promise.all([this.#take(this.#process), this.#take(this.#server)]);
  }

  processReport(): UsageReport | null {
    const { taken = [] } = this.#process ?? {};
    return usageReport(
      taken.map(({ sample }) => sample),
      secondsOf(taken),
    );
  }

  serverReport(): ServerUsageReport | null {
    const { taken = [] } = this.#server ?? {};
    return serverUsageReport(
      withoutSecret(this.#options.server ?? ""),
      taken.map(({ sample }) => sample),
      secondsOf(taken),
    );
  }

  meterReport(delayMsMax: number): MeterReport {
    const start = this.#own[0] ?? NOTHING;
    const end = this.#own.at(-1) ?? NOTHING;
    const passedMs = end.ms - start.ms;
    return {
      cpuPercent: percentOf(end.user + end.system - start.user - start.system, passedMs),
      userPercent: percentOf(end.user - start.user, passedMs),
      systemPercent: percentOf(end.system - start.system, passedMs),
      residentBytes: end.residentSize,
      delayMsMax: Math.round(delayMsMax),
    };
  }

  #lookAtSelf(): void {
    const { clock, host } = this.#ports;
    let residentSize = 0;
    try {
      residentSize = host.memory().residentSize;
    } catch {
      // The system tells by a file, which cannot be opened if players have used up all there may be.
    }
    this.#own.push({ ...host.cpuMs(), residentSize, ms: clock.monotonicMs() });
  }

  /** A sample's time is that of its figures as nearly as can be: in the middle of asking for them. */
  async #take<Sample>(samples: Samples<Sample> | undefined): Promise<void> {
    if (samples === undefined || samples.isBusy) return;
    samples.isBusy = true;
    const startMs = this.#ports.clock.monotonicMs();
    try {
      const sample = await samples.take();
      samples.taken.push({ sample, ms: (startMs + this.#ports.clock.monotonicMs()) / 2 });
    } catch (error) {
      samples.fault = toError(error).message;
    } finally {
      samples.isBusy = false;
    }
  }
}

function samples<Sample>(take: () => Promise<Sample>): Samples<Sample> {
  return { take, taken: [], isBusy: false, fault: undefined };
}

function secondsOf(taken: readonly { readonly ms: number }[]): number {
  return ((taken.at(-1)?.ms ?? 0) - (taken[0]?.ms ?? 0)) / 1_000;
}
