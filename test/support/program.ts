/**
 * Programs that tests start: by argument lists, ended by their own process id, never left behind.
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import type { Writable } from "node:stream";
import { within } from "./wait.ts";

const running = new Set<ChildProcess>();

// Whatever happens to a test, its programs end with it.
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

export interface ProgramExit {
  readonly code: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
}

export interface ProgramOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly workingFolder?: string;
  /** The test writes what the program reads. */
  readonly hasInput?: boolean;
}

/** A running program and what it has printed. */
export class Program {
  readonly name: string;
  readonly exited: Promise<ProgramExit>;
  #child: ChildProcess;
  #exit: ProgramExit | undefined;
  #stdout = "";
  #stderr = "";

  constructor(name: string, args: readonly string[], options: ProgramOptions = {}) {
    this.name = `${name} ${args.join(" ")}`;
    const child = spawn(name, args, {
      cwd: options.workingFolder,
      env: { ...process.env, ...options.environment },
      stdio: [options.hasInput === true ? "pipe" : "ignore", "pipe", "pipe"],
    });
    // A program that has gone reads no more; that it has gone is seen elsewhere.
    child.stdin?.on("error", () => undefined);
    this.#child = child;
    running.add(child);
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.#stdout += text;
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
    });
    this.exited = new Promise((resolve, reject) => {
      child.once("error", (error) => {
        running.delete(child);
        reject(error);
      });
      child.once("close", (code, signal) => {
        running.delete(child);
        this.#exit = { code: code ?? undefined, signal: signal ?? undefined };
        resolve(this.#exit);
      });
    });
    // Whoever waits hears of a failure; a program that nobody waits for may fail quietly.
    this.exited.catch(() => undefined);
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  /** `undefined` for a program without input. */
  get input(): Writable | undefined {
    return this.#child.stdin ?? undefined;
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** `undefined` while it runs. */
  get exit(): ProgramExit | undefined {
    return this.#exit;
  }

  kill(signal: NodeJS.Signals): void {
    if (this.#exit === undefined) this.#child.kill(signal);
  }

  /** Ends it if it still runs. */
  async end(): Promise<ProgramExit> {
    this.kill("SIGKILL");
    return this.exited;
  }
}

/** Runs a program to its end. */
export async function runProgram(
  name: string,
  args: readonly string[],
  options: ProgramOptions & { readonly patienceMs?: number } = {},
): Promise<{ code: number | undefined; stdout: string; stderr: string }> {
  const program = new Program(name, args, options);
  try {
    const { code } = await within(`the end of ${program.name}`, program.exited, options.patienceMs);
    return { code, stdout: program.stdout, stderr: program.stderr };
  } catch (error) {
    await program.end().catch(() => undefined);
    throw new Error(`${String(error)}\n${program.stderr}`, { cause: error });
  }
}
