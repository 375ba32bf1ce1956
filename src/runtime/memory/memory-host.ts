/**
 * A process that is only played: prints are kept, signals are raised by the test.
 *
 * @module
 */

import { SystemError } from "../../base/errors.ts";
import type { MemoryUse, ResourceUse } from "../../base/resource-use.ts";
import type { ManualClock } from "../memory.ts";
import type {
  Host,
  HostAddress,
  InheritedSocket,
  Program,
  SignalName,
  TcpSocket,
  UserIdentity,
} from "../runtime.ts";

export interface MemoryHostOptions {
  readonly arguments?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly workingFolder?: string;
  readonly addresses?: readonly HostAddress[];
  /** By host name. */
  readonly names?: Readonly<Record<string, readonly string[]>>;
  readonly isTerminal?: boolean;
  /** The clock whose timers are counted. */
  readonly clock?: ManualClock;
}

/** Thrown by `exit`, which must not return. */
export class MemoryExit extends Error {
  override readonly name = "MemoryExit";
  readonly code: number;

  constructor(code: number) {
    super(`Exited with ${code}`);
    this.code = code;
  }
}

export class MemoryHost implements Host {
  readonly pid = 4242;
  parentPid = 1;
  readonly platform = "linux";
  readonly architecture = "x64";
  coreCount = 2;
  readonly arguments: readonly string[];
  readonly environment: Record<string, string>;
  /** What has been printed. */
  readonly printed: Record<"stdout" | "stderr", string> = { stdout: "", stderr: "" };
  /** What `exit` was called with first. */
  exitCode: number | undefined;
  /** What `memory` and `cpuMs` answer. */
  memoryUse: MemoryUse = { residentSize: 64 << 20, heapSize: 16 << 20 };
  readonly program: Program = { path: "/usr/bin/sluice", args: [] };
  /** What `openFiles` answers. */
  openFileCount: number | undefined = 16;
  /** What `resourceUse` answers. */
  resourceUsed: ResourceUse | undefined;
  cpuUse: { readonly user: number; readonly system: number } = { user: 0, system: 0 };
  /** What `takeInherited` finds, and what has become of it. */
  readonly inherited: InheritedSocket[] = [];
  readonly closedDescriptors: number[] = [];
  /** Datagrams sent to local sockets, as text. */
  readonly datagrams: { readonly path: string; readonly text: string }[] = [];
  /** The fault of each datagram, such as `ENOTSUP`. */
  datagramFault: string | undefined;
  /** What `userId` answers; `changeUser` changes it. */
  user: number | undefined = 1000;
  groups: readonly number[] = [];
  #options: MemoryHostOptions;
  #folder: string;
  #handedOver: (socket: TcpSocket, tag: string) => void = (socket) => socket.destroy();
  #signalHandlers = new Map<SignalName, (() => void)[]>();
  #uncaughtHandlers: ((error: unknown) => void)[] = [];

  constructor(options: MemoryHostOptions) {
    this.arguments = options.arguments ?? [];
    this.environment = { ...options.environment };
    this.#options = options;
    this.#folder = options.workingFolder ?? "/";
  }

  takeVariable(name: string): string | undefined {
    const value = this.environment[name];
    delete this.environment[name];
    return value;
  }

  workingFolder(): string {
    return this.#folder;
  }

  changeFolder(path: string): void {
    this.#folder = path.startsWith("/") ? path : `${this.#folder.replace(/\/$/, "")}/${path}`;
  }

  onSignal(signal: SignalName, handler: () => void): void {
    if (signal === "SIGKILL") throw new SystemError("EINVAL", "Cannot handle SIGKILL");
    this.#signalHandlers.set(signal, [...(this.#signalHandlers.get(signal) ?? []), handler]);
  }

  onUncaught(handler: (error: unknown) => void): void {
    this.#uncaughtHandlers.push(handler);
  }

  onHandedOver(handler: (socket: TcpSocket, tag: string) => void): void {
    this.#handedOver = handler;
  }

  print(text: string, to: "stdout" | "stderr" = "stdout"): void {
    this.printed[to] += text;
  }

  isTerminal(): boolean {
    return this.#options.isTerminal ?? false;
  }

  exit(code: number): never {
    this.exitCode ??= code;
    throw new MemoryExit(code);
  }

  memory(): MemoryUse {
    return this.memoryUse;
  }

  cpuMs(): { readonly user: number; readonly system: number } {
    return this.cpuUse;
  }

  resourceUse(): ResourceUse | undefined {
    return this.resourceUsed;
  }

  openFiles(): number | undefined {
    return this.openFileCount;
  }

  pendingTimers(): number {
    return this.#options.clock?.timerCount ?? 0;
  }

  async resolve(name: string): Promise<readonly string[]> {
    return this.#options.names?.[name] ?? [];
  }

  addresses(): readonly HostAddress[] {
    return this.#options.addresses ?? [];
  }

  async takeInherited(descriptor: number): Promise<InheritedSocket | undefined> {
    return this.inherited.find((socket) => socket.descriptor === descriptor);
  }

  async closeInherited(descriptor: number): Promise<void> {
    this.closedDescriptors.push(descriptor);
  }

  async sendLocalDatagram(path: string, bytes: Uint8Array): Promise<void> {
    if (this.datagramFault !== undefined) {
      throw new SystemError(this.datagramFault, `Cannot send to "${path}"`);
    }
    this.datagrams.push({ path, text: new TextDecoder().decode(bytes) });
  }

  async monotonicUs(): Promise<number | undefined> {
    return (this.#options.clock?.monotonicMs() ?? 0) * 1_000;
  }

  userId(): number | undefined {
    return this.user;
  }

  async changeUser({ userId, groupIds }: UserIdentity): Promise<void> {
    if (this.user !== 0) throw new SystemError("EPERM", "Cannot change the user: not root");
    this.user = userId;
    this.groups = groupIds;
  }

  /** Sends the program a signal. Returns whether anything handles it. */
  raise(signal: SignalName): boolean {
    const handlers = this.#signalHandlers.get(signal) ?? [];
    for (const handler of handlers) handler();
    return handlers.length > 0;
  }

  /** Plays the parent handing a connection over. */
  receive(socket: TcpSocket, tag: string): void {
    this.#handedOver(socket, tag);
  }

  /** Plays an error that nobody caught. */
  throwUncaught(error: unknown): void {
    for (const handler of this.#uncaughtHandlers) handler(error);
  }
}
