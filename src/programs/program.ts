/**
 * A program that runs for as long as it is wanted: started again when it ends, ended with all that it has
 * started, its output kept.
 *
 * @module
 */

import type { Clock, Timer } from "../base/clock.ts";
import { SystemError, toError } from "../base/errors.ts";
import type { LogFields, Logger } from "../base/logger.ts";
import { RestartPause } from "../base/restart-pause.ts";
import type { ChildExit, ChildProcess, OutputHandler, Processes } from "../runtime/runtime.ts";
import { OutputFile, type OutputFilePorts } from "./output-file.ts";

/** How long it may take to end by itself: an encoder writes what it holds, and the end of a file. */
const STOP_MS = 5_000;

/** What is to be run. */
export interface ProgramSpec {
  /** A path, or a name that is looked for in PATH. */
  readonly path: string;
  readonly args: readonly string[];
  readonly workingFolder?: string;
  /** Files that its output goes to; the same one for both is written in the order of printing. */
  readonly stdout?: string | undefined;
  readonly stderr?: string | undefined;
  /** Is given all output as well. Must not throw. */
  readonly onOutput?: OutputHandler;
  /** It is started again whenever it ends. */
  readonly isRestarted: boolean;
  /** What it is, for the log. Never its arguments, which may hold keys. */
  readonly fields: LogFields;
}

/** `pausing`: before it is started again. */
export type ProgramState = "starting" | "running" | "pausing" | "ended";

export interface ProgramReport {
  readonly state: ProgramState;
  /** How long it has been in that state. */
  readonly stateMs: number;
  /** `null` while it does not run. */
  readonly pid: number | null;
  readonly starts: number;
  /** How it ended the last time, or why it could not be started; `null`: it has not. */
  readonly problem: string | null;
}

export interface ProgramPorts extends OutputFilePorts {
  readonly processes: Pick<Processes, "spawn">;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly environment: Readonly<Record<string, string>>;
  /** @throws {SystemError} If no further program may run. */
  readonly begin: () => void;
  /** Told of each process, by the number of its group. */
  readonly started: (pid: number) => void;
  /** What `begin` allowed is over; `pid` is `undefined` for what could not be started. */
  readonly ended: (pid: number | undefined) => void;
}

export class Program {
  readonly spec: ProgramSpec;
  readonly #ports: ProgramPorts;
  readonly #files = new Map<string, OutputFile>();
  readonly #pause: RestartPause = new RestartPause();
  #state: ProgramState = "starting";
  #stateSinceMs: number;
  #child: ChildProcess | undefined;
  #starting: Promise<void> = Promise.resolve();
  #timer: Timer | undefined;
  #startCount = 0;
  #problem: string | null = null;
  #isStopped = false;
  #stopped: Promise<void> | undefined;

  /** Starts it. */
  constructor(ports: ProgramPorts, spec: ProgramSpec) {
    this.spec = spec;
    this.#ports = ports;
    this.#stateSinceMs = ports.clock.monotonicMs();
    this.#launch();
  }

  report(): ProgramReport {
    return {
      state: this.#state,
      stateMs: Math.round(this.#ports.clock.monotonicMs() - this.#stateSinceMs),
      pid: this.#child?.pid ?? null,
      starts: this.#startCount,
      problem: this.#problem,
    };
  }

  /** Ends it by force, as it has hung; it is started again if it is to be. */
  kill(reason: string): void {
    if (this.#child === undefined) return;
    this.#log("warn", "program killed", { reason });
    this.#signal(this.#child, "SIGKILL");
  }

  /** Ends it, by force if it does not obey, with all that it has started. It is not started again. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    await this.#starting;
    const child = this.#child;
    if (child !== undefined) {
      this.#signal(child, "SIGTERM");
      const timer = this.#ports.clock.setTimer(STOP_MS, () => this.kill("it does not stop"));
      await child.exited;
      timer.cancel();
    }
    await Promise.all(Array.from(this.#files.values(), (file) => file.close()));
    this.#enter("ended");
  }

  async #start(): Promise<void> {
    const { path, args, workingFolder } = this.spec;
    const { processes, environment, begin, started, ended, clock } = this.#ports;
    const startMs = clock.monotonicMs();
    this.#enter("starting");
    let hasBegun = false;
    try {
      begin();
      hasBegun = true;
      const child = await processes.spawn(path, args, {
        environment,
        isGroup: true,
        output: (bytes, from) => this.#printed(bytes, from),
        ...(workingFolder === undefined ? {} : { workingFolder }),
      });
      child.closeInput();
      this.#child = child;
      this.#startCount += 1;
      this.#enter("running");
      started(child.pid);
      this.#log("info", "program started", { pid: child.pid });
      void child.exited.then((exit) => this.#over(child, exit, startMs));
    } catch (error) {
      if (hasBegun) ended(undefined);
      if (!(error instanceof SystemError)) throw error;
      this.#problem = error.message;
      this.#log("warn", "program not started", { reason: error.message });
      this.#startLater(0);
    }
  }

  #over(child: ChildProcess, { code, signal }: ChildExit, startMs: number): void {
    const { clock, ended } = this.#ports;
    this.#child = undefined;
    this.#signal(child, "SIGKILL"); // What it has left behind.
    ended(child.pid);
    if (this.#isStopped) {
      this.#log("info", "program stopped", { pid: child.pid, code, signal });
      return;
    }
    this.#problem = code === undefined ? `ended by ${signal}` : `ended with exit status ${code}`;
    this.#log("warn", "program ended", { pid: child.pid, code, signal });
    this.#startLater(clock.monotonicMs() - startMs);
  }

  #startLater(ranMs: number): void {
    if (this.#isStopped) return;
    this.#enter(this.spec.isRestarted ? "pausing" : "ended");
    if (!this.spec.isRestarted) return;
    this.#timer = this.#ports.clock.setTimer(this.#pause.next(ranMs), () => this.#launch());
  }

  #launch(): void {
    this.#starting = this.#start().catch((error: unknown) => {
      this.#ports.logger.error("program failed", { ...this.spec.fields, error });
    });
  }

  /** To all of its group. One that has become another user's cannot be reached. */
  #signal(child: ChildProcess, signal: "SIGTERM" | "SIGKILL"): void {
    try {
      child.kill(signal);
    } catch (error) {
      this.#log("warn", "program not reached", { signal, reason: toError(error).message });
    }
  }

  #printed(bytes: Uint8Array, from: "stdout" | "stderr"): void {
    const path = this.spec[from];
    if (path !== undefined) this.#fileOf(path).write(bytes);
    this.spec.onOutput?.(bytes, from);
  }

  #fileOf(path: string): OutputFile {
    let file = this.#files.get(path);
    if (file === undefined) {
      file = new OutputFile(this.#ports, path);
      this.#files.set(path, file);
    }
    return file;
  }

  #enter(state: ProgramState): void {
    this.#state = state;
    this.#stateSinceMs = this.#ports.clock.monotonicMs();
  }

  #log(level: "info" | "warn", event: string, fields: LogFields): void {
    this.#ports.logger[level](event, { ...this.spec.fields, ...fields });
  }
}
