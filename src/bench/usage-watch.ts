/**
 * Looks, over the measured window, at what the server and the meter itself cost.
 *
 * @module
 */

import type { Runtime } from "../runtime/runtime.ts";
import { reasonOf } from "./failures.ts";
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
import { type ServerSample, sampleServer } from "./server-watch.ts";
import { shownUrl } from "./shown-url.ts";

export type UsagePorts = Pick<Runtime, "clock" | "files" | "host" | "tcp">;

interface Samples<Sample> {
  readonly take: () => Promise<Sample>;
  readonly taken: { readonly sample: Sample; readonly ms: number }[];
  /** The look that is under way. */
  pending: Promise<void> | undefined;
  fault: string | undefined;
}

/** The meter itself: milliseconds of processor time, and bytes. */
interface OwnSample {
  readonly user: number;
  readonly system: number;
  readonly residentSize: number;
  readonly ms: number;
}

export interface WatchReport {
  readonly process: UsageReport | null;
  readonly server: ServerUsageReport | null;
  /** Why there are no figures, or what was missed of them. */
  readonly problems: readonly string[];
}

/** Samples that are further apart than this share of the window stand for it. */
const SPAN_SHARE_MIN = 0.9;
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

  /** The measured window begins, or goes on; a look that is under way is enough. */
  async look(): Promise<void> {
    this.#lookAtSelf();
    await Promise.all([this.#take(this.#process), this.#take(this.#server)]);
  }

  /** The window has ended: looks once more, behind the look that is under way. */
  async lastLook(): Promise<void> {
    this.#lookAtSelf();
    await Promise.all([this.#takeLast(this.#process), this.#takeLast(this.#server)]);
  }

  /** @param seconds How long the window was; 0 if there was none. */
  report(seconds: number): WatchReport {
    const problems: string[] = [];
    const address = shownUrl(this.#options.server ?? "");
    return {
      process: this.#reportOf(this.#process, seconds, {
        ...{ name: `process ${this.#options.pid}`, problems, report: usageReport },
      }),
      server: this.#reportOf(this.#server, seconds, {
        ...{ name: `server ${address}`, problems },
        report: (taken, span) => serverUsageReport(address, taken, span),
      }),
      problems,
    };
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

  #take<Sample>(samples: Samples<Sample> | undefined): Promise<void> {
    if (samples === undefined) return Promise.resolve();
    samples.pending ??= this.#sample(samples).finally(() => {
      samples.pending = undefined;
    });
    return samples.pending;
  }

  async #takeLast<Sample>(samples: Samples<Sample> | undefined): Promise<void> {
    await samples?.pending;
    await this.#take(samples);
  }

  /** A sample's time is that of its figures as nearly as can be: in the middle of asking for them. */
  async #sample<Sample>(samples: Samples<Sample>): Promise<void> {
    const startMs = this.#ports.clock.monotonicMs();
    try {
      const sample = await samples.take();
      samples.taken.push({ sample, ms: (startMs + this.#ports.clock.monotonicMs()) / 2 });
    } catch (error) {
      samples.fault = reasonOf(error);
    }
  }

  /** Figures of less than the window would pass for those of all of it. */
  #reportOf<Sample, Report>(
    samples: Samples<Sample> | undefined,
    seconds: number,
    { name, problems, report }: Reporter<Sample, Report>,
  ): Report | null {
    if (samples === undefined) return null;
    const { taken, fault } = samples;
    if (fault !== undefined) problems.push(fault);
    if (seconds === 0) return null;
    const span = secondsOf(taken);
    if (taken.length >= 2 && span >= seconds * SPAN_SHARE_MIN) {
      return report(
        taken.map(({ sample }) => sample),
        span,
      );
    }
    if (taken.length > 0 || fault === undefined) {
      const seen = `${taken.length} looks over ${span.toFixed(1)} of ${seconds.toFixed(1)} s`;
      problems.push(`no figures of ${name}: ${seen}`);
    }
    return null;
  }
}

interface Reporter<Sample, Report> {
  readonly name: string;
  readonly problems: string[];
  readonly report: (samples: readonly Sample[], seconds: number) => Report | null;
}

function samples<Sample>(take: () => Promise<Sample>): Samples<Sample> {
  return { take, taken: [], pending: undefined, fault: undefined };
}

function secondsOf(taken: readonly { readonly ms: number }[]): number {
  return ((taken.at(-1)?.ms ?? 0) - (taken[0]?.ms ?? 0)) / 1_000;
}
