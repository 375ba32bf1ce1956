/**
 * The program's own process and machine.
 *
 * @module
 */

import { lookup } from "node:dns/promises";
import { closeSync, readdirSync, writeSync } from "node:fs";
import { availableParallelism, networkInterfaces } from "node:os";
import process from "node:process";
import { isatty } from "node:tty";
import { SystemError } from "../../base/errors.ts";
import type { MemoryUse, ResourceUse } from "../../base/resource-use.ts";
import type {
  Host,
  HostAddress,
  InheritedSocket,
  Program,
  SignalName,
  TcpSocket,
  UserIdentity,
} from "../runtime.ts";
import { changeUser } from "./change-user.ts";
import type { SystemClock } from "./clock.ts";
import { describeDescriptor } from "./find-descriptors.ts";
import { receiveHandedOver } from "./hand-over.ts";
import { SystemCalls } from "./system-calls.ts";
import { errorCode, toSystemError } from "./system-fault.ts";

/**
 * How long a print waits for a reader that does not read. Long enough for a pager that is busy,
 * short enough that a stuck one cannot stop the server for good.
 */
const PRINT_WAIT_MS_MAX = 2000;

const PRINT_RETRY_MS = 2;

/**
 * What is written at once: as much as a pipe takes whole or not at all (PIPE_BUF in Linux's pipe(7)).
 * Of more, Deno does not tell how much was written before the pipe was full.
 */
const PRINT_SIZE_MAX = 4096;

const DESCRIPTORS = { stdout: 1, stderr: 2 } as const;

export interface NodeHostOptions {
  /** How the runtime is told to start this program again. */
  readonly program: Program;
  readonly clock: SystemClock;
  /** Absent where the C library cannot be called. */
  readonly loadSystemCalls?: () => Promise<SystemCalls>;
  /** Whether `process.hrtime` counts by the clock of the machine, and not from the program's start. */
  readonly hasMachineClock?: boolean;
}

export class NodeHost implements Host {
  readonly pid: number = process.pid;
  readonly platform: string = process.platform;
  readonly architecture: string = process.arch;
  readonly coreCount: number = availableParallelism();
  /** Before these come the runtime and the script, in a compiled program too. */
  readonly arguments: readonly string[] = process.argv.slice(2);
  readonly environment: Record<string, string> = copyEnvironment();
  readonly program: Program;
  readonly #options: NodeHostOptions;

  constructor(options: NodeHostOptions) {
    this.program = options.program;
    this.#options = options;
  }

  get parentPid(): number {
    return process.ppid;
  }

  takeVariable(name: string): string | undefined {
    const value = this.environment[name];
    delete this.environment[name];
    return value;
  }

  workingFolder(): string {
    return process.cwd();
  }

  changeFolder(path: string): void {
    try {
      process.chdir(path);
    } catch (error) {
      throw toSystemError(error, `enter "${path}"`);
    }
  }

  onSignal(signal: SignalName, handler: () => void): void {
    if (signal === "SIGKILL") throw new SystemError("EINVAL", "Cannot handle SIGKILL");
    process.on(signal, () => handler());
  }

  onUncaught(handler: (error: unknown) => void): void {
    process.on("uncaughtException", (error) => handler(error));
    process.on("unhandledRejection", (reason) => handler(reason));
  }

  onHandedOver(handler: (socket: TcpSocket, tag: string) => void): void {
    receiveHandedOver(handler);
  }

  print(text: string, to: "stdout" | "stderr" = "stdout"): void {
    const bytes = new TextEncoder().encode(text);
    const deadline = performance.now() + PRINT_WAIT_MS_MAX;
    for (let offset = 0; offset < bytes.length; ) {
      try {
        const size = Math.min(bytes.length - offset, PRINT_SIZE_MAX);
        offset += writeSync(DESCRIPTORS[to], bytes, offset, size);
      } catch (error) {
        // A pipe that another process made non-blocking is full. Any other fault means that nobody
        // reads any more, and there is nowhere to say so.
        if (errorCode(error) !== "EAGAIN" || performance.now() > deadline) return;
        sleep(PRINT_RETRY_MS);
      }
    }
  }

