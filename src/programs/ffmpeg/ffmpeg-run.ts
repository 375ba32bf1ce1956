/**
 * FFmpeg at work on something that has no end: looked after, ended by force when it has hung, and begun
 * anew.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import type { LogFields } from "../../base/logger.ts";
import type { Program, ProgramReport } from "../program.ts";
import type { Run } from "../program-set.ts";
import type { Programs } from "../programs.ts";
import { type FfmpegProgress, PROGRESS_ARGUMENTS, ProgressParser } from "./progress.ts";

/** It looks at its input for some seconds before it begins, and a source far away may pause. */
const HANG_MS = 30_000;

export interface FfmpegJob {
  /** Of the program. */
  readonly path: string;
  /** Without what asks for progress. */
  readonly args: readonly string[];
  /** Where its log goes; absent: nowhere. */
  readonly logPath?: string | undefined;
  readonly isLooped?: boolean;
  /** What it is, for the log. */
  readonly fields: LogFields;
  /** Whether it has anything to work on: without that it is not expected to move. */
  readonly isFed: () => boolean;
}

export interface FfmpegReport extends ProgramReport {
  /** Of this run; `null`: nothing yet. */
  readonly progress: FfmpegProgress | null;
}

export interface FfmpegRunPorts {
  readonly programs: Programs;
  readonly clock: Pick<Clock, "monotonicMs">;
}

export class FfmpegRun implements Run {
  readonly #ports: FfmpegRunPorts;
  readonly #job: FfmpegJob;
  readonly #program: Program;
  #parser: ProgressParser = this.#createParser();
  #progress: FfmpegProgress | undefined;
  /** When it last got anywhere, or could not be expected to; on the monotonic clock. */
  #movedMs: number;
  #isKilled = false;

  /** Starts it. */
  constructor(ports: FfmpegRunPorts, job: FfmpegJob) {
    this.#ports = ports;
    this.#job = job;
    this.#movedMs = ports.clock.monotonicMs();
    const { path, args, logPath, isLooped = false, fields } = job;
    this.#program = ports.programs.start({
      path,
      args: [...PROGRESS_ARGUMENTS, ...args],
      stderr: logPath,
      onStarted: () => this.#begin(),
      onOutput: (bytes, from) => {
        if (from === "stdout") this.#parser.write(bytes);
      },
      isRestarted: true,
      isLooped,
      fields,
    });
  }

  /** Call every second or so. */
  sweep(nowMs: number): void {
    if (this.#program.report().state !== "running" || !this.#job.isFed()) this.#movedMs = nowMs;
    if (this.#isKilled || nowMs - this.#movedMs < HANG_MS) return;
    this.#isKilled = true;
    this.#program.kill("it makes no progress");
  }

  report(): FfmpegReport {
    return { ...this.#program.report(), progress: this.#progress ?? null };
  }

  async stop(): Promise<void> {
    await this.#ports.programs.stop(this.#program);
  }

  #begin(): void {
    this.#parser = this.#createParser();
    this.#progress = undefined;
    this.#isKilled = false;
    this.#movedMs = this.#ports.clock.monotonicMs();
  }

  #createParser(): ProgressParser {
    return new ProgressParser((progress) => {
      const before = this.#progress;
      this.#progress = progress;
      const hasMoved =
        progress.outTimeMs !== before?.outTimeMs ||
        progress.frames !== before?.frames ||
        progress.outSize !== before?.outSize;
      if (hasMoved) this.#movedMs = this.#ports.clock.monotonicMs();
    });
  }
}
