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
import type { Output, OutputFiles } from "./output-files.ts";
import type { Refusal } from "./program-room.ts";

/** How long it may take to end by itself: an encoder writes what it holds, and the end of a file. */
const STOP_MS = 5_000;

/** What ends well at once is not begun anew more often than that. */
const LOOP_MS_MIN = 1_000;

/** What is to be run. */
export interface ProgramSpec {
  /** A path, or a name that is looked for in PATH. */
  readonly path: string;
  readonly args: readonly string[];
  readonly workingFolder?: string;
  /** Files that its output goes to; the same one for both is written in the order of printing. */
  readonly stdout?: string | undefined;
  readonly stderr?: string | undefined;
  /** What it reads; nothing unless given. */
  readonly input?: Uint8Array;
  /** Is given all output as well. Must not throw. */
  readonly onOutput?: OutputHandler;
  /** Told of each start, before any output. Must not throw. */
  readonly onStarted?: () => void;
  /** Told once that it runs no more and will not again. Must not throw. */
  readonly onEnded?: () => void;
  /** It is started again whenever it ends. */
  readonly isRestarted: boolean;
  /** To end well is to be done, as with a file that is played: it begins anew without a growing pause. */
  readonly isLooped?: boolean;
  /** It comes and goes too often for lines in the log about more than what goes wrong. */
  readonly isQuiet?: boolean;
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
  /** How often it was ended by force, as it had hung. */
  readonly kills: number;
  /** How it ended the last time, or why it could not be started; `null`: it has not. */
  readonly problem: string | null;
}

export interface ProgramPorts {
  readonly processes: Pick<Processes, "spawn">;
  readonly outputs: Pick<OutputFiles, "open">;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly environment: Readonly<Record<string, string>>;
  /** Asked before each start; returns why there may be none. */
  readonly begin: () => Refusal | undefined;
  /** Waited for before each start. Must not reject. */
  readonly prepare: () => Promise<void>;
  /** Told of each process, by the number of its group. */
  readonly started: (pid: number) => void;
  /** What `begin` allowed is over; `pid` is `undefined` for what could not be started. */
  readonly ended: (pid: number | undefined) => void;
  /** Told of each end that was not wanted, what could not be started included. */
  readonly failed: () => void;
  /** Told of each end by force. */
  readonly killed: () => void;
  /** Told once that it will not run again. */
  readonly over: () => void;
}

const NO_INPUT = new Uint8Array(0);

export class Program {
  readonly spec: ProgramSpec;
  /** Resolves when it runs no more and will not again. */
  readonly ended: Promise<void>;
  readonly #ports: ProgramPorts;
  readonly #outputs = new Map<string, Output>();
  readonly #pause: RestartPause = new RestartPause();
  #state: ProgramState = "starting";
  #stateSinceMs: number;
  #child: ChildProcess | undefined;
  #starting: Promise<void> = Promise.resolve();
  #timer: Timer | undefined;
  #startCount = 0;
  #killCount = 0;
  #problem: string | null = null;
  #isStopped = false;
  #stopped: Promise<void> | undefined;
  readonly #resolveEnded: () => void;

  /** Starts it. */
  constructor(ports: ProgramPorts, spec: ProgramSpec) {
    this.spec = spec;
    this.#ports = ports;
    this.#stateSinceMs = ports.clock.monotonicMs();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    this.#resolveEnded = resolve;
    this.#launch();
  }

  report(): ProgramReport {
    return {
      state: this.#state,
      stateMs: Math.round(this.#ports.clock.monotonicMs() - this.#stateSinceMs),
      pid: this.#child?.pid ?? null,
      starts: this.#startCount,
      kills: this.#killCount,
      problem: this.#problem,
    };
  }

  /** Ends it by force, as it has hung; it is started again if it is to be. */
  kill(reason: string): void {
    if (this.#child === undefined) return;
    this.#killCount += 1;
    this.#ports.killed();
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
    await this.#closeOutputs();
    this.#end();
  }

  #end(): void {
    if (this.#state === "ended") return;
    this.#enter("ended");
    void this.#closeOutputs();
    this.#ports.over();
    this.#resolveEnded();
    this.spec.onEnded?.();
  }

  /** It prints no more. */
  async #closeOutputs(): Promise<void> {
    const outputs = [...this.#outputs.values()];
    this.#outputs.clear();
    await Promise.all(outputs.map((output) => output.close()));
  }

  async #start(): Promise<void> {
    const { path, args, workingFolder, input } = this.spec;
    const { processes, environment, begin, prepare, started, ended, clock } = this.#ports;
    const startMs = clock.monotonicMs();
    this.#enter("starting");
    const refusal = begin();
    if (refusal !== undefined) return this.#notStarted(refusal);
    await prepare();
    if (this.#isStopped) return ended(undefined);
    try {
      const child = await processes.spawn(path, args, {
        environment,
        isGroup: true,
        output: (bytes, from) => this.#printed(bytes, from),
        input: input ?? NO_INPUT,
        ...(workingFolder === undefined ? {} : { workingFolder }),
      });
      this.#child = child;
      this.#startCount += 1;
      this.#enter("running");
      started(child.pid);
      this.spec.onStarted?.();
      this.#log("info", "program started", { pid: child.pid });
      void child.exited.then((exit) => this.#over(child, exit, startMs));
    } catch (error) {
      ended(undefined);
      if (!(error instanceof SystemError)) throw error;
      this.#notStarted({ reason: error.message, isTold: false });
    }
  }

  #notStarted({ reason, isTold }: Refusal): void {
    this.#problem = reason;
    this.#ports.failed();
    if (!isTold) this.#log("warn", "program not started", { reason });
    this.#startLater(0);
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
    const ranMs = clock.monotonicMs() - startMs;
    const isDone = code === 0 && (this.spec.isLooped === true || !this.spec.isRestarted);
    const status = code === undefined ? `ended by ${signal}` : `ended with exit status ${code}`;
    this.#problem = isDone ? null : status;
    if (!isDone) this.#ports.failed();
    this.#log(isDone ? "info" : "warn", "program ended", { pid: child.pid, code, signal });
    if (isDone && this.spec.isLooped === true) this.#startIn(Math.max(0, LOOP_MS_MIN - ranMs));
    else this.#startLater(ranMs);
  }

  #startLater(ranMs: number): void {
    if (this.#isStopped) return;
    if (this.spec.isRestarted) this.#startIn(this.#pause.next(ranMs));
    else this.#end();
  }

  #startIn(pauseMs: number): void {
    this.#enter("pausing");
    this.#timer = this.#ports.clock.setTimer(pauseMs, () => this.#launch());
  }

  #launch(): void {
    // Whoever has it made knows it before anything is told of it.
    this.#starting = Promise.resolve()
      .then(() => (this.#isStopped ? undefined : this.#start()))
      .catch((error: unknown) => {
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
    if (path !== undefined) this.#outputTo(path).write(bytes);
    this.spec.onOutput?.(bytes, from);
  }

  #outputTo(path: string): Output {
    let output = this.#outputs.get(path);
    if (output === undefined) {
      output = this.#ports.outputs.open(path);
      this.#outputs.set(path, output);
    }
    return output;
  }

  #enter(state: ProgramState): void {
    this.#state = state;
    this.#stateSinceMs = this.#ports.clock.monotonicMs();
  }

  #log(level: "info" | "warn", event: string, fields: LogFields): void {
    if (level === "info" && this.spec.isQuiet === true) return;
    this.#ports.logger[level](event, { ...this.spec.fields, ...fields });
  }
}