  isTerminal(): boolean {
    return isatty(DESCRIPTORS.stdout);
  }

  exit(code: number): never {
    process.exit(code);
  }

  memory(): MemoryUse {
    const use = process.memoryUsage();
    return { residentSize: use.rss, heapSize: use.heapUsed };
  }

  cpuMs(): { readonly user: number; readonly system: number } {
    const use = process.cpuUsage();
    return { user: use.user / 1000, system: use.system / 1000 };
  }

  resourceUse(): ResourceUse | undefined {
    const use = process.resourceUsage?.();
    if (use === undefined) return undefined;
    return {
      userMs: use.userCPUTime / 1000,
      systemMs: use.systemCPUTime / 1000,
      residentSizeMax: use.maxRSS * 1024,
      minorFaults: use.minorPageFault,
      majorFaults: use.majorPageFault,
      swaps: use.swappedOut,
      blocksRead: use.fsRead,
      blocksWritten: use.fsWrite,
      messagesSent: use.ipcSent,
      messagesReceived: use.ipcReceived,
      signals: use.signalsCount,
      voluntarySwitches: use.voluntaryContextSwitches,
      involuntarySwitches: use.involuntaryContextSwitches,
    };
  }

  openFiles(): number | undefined {
    try {
      // The folder itself is open while it is read.
      return readdirSync("/proc/self/fd").length - 1;
    } catch {
      return undefined;
    }
  }

  pendingTimers(): number {
    return this.#options.clock.timerCount;
  }

  async resolve(name: string): Promise<readonly string[]> {
    try {
      const found = await lookup(name, { all: true });
      return found.map(({ address }) => address);
    } catch {
      return []; // Each system has errors of its own for a name that is none.
    }
  }

  addresses(): readonly HostAddress[] {
    return Object.entries(networkInterfaces()).flatMap(([interfaceName, addresses = []]) =>
      addresses
        .filter((entry) => !entry.internal)
        .map(({ address, family }) => ({
          interfaceName,
          address,
          family: family === "IPv6" ? "ipv6" : "ipv4",
        })),
    );
  }

  async takeInherited(descriptor: number): Promise<InheritedSocket | undefined> {
    const socket = await describeDescriptor(descriptor);
    // Node keeps all that it was started with from its children.
    if (socket !== undefined) (await this.#systemCalls()).share(descriptor, false);
    return socket;
  }

  async closeInherited(descriptor: number): Promise<void> {
    const calls = await this.#systemCalls();
    if (calls.isThere) calls.close(descriptor);
    else closeSync(descriptor);
  }

  async sendLocalDatagram(path: string, bytes: Uint8Array): Promise<void> {
    const calls = await this.#systemCalls();
    if (!calls.isThere) {
      throw new SystemError("ENOTSUP", `Cannot send to "${path}": this runtime cannot`);
    }
    if (calls.sendLocalDatagram(path, bytes)) return;
    throw new SystemError("ECONNREFUSED", `Cannot send to "${path}": not taken`);
  }

  async monotonicUs(): Promise<number | undefined> {
    if (this.#options.hasMachineClock === true) return Number(process.hrtime.bigint() / 1_000n);
    return (await this.#systemCalls()).monotonicUs();
  }

  userId(): number | undefined {
    return process.geteuid?.();
  }

  async changeUser(user: UserIdentity): Promise<void> {
    changeUser(user, await this.#systemCalls());
  }

  #systemCalls(): Promise<SystemCalls> {
    return this.#options.loadSystemCalls?.() ?? Promise.resolve(new SystemCalls(undefined));
  }
}

function copyEnvironment(): Record<string, string> {
  const copy: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined) copy[name] = value;
  }
  return copy;
}

/** Stops the whole program for a moment. */
function sleep(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
