/**
 * The programs that a benchmark starts: pinned to a processor, and gone when it ends, however it ends.
 *
 * @module
 */

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { openSync } from "node:fs";
import { connect } from "node:net";

/** The server's processor; everything else runs on the other one. */
export const SERVER_CORE = "0";
export const LOAD_CORE = "1";

const READY_MS = 20_000;
const STOP_MS = 5_000;
const POLL_MS = 20;

const children = new Set<ChildProcess>();

export interface StartOptions {
  /** A processor's number; absent: wherever the system likes. */
  readonly core?: string | undefined;
  readonly environment?: Readonly<Record<string, string>>;
  /** What it prints goes here. */
  readonly log?: string;
  readonly folder?: string;
}

export const sleep = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms));

export function start(command: readonly string[], options: StartOptions = {}): ChildProcess {
  const { core, environment = {}, log, folder } = options;
  const pin = core === undefined ? [] : ["taskset", "-c", core];
  const [program = "", ...args] = [...pin, ...command];
  const output = log === undefined ? "ignore" : openSync(log, "a");
  const child = spawn(program, args, {
    env: { ...process.env, ...environment },
    stdio: ["ignore", output, output],
    ...(folder === undefined ? {} : { cwd: folder }),
  });
  children.add(child);
  child.once("exit", () => children.delete(child));
  return child;
}

/** Starts a program whose words are wanted. */
export function launch(command: readonly string[], options: StartOptions = {}): Launched {
  const { core, environment = {} } = options;
  const pin = core === undefined ? [] : ["taskset", "-c", core];
  const [program = "", ...args] = [...pin, ...command];
  const child = spawn(program, args, {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.add(child);
  let output = "";
  let errors = "";
  child.stdout.on("data", (text) => {
    output += text;
  });
  child.stderr.on("data", (text) => {
    errors += text;
  });
  const result = new Promise<RunResult>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      children.delete(child);
      resolve({ output, errors, code: code ?? -1 });
    });
  });
  return { child, result };
}

/** Runs a program to its end. */
export function run(command: readonly string[], options: StartOptions = {}): Promise<RunResult> {
  return launch(command, options).result;
}

export interface Launched {
  readonly child: ChildProcess;
  /** When it has ended. */
  readonly result: Promise<RunResult>;
}

export interface RunResult {
  readonly output: string;
  readonly errors: string;
  /** -1: ended by a signal. */
  readonly code: number;
}

/** Ends it as an operator would, and by force if that takes too long. */
export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
  await exited;
  clearTimeout(timer);
}

export function killAll(): void {
  for (const child of children) child.kill("SIGKILL");
}

/** Waits until somebody listens on the port of this machine. @returns Milliseconds that it took. */
export async function waitForPort(port: number, child?: ChildProcess): Promise<number> {
  const startMs = performance.now();
  while (performance.now() - startMs < READY_MS) {
    if (await canConnect(port)) return performance.now() - startMs;
    if (child !== undefined && child.exitCode !== null) throw new Error("The server has ended");
    await sleep(POLL_MS);
  }
  throw new Error(`Nobody listens on port ${port}`);
}

export function hasProgram(name: string): boolean {
  return spawnSync("sh", ["-c", `command -v ${name}`]).status === 0;
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}
