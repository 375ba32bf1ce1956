/**
 * Files, streams and devices that FFmpeg fetches and publishes here, for as long as they are configured.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../base/logger.ts";
import type { IngestReport } from "../../live/reports.ts";
import { FfmpegRun } from "../../programs/ffmpeg/ffmpeg-run.ts";
import { logPath } from "../../programs/log-path.ts";
import { ProgramSet, type WantedRun } from "../../programs/program-set.ts";
import type { Programs } from "../../programs/programs.ts";
import {
  type IngestEngine,
  type IngestInput,
  ingestArguments,
  ingestOutput,
  namesInOutput,
  shownAddress,
} from "./ingest-job.ts";

/** One that is enabled. */
export interface IngestSettings {
  readonly vhost: string;
  /** Told apart by it within a vhost. */
  readonly id: string;
  /** The program. */
  readonly ffmpeg: string;
  readonly input: IngestInput;
  /** By name. */
  readonly engines: ReadonlyMap<string, IngestEngine>;
}

export interface IngestsPorts {
  readonly programs: Programs;
  readonly clock: Clock;
  readonly logger: Logger;
  /** All that are to run. */
  readonly settings: () => readonly IngestSettings[];
  /** The first port for RTMP. */
  readonly port: () => number;
  /** Puts into an output by what this server knows its own programs. */
  readonly mark: (output: string) => string;
  /** Folder for the logs of FFmpeg. */
  readonly logFolder: () => string;
  readonly logLevel: () => string;
}

type About = Pick<IngestReport, "vhost" | "id" | "engine" | "input" | "output">;

/** A run, and what it is for. */
class Engine extends FfmpegRun {
  readonly #about: About;

  constructor(about: About, ...run: ConstructorParameters<typeof FfmpegRun>) {
    super(...run);
    this.#about = about;
  }

  reportIngest(): IngestReport {
    return { ...this.#about, ...this.report() };
  }
}

/** An engine of an ingester. */
interface Job {
  readonly about: About;
  readonly wanted: WantedRun<Engine>;
}

export class Ingests {
  readonly #ports: IngestsPorts;
  readonly #engines = new ProgramSet<Engine>();
  /** Ingesters that somebody has stopped, and what they were then. */
  readonly #stopped = new Map<string, string>();
  #jobs: ReadonlyMap<string, Job> = new Map<string, Job>();
  #isClosed = false;

  constructor(ports: IngestsPorts) {
    this.#ports = ports;
  }

  /** Starts what is to run, also when settings have changed, and stops what is not. */
  configure(): void {
    if (this.#isClosed) return;
    const settings = this.#ports.settings();
    const known = new Map(settings.map((one) => [keyOf(one), textOf(one)]));
    for (const [key, text] of this.#stopped) {
      if (known.get(key) !== text) this.#stopped.delete(key); // It is another one now.
    }
    this.#jobs = new Map(settings.flatMap((one) => this.#jobsOf(one)));
    this.#apply();
  }

  /**
   * Starts or stops one, until it is told otherwise or configured anew.
   *
   * @returns Whether there is such an ingester.
   */
  set(vhost: string, id: string, isRunning: boolean): boolean {
    const one = this.#ports.settings().find((each) => each.vhost === vhost && each.id === id);
    if (one === undefined || this.#isClosed) return false;
    this.#ports.logger.info(isRunning ? "ingest started" : "ingest stopped", { vhost, id });
    if (isRunning) this.#stopped.delete(keyOf(one));
    else this.#stopped.set(keyOf(one), textOf(one));
    this.#apply();
    return true;
  }

  /** Call every second or so. */
  sweep(nowMs: number): void {
    for (const engine of this.#engines.runs) engine.sweep(nowMs);
  }

  /** By ingester and engine. */
  report(): readonly IngestReport[] {
    return Array.from(this.#jobs, ([purpose, { about }]) => {
      const run = this.#engines.get(purpose);
      return run?.reportIngest() ?? { ...about, ...NOT_RUNNING, state: this.#idleState(about) };
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#engines.close();
  }

  #idleState(about: About): IngestReport["state"] {
    return this.#stopped.has(keyOf(about)) ? "stopped" : "starting";
  }

  #apply(): void {
    const wanted = [...this.#jobs].filter(([, { about }]) => !this.#stopped.has(keyOf(about)));
    this.#engines.configure(new Map(wanted.map(([purpose, job]) => [purpose, job.wanted])));
  }

  #jobsOf(settings: IngestSettings): [purpose: string, job: Job][] {
    const { programs, clock, port, mark, logFolder, logLevel } = this.#ports;
    const { vhost, id, input, ffmpeg } = settings;
    return Array.from(settings.engines, ([engineName, engine]): [string, Job] => {
      const output = ingestOutput(engine.output, vhost, port());
      const about = {
        ...{ vhost, id, engine: engineName },
        input: shownAddress(input.url),
        output: shownAddress(output),
      };
      const job = {
        path: ffmpeg,
        args: ingestArguments(input, engine, mark(output), logLevel()),
        logPath: logPath(logFolder(), ["ffmpeg-ingest", vhost, ...namesInOutput(output)]),
        isLooped: input.type === "file",
        fields: { program: "ingest", vhost, ingest: id },
        isFed: () => true,
      };
      const wanted = {
        text: JSON.stringify([job.path, job.args, job.logPath ?? ""]),
        start: () => new Engine(about, { programs, clock }, job),
      };
      return [JSON.stringify([vhost, id, engineName]), { about, wanted }];
    });
  }
}

const NOT_RUNNING = {
  stateMs: 0,
  pid: null,
  starts: 0,
  kills: 0,
  problem: null,
  progress: null,
} as const;

function keyOf({ vhost, id }: Pick<IngestSettings, "vhost" | "id">): string {
  return JSON.stringify([vhost, id]);
}

function textOf({ ffmpeg, input, engines }: IngestSettings): string {
  return JSON.stringify([ffmpeg, input, [...engines]]);
}
