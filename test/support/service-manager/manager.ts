/**
 * A service manager for tests: starts the server with sockets that it has opened, and hears what the
 * server tells it.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { findBun } from "../../../scripts/programs.ts";
import { Program } from "../program.ts";
import { RUNTIME_ENVIRONMENT, SLUICE } from "../server.ts";
import { waitFor } from "../wait.ts";

const PROGRAM = fileURLToPath(new URL("program.ts", import.meta.url));

export interface ManagerOptions {
  readonly tcpPort: number;
  readonly udpPort: number;
  /** Where it wants to be told; with `@` an abstract address. */
  readonly notifyPath: string;
  /** How long the server may be silent, in microseconds. Absent: for ever. */
  readonly watchdogUs?: number;
  readonly configFile: string;
  readonly workingFolder: string;
}

interface Line {
  readonly started?: number;
  readonly ended?: number | string;
  readonly told?: string;
}

export class ServiceManager {
  readonly #program: Program;

  constructor(options: ManagerOptions) {
    const { tcpPort, udpPort, notifyPath, watchdogUs, configFile, workingFolder } = options;
    const numbers = [String(tcpPort), String(udpPort), notifyPath, String(watchdogUs ?? "")];
    this.#program = new Program(findBun(), [PROGRAM, ...numbers, SLUICE, "-c", configFile], {
      environment: RUNTIME_ENVIRONMENT,
      workingFolder,
      hasInput: true,
    });
  }

  get #lines(): readonly Line[] {
    const whole = this.#program.stdout.split("\n").slice(0, -1);
    return whole.map((text) => JSON.parse(text) as Line);
  }

  /** Processes that were started. */
  get pids(): number[] {
    return this.#lines.flatMap(({ started }) => started ?? []);
  }

  /** What the server has told, each variable by itself. */
  get told(): string[] {
    return this.#lines.flatMap(({ told }) => told?.split("\n") ?? []);
  }

  /** Exit codes, or signals. */
  get ends(): (number | string)[] {
    return this.#lines.flatMap(({ ended }) => ended ?? []);
  }

  /** Starts the server, and waits until it serves. */
  async start(): Promise<void> {
    const before = this.countOf("READY=1");
    this.#program.input?.write("start\n");
    await waitFor("the server to be ready", () => this.countOf("READY=1") > before);
  }

  /** Sends the server a signal. */
  signal(name: NodeJS.Signals): void {
    this.#program.input?.write(`${name}\n`);
  }

  countOf(variable: string): number {
    return this.told.filter((one) => one === variable).length;
  }

  /** Ends the server by force, and itself. */
  async end(): Promise<void> {
    this.#program.input?.end();
    await this.#program.exited;
  }
}
