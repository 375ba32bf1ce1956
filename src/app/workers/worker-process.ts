/**
 * A worker as a process: started, started again when it ends, and ended.
 *
 * @module
 */

import type { Clock, Timer } from "../../base/clock.ts";
import { toError } from "../../base/errors.ts";
import type { Logger } from "../../base/logger.ts";
import type { ChildExit, ChildProcess } from "../../runtime/runtime.ts";
import { RestartPause } from "./restart-pause.ts";

export interface WorkerProcessPorts {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Starts the process. */
  readonly spawn: (worker: number) => Promise<ChildProcess>;
}

export class WorkerProcess {
  readonly worker: number;
  /** It is started again whenever it ends. */
  isKept = false;
  readonly #ports: WorkerProcessPorts;
  readonly #ended: (exit: ChildExit) => void;
  readonly #pause = new RestartPause();
  #child: ChildProcess | undefined;
  /** Settled when the process has been started, or could not be. */
  #starting: Promise<unknown> = Promise.resolve();
  #startedMs = 0;
  #restartTimer: Timer | undefined;
  #killTimer: Timer | undefined;

  /** @param ended Called each time it has ended. */
  constructor(worker: number, ports: WorkerProcessPorts, ended: (exit: ChildExit) => void) {
    this.worker = worker;
    this.#ports = ports;
    this.#ended = ended;
  }

  get child(): ChildProcess | undefined {
    return this.#child;
  }

  get isRunning(): boolean {
    return this.#child !== undefined;
  }

  /** @throws {SystemError} If the program cannot be started. */
  start(): Promise<void> {
    const { clock, spawn } = this.#ports;
    this.#startedMs = clock.monotonicMs();
    const starting = spawn(this.worker).then((child) => {
      this.#child = child;
      void child.exited.then((exit) => this.#over(exit));
    });
    this.#starting = starting.catch(() => undefined);
    return starting;
  }

  /** Ends it by force if it has not ended by itself after `ms`. */
  killAfter(ms: number): void {
    if (this.#child === undefined) return;
    this.#killTimer ??= this.#ports.clock.setTimer(ms, () => {
      this.#killTimer = undefined;
      this.#ports.logger.warn("worker killed", { worker: this.worker, pid: this.#child?.pid });
      this.#child?.kill("SIGKILL");
    });
  }

  /** Ends it, by force after `ms`, and starts it no more. */
  async end(ms: number): Promise<void> {
    this.isKept = false;
    this.#restartTimer?.cancel();
    await this.#starting;
    this.#child?.kill("SIGTERM"); // It may be too young to have been told.
    this.killAfter(ms);
    await this.#child?.exited;
  }

  #over(exit: ChildExit): void {
    this.#killTimer?.cancel();
    this.#killTimer = undefined;
    const pid = this.#child?.pid;
    this.#child = undefined;
    const { worker } = this;
    if (this.isKept) this.#ports.logger.warn("worker ended", { worker, pid, ...exit });
    this.#ended(exit);
    if (this.isKept) this.#startLater();
  }

  #startLater(): void {
    const { clock, logger } = this.#ports;
    const { worker } = this;
    const pauseMs = this.#pause.next(clock.monotonicMs() - this.#startedMs);
    logger.info("worker restarts", { worker, pauseMs });
    this.#restartTimer = clock.setTimer(pauseMs, () => {
      if (!this.isKept) return;
      this.start().catch((error: unknown) => {
        logger.warn("worker not started", { worker, reason: toError(error).message });
        if (this.isKept) this.#startLater();
      });
    });
  }
}
