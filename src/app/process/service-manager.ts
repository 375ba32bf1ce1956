/**
 * Tells the service manager that has started the server how it is: systemd, and what does as systemd
 * does.
 *
 * Spec: sd_notify(3), sd_watchdog_enabled(3), systemd.service(5) (`Type=notify`)
 *
 * @module
 */

import type { Timer } from "../../base/clock.ts";
import { toError } from "../../base/errors.ts";
import type { Logger } from "../../base/logger.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import { NotifySocket } from "./notify-socket.ts";

/** The environment variables by which a manager says what it wants to be told. */
const SOCKET_VARIABLE = "NOTIFY_SOCKET";
const WATCHDOG_VARIABLE = "WATCHDOG_USEC";
const WATCHDOG_PID_VARIABLE = "WATCHDOG_PID";

const STATUS_MS = 10_000;
/** How often a stop that takes long asks for more time, and how much longer it may be silent then. */
const EXTEND_MS = 5_000;
const EXTEND_SPARE_MS = 15_000;

/** As it is to be shown to people. */
export type DescribeState = () => string;

type Send = Pick<NotifySocket, "send">;

export class ServiceManager {
  readonly #runtime: Pick<Runtime, "clock" | "host">;
  readonly #logger: Logger;
  readonly #socket: Send | undefined;
  /** Sent one after the other, as each means something else behind another. */
  #sending: Promise<void> = Promise.resolve();
  #hasFailed = false;
  #isStopping = false;
  #lastStatus = "";
  #statusTimer: Timer | undefined;

  /** @param socket Absent: there is no manager. */
  constructor(runtime: Pick<Runtime, "clock" | "host">, logger: Logger, socket: Send | undefined) {
    this.#runtime = runtime;
    this.#logger = logger;
    this.#socket = socket;
  }

  /** Whether somebody is told. */
  get isThere(): boolean {
    return this.#socket !== undefined;
  }

  /** All ports are open. From now on the state is told as it changes. */
  async ready(describe: DescribeState): Promise<void> {
    if (this.#socket === undefined) return;
    this.#lastStatus = describe();
    const { clock } = this.#runtime;
    this.#statusTimer = clock.setInterval(STATUS_MS, () => this.#tellStatus(describe()));
    const status = `STATUS=${this.#lastStatus}`;
    await this.#send(() => ["READY=1", status]);
  }

  /** The configuration is read anew. */
  reloading(): void {
    if (this.#isStopping) return;
    const { host } = this.#runtime;
    void this.#send(async () => {
      const us = await host.monotonicUs();
      return ["RELOADING=1", ...(us === undefined ? [] : [`MONOTONIC_USEC=${us}`])];
    });
  }

  /** It has been, whatever has come of it. */
  reloaded(): void {
    if (!this.#isStopping) void this.#send(() => ["READY=1"]);
  }

  /**
   * The server ends. Resolves when the manager has been told, as it has for all that was before.
   *
   * @param graceMs How long it may wait for the last to leave; 0: for as long as the manager lets it.
   */
  async stopping(graceMs: number): Promise<void> {
    if (this.#isStopping) return this.#sending;
    this.#isStopping = true;
    this.#statusTimer?.cancel();
    const { clock } = this.#runtime;
    const endMs = clock.monotonicMs() + graceMs;
    const extend = (): string[] => {
      const leftMs = endMs - clock.monotonicMs();
      if (leftMs <= 0) return [];
      const moreMs = Math.min(leftMs, EXTEND_MS) + EXTEND_SPARE_MS;
      // Of a fraction the manager takes nothing.
      return [`EXTEND_TIMEOUT_USEC=${Math.round(moreMs * 1_000)}`];
    };
    if (graceMs > 0 && this.#socket !== undefined) {
      const timer = clock.setInterval(EXTEND_MS, () => {
        const more = extend();
        if (more.length === 0) timer.cancel();
        else void this.#send(() => more);
      });
    }
    await this.#send(() => ["STOPPING=1", ...extend()]);
  }

  /** Says at intervals that the event loop runs. @param periodUs The manager's patience. */
  watch(periodUs: number): void {
    const alive = (): void => void this.#send(() => ["WATCHDOG=1"]);
    // Half of it, as systemd advises.
    this.#runtime.clock.setInterval(periodUs / 2_000, alive);
    alive();
  }

  #tellStatus(status: string): void {
    if (status === this.#lastStatus) return;
    this.#lastStatus = status;
    void this.#send(() => [`STATUS=${status}`]);
  }

  #send(variables: () => readonly string[] | Promise<readonly string[]>): Promise<void> {
    const socket = this.#socket;
    if (socket === undefined) return Promise.resolve();
    this.#sending = this.#sending.then(async () => {
      try {
        await socket.send(await variables());
        this.#hasFailed = false;
      } catch (error) {
        // Once: the watchdog would say so time and again.
        if (!this.#hasFailed) {
          this.#logger.warn("service manager not told", { reason: toError(error).message });
        }
        this.#hasFailed = true;
      }
    });
    return this.#sending;
  }
}

/**
 * Finds out whether there is a manager. The variables that say so are taken out of the environment, as
 * what the server starts is not the service.
 */
export function createServiceManager(runtime: Runtime, logger: Logger): ServiceManager {
  const { host } = runtime;
  const path = host.takeVariable(SOCKET_VARIABLE) ?? "";
  const periodUs = Number(host.takeVariable(WATCHDOG_VARIABLE) ?? "");
  const watchedPid = host.takeVariable(WATCHDOG_PID_VARIABLE);
  // Anything else is an address of a kind that systemd does not give to services on this machine.
  const isAddress = path.startsWith("/") || path.startsWith("@");
  const manager = new ServiceManager(
    runtime,
    logger,
    isAddress ? new NotifySocket(runtime, path) : undefined,
  );
  const isOurs = watchedPid === undefined || watchedPid === String(host.pid);
  if (isAddress && isOurs && periodUs > 0) manager.watch(periodUs);
  return manager;
}
