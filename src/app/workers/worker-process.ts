/**
 * A worker as a process: started, started again when it ends, and ended.
 *
 * @module
 */

import type { Clock, Timer } from "../../base/clock.ts";
import { toError } from "../../base/errors.ts";
import type { Logger } from "../../base/logger.ts";
import { RestartPause } from "../../base/restart-pause.ts";
import type { ChildExit, ChildProcess } from "../../runtime/runtime.ts";

/**
 * A worker that has not answered for so many seconds has hung, and will not come to itself. The machine
 * may be busy: whoever serves does not stand still for so long even then.
 */
export const SILENCE_SECONDS_MAX = 15;

export interface WorkerProcessPorts {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Starts the process. */
  readonly spawn: (worker: number) => Promise<ChildProcess>;
  /** How long it may take until it says something for the first time. */
  readonly startSecondsMax: number;
}

export class WorkerProcess {
  readonly worker: number;
  /** It is started again whenever it ends. */
  isKept = false;
  readonly #ports: WorkerProcessPorts;
  readonly #ended: (exit: ChildExit, pid: number) => void;
  readonly #pause = new RestartPause();
  #child: ChildProcess | undefined;
  /** Settled when the process has been started, or could not be. */
  #starting: Promise<unknown> = Promise.resolve();
  #startedMs = 0;
  /** Seconds in which this process was awake, and nothing has come of that one. */
  #silentSeconds = 0;
  #hasSpoken = false;
  #restartTimer: Timer | undefined;
  #killTimer: Timer | undefined;

  /** @param ended Called each time it has ended. */
  constructor(
    worker: number,
    ports: WorkerProcessPorts,
    ended: (exit: ChildExit, pid: number) => void,
  ) {
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
    this.#silentSeconds = 0;
    this.#hasSpoken = false;
    const starting = spawn(this.worker).then((child) => {
      this.#child = child;
      void child.exited.then((exit) => this.#over(exit, child.pid));
    });
    this.#starting = starting.catch(() => undefined);
    return starting;
  }

  /** Ends it by force if it has not ended by itself after `ms`. */
  killAfter(ms: number): void {
    if (this.#child === undefined) return;
    this.#killTimer ??= this.#ports.clock.setTimer(ms, () => {
      this.#killTimer = undefined;
      this.#kill("it does not stop");
    });
  }

  /** It has said something. */
  heard(): void {
    this.#silentSeconds = 0;
    this.#hasSpoken = true;
  }

  /**
   * Call once a second, but not when the calling process has just stood still itself: ends a process
   * that has hung.
   */
  sweep(): void {
    if (this.#child === undefined) return;
    this.#silentSeconds += 1;
    const { startSecondsMax } = this.#ports;
    const secondsMax = this.#hasSpoken ? SILENCE_SECONDS_MAX : startSecondsMax;
    if (this.#silentSeconds > secondsMax) this.#kill(`it is silent for ${secondsMax} s`);
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

  #kill(reason: string): void {
    this.#ports.logger.warn("worker killed", {
      worker: this.worker,
      pid: this.#child?.pid,
      reason,
    });
    this.#silentSeconds = 0;
    this.#child?.kill("SIGKILL");
  }

  #over(exit: ChildExit, pid: number): void {
    this.#killTimer?.cancel();
    this.#killTimer = undefined;
    this.#child = undefined;
    const { worker } = this;
    if (this.isKept) this.#ports.logger.warn("worker ended", { worker, pid, ...exit });
    this.#ended(exit, pid);
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
