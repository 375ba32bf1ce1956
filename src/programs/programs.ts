/**
 * All programs that the server runs beside itself: how many there may be, what they are given, and that
 * none of them outlives it.
 *
 * @module
 */

import { type Clock, within } from "../base/clock.ts";
import type { Logger } from "../base/logger.ts";
import type { Files, Processes } from "../runtime/runtime.ts";
import { programEnvironment } from "./environment.ts";
import { OrphanGuard } from "./orphan-guard.ts";
import { OutputFiles } from "./output-files.ts";
import { Program, type ProgramSpec } from "./program.ts";
import { ProgramRoom, type Refusal } from "./program-room.ts";

/** How long a program that runs once may go on when the server stops. */
const FINISH_MS = 2_000;

export interface ProgramsPorts {
  readonly processes: Pick<Processes, "spawn">;
  readonly files: Pick<Files, "open" | "rename" | "stat" | "makeFolder">;
  readonly clock: Clock;
  readonly logger: Logger;
  /** This process's own. */
  readonly environment: Readonly<Record<string, string>>;
  /** How many may run at once, at present. */
  readonly countMax: () => number;
}

/** Figures since the start of this process. */
export interface ProgramsReport {
  readonly running: number;
  /** How many may. */
  readonly runningMax: number;
  readonly starts: number;
  /** Ends that were not wanted, and what could not be started. */
  readonly failures: number;
  /** Ends by force. */
  readonly kills: number;
  /** What was to run once, and was left out for want of room; failures too. */
  readonly refusals: number;
}

export class Programs {
  readonly #ports: ProgramsPorts;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #guard: OrphanGuard;
  readonly #outputs: OutputFiles;
  readonly #programs = new Set<Program>();
  readonly #room: ProgramRoom;
  #isClosed = false;
  readonly #past = { starts: 0, failures: 0, kills: 0 };

  constructor(ports: ProgramsPorts) {
    this.#ports = ports;
    this.#outputs = new OutputFiles(ports);
    this.#room = new ProgramRoom(ports);
    this.#environment = programEnvironment(ports.environment);
    this.#guard = new OrphanGuard({ ...ports, environment: this.#environment });
  }

  /** Processes that run, or are about to. */
  get runningCount(): number {
    return this.#room.count;
  }

  report(): ProgramsReport {
    const { countMax } = this.#ports;
    const { count: running, refusalCount: refusals } = this.#room;
    return { running, runningMax: countMax(), refusals, ...this.#past };
  }

  /** Runs a program until its `stop`. One that cannot be started is tried again, if it is to be restarted. */
  start(spec: ProgramSpec): Program {
    const program = new Program(
      {
        ...this.#ports,
        environment: this.#environment,
        outputs: this.#outputs,
        begin: () => this.#begin(spec),
        prepare: () => this.#guard.prepare(),
        started: (pid) => this.#started(pid),
        ended: (pid) => this.#ended(spec, pid),
        failed: () => {
          this.#past.failures += 1;
        },
        killed: () => {
          this.#past.kills += 1;
        },
        over: () => void this.#programs.delete(program),
      },
      spec,
    );
    this.#programs.add(program);
    return program;
  }

  /** Ends a program; see `Program.stop`. */
  async stop(program: Program): Promise<void> {
    await program.stop();
  }

  /** Ends all of them. None can be started any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#programs].map((program) => this.#close(program)));
    await Promise.all([this.#guard.close(), this.#outputs.flush()]);
  }

  /** What runs once may still do what it is there for. */
  async #close(program: Program): Promise<void> {
    const { clock } = this.#ports;
    if (!program.spec.isRestarted) await within(clock, FINISH_MS, program.ended);
    await program.stop();
  }

  #begin({ isRestarted }: ProgramSpec): Refusal | undefined {
    if (!this.#isClosed) return this.#room.enter(isRestarted);
    return { reason: "Cannot start a program: the server stops", isTold: false };
  }

  #started(pid: number): void {
    this.#past.starts += 1;
    this.#guard.add(pid);
  }

  #ended({ isRestarted }: ProgramSpec, pid: number | undefined): void {
    this.#room.leave(isRestarted);
    if (pid !== undefined) this.#guard.remove(pid);
  }
}
