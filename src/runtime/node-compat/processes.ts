/**
 * Child processes by node:child_process.
 *
 * @module
 */

import { type ChildProcess as NodeChild, spawn } from "node:child_process";
import process from "node:process";
import { SystemError } from "../../base/errors.ts";
import type {
  ChildExit,
  ChildProcess,
  OutputHandler,
  Processes,
  SignalName,
  SpawnOptions,
  TcpSocket,
} from "../runtime.ts";
import { CAN_HAND_OVER, checkHandOver, HandOver } from "./hand-over.ts";
import { toPlainBytes } from "./plain-bytes.ts";
import { readIdScope, readStart } from "./process-identity.ts";
import { errorCode, toSystemError } from "./system-fault.ts";

/**
 * How long output is waited for once the child has ended. It ends with the child unless another
 * process, such as a daemon that the child left behind, holds the pipe.
 */
const OUTPUT_WAIT_MS_MAX = 1000;

/** So much of what a child prints is taken in each span of time: more than any that works prints. */
const OUTPUT_SIZE_MAX = 2 << 20;
const OUTPUT_WINDOW_MS = 100;

/** What a child may leave unread: commands are bytes, so a mebibyte means that it does not read. */
const INPUT_SIZE_MAX = 1 << 20;

type Stdio = "pipe" | "ignore" | "inherit" | "ipc" | number;

/** Lets children have descriptors, or keeps them from children again. */
export type ShareDescriptors = (
  descriptors: readonly number[],
) => Promise<(isShared: boolean) => void>;

export interface ProcessesOptions {
  /** For a runtime whose children have no descriptors by what `stdio` says. */
  readonly shareDescriptors?: ShareDescriptors;
}

export class NodeProcesses implements Processes {
  readonly #options: ProcessesOptions;

  constructor(options: ProcessesOptions = {}) {
    this.#options = options;
  }

  async spawn(
    program: string,
    args: readonly string[],
    options: SpawnOptions,
  ): Promise<ChildProcess> {
    const { descriptors = [], isDaemon = false } = options;
    const share = await this.#options.shareDescriptors?.(descriptors);
    try {
      share?.(true);
      const child = spawn(program, [...args], {
        ...(options.workingFolder === undefined ? {} : { cwd: options.workingFolder }),
        env: { ...options.environment },
        detached: options.isGroup === true || isDaemon,
        stdio: chooseStdio(options, share === undefined ? descriptors : []),
      });
      share?.(false);
      const exited = watchExit(child, options.output);
      await hasStarted(child);
      if (isDaemon) child.unref();
      if (options.input !== undefined) child.stdin?.end(options.input);
      return new NodeChildProcess(program, child, exited, options.isGroup === true);
    } catch (error) {
      throw toSystemError(error, `start "${program}"`);
    }
  }

  isRunning(pid: number): boolean {
    try {
      process.kill(pid, 0); // Signal 0 asks without sending.
      return true;
    } catch (error) {
      // There is one, of another user.
      return errorCode(error) === "EPERM";
    }
  }

  idScope(): string | undefined {
    return readIdScope();
  }

  startOf(pid: number): string | undefined {
    return readStart(pid);
  }
}

class NodeChildProcess implements ChildProcess {
  readonly pid: number;
  readonly exited: Promise<ChildExit>;
  #program: string;
  #child: NodeChild;
  readonly #isGroup: boolean;
  #hasEnded = false;
  /** Written and not yet taken by the pipe. Bun's own count of it stays 0. */
  #unreadSize = 0;
  /** Present for a worker. */
  #handOver: HandOver | undefined;

  constructor(program: string, child: NodeChild, exited: Promise<ChildExit>, isGroup: boolean) {
    this.#isGroup = isGroup;
    this.pid = child.pid ?? 0;
    this.exited = exited;
    this.#program = program;
    this.#child = child;
    if (CAN_HAND_OVER && child.channel) this.#handOver = new HandOver(child);
    child.once("exit", () => {
      this.#hasEnded = true;
    });
  }

  /** Not by the child's own method: Deno would take the signal for the one that ended it. */
  kill(signal: SignalName): void {
    // A group keeps its number for as long as anybody is in it.
    if (this.#hasEnded && !this.#isGroup) return;
    try {
      process.kill(this.#isGroup ? -this.pid : this.pid, signal);
    } catch (error) {
      if (errorCode(error) !== "ESRCH") throw toSystemError(error, `signal "${this.#program}"`);
    }
  }

  writeInput(bytes: Uint8Array): void {
    const input = this.#child.stdin;
    if (input === null || !input.writable) return;
    if (this.#unreadSize + bytes.length > INPUT_SIZE_MAX) {
      throw new SystemError("ENOBUFS", `Cannot write to "${this.#program}": it does not read`);
    }
    this.#unreadSize += bytes.length;
    input.write(bytes, () => {
      this.#unreadSize -= bytes.length;
    });
  }

  closeInput(): void {
    this.#child.stdin?.end();
  }

  handOver(socket: TcpSocket, tag: string): void {
    checkHandOver(this.#handOver !== undefined);
    this.#handOver?.give(socket, tag);
  }
}

/** Reads what the child prints, no faster than this process can bear beside all else that it does. */
function readOutput(child: NodeChild, from: "stdout" | "stderr", output: OutputHandler): void {
  const stream = child[from];
  let size = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const goOn = (): void => {
    timer = undefined;
    size = 0;
    stream?.resume();
  };
  stream?.on("data", (bytes: Buffer<ArrayBuffer>) => {
    output(toPlainBytes(bytes), from);
    size += bytes.length;
    timer ??= setTimeout(goOn, OUTPUT_WINDOW_MS);
    if (size >= OUTPUT_SIZE_MAX) stream.pause();
  });
  stream?.once("close", () => clearTimeout(timer));
}

/** What the child has by number: its input, output and errors, and more by choice. */
function chooseStdio(options: SpawnOptions, descriptors: readonly number[]): Stdio[] {
  const output = outputMode(options.output);
  const stdio: Stdio[] = [options.isDaemon === true ? "ignore" : "pipe", output, output];
  const count = descriptors.length === 0 ? 0 : Math.max(...descriptors) + 1;
  while (stdio.length < count) {
    stdio.push(descriptors.includes(stdio.length) ? stdio.length : "ignore");
  }
  if (options.isWorker === true && CAN_HAND_OVER) stdio.push("ipc");
  return stdio;
}

function outputMode(output: SpawnOptions["output"]): "ignore" | "inherit" | "pipe" {
  if (output === undefined) return "ignore";
  return output === "inherit" ? "inherit" : "pipe";
}

function hasStarted(child: NodeChild): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", reject);
  });
}

/** Attached before the child can have printed or ended. */
function watchExit(child: NodeChild, output: SpawnOptions["output"]): Promise<ChildExit> {
  // The child may close its input at any time.
  child.stdin?.on("error", () => undefined);
  if (typeof output === "function") {
    readOutput(child, "stdout", output);
    readOutput(child, "stderr", output);
  }
  return new Promise((resolve) => {
    child.on("error", () => undefined);
    child.once("exit", (code, signal) => {
      const finish = (): void => {
        clearTimeout(timer);
        child.stdin?.destroy();
        child.stdout?.destroy();
        child.stderr?.destroy();
        resolve({ code: code ?? undefined, signal: signal ?? undefined });
      };
      const timer = setTimeout(finish, OUTPUT_WAIT_MS_MAX);
      child.once("close", finish);
    });
  });
}
