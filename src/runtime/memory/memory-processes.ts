/**
 * Child processes that the test plays.
 *
 * @module
 */

import { SystemError } from "../../base/errors.ts";
import type {
  ChildExit,
  ChildProcess,
  Processes,
  SignalName,
  SpawnOptions,
  TcpSocket,
} from "../runtime.ts";

const PID_MIN = 5000;

export class MemoryProcesses implements Processes {
  /** Every child started, in order. */
  readonly children: MemoryChild[] = [];
  /** Programs that are not there. */
  readonly missing: Set<string> = new Set();
  /** Programs that end by themselves when their input does. */
  readonly filters: Set<string> = new Set();
  /** What `idScope` answers. */
  scope: string | undefined = "memory";
  /** What `startOf` answers. */
  readonly starts: Map<number, string> = new Map();

  async spawn(
    program: string,
    args: readonly string[],
    options: SpawnOptions,
  ): Promise<MemoryChild> {
    if (this.missing.has(program)) {
      throw new SystemError("ENOENT", `Cannot start "${program}": no such file or folder`);
    }
    const child = new MemoryChild(PID_MIN + this.children.length, [program, ...args], options);
    child.isFilter = this.filters.has(program);
    this.children.push(child);
    return child;
  }

  isRunning(pid: number): boolean {
    return this.children.some((child) => child.pid === pid && child.isRunning);
  }

  idScope(): string | undefined {
    return this.scope;
  }

  startOf(pid: number): string | undefined {
    return this.starts.get(pid);
  }
}

export class MemoryChild implements ChildProcess {
  readonly pid: number;
  /** The program and its arguments. */
  readonly command: readonly string[];
  readonly options: SpawnOptions;
  readonly exited: Promise<ChildExit>;
  /** Signals it was sent while it ran. SIGKILL ends it; what others do is for the test to say. */
  readonly signals: SignalName[] = [];
  /** What was written to its standard input, and whether that is closed. */
  readonly input: Uint8Array[] = [];
  isInputClosed = false;
  /** Connections it was given. */
  readonly handedOver: { readonly socket: TcpSocket; readonly tag: string }[] = [];
  isRunning = true;
  /** It ends by itself when its input does. */
  isFilter = false;
  #resolve: (exit: ChildExit) => void;

  constructor(pid: number, command: readonly string[], options: SpawnOptions) {
    this.pid = pid;
    this.command = command;
    this.options = options;
    const { promise, resolve } = Promise.withResolvers<ChildExit>();
    this.exited = promise;
    this.#resolve = resolve;
    if (options.input === undefined) return;
    if (options.input.length > 0) this.input.push(options.input);
    this.isInputClosed = true;
  }

  kill(signal: SignalName): void {
    if (!this.isRunning) return;
    this.signals.push(signal);
    if (signal === "SIGKILL") this.finish({ code: undefined, signal });
  }

  writeInput(bytes: Uint8Array): void {
    if (this.isRunning && !this.isInputClosed) this.input.push(bytes.slice());
  }

  closeInput(): void {
    this.isInputClosed = true;
    if (this.isFilter) this.finish({ code: 0, signal: undefined });
  }

  handOver(socket: TcpSocket, tag: string): void {
    if (this.isRunning && this.options.isWorker) this.handedOver.push({ socket, tag });
    else socket.destroy();
  }

  /** Plays the child printing something. */
  print(text: string, from: "stdout" | "stderr" = "stdout"): void {
    const { output } = this.options;
    if (typeof output === "function") output(new TextEncoder().encode(text), from);
  }

  /** Plays the child ending. */
  finish(exit: ChildExit): void {
    this.isRunning = false;
    this.#resolve(exit);
  }
}
