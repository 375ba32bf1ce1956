/**
 * A server inside of another program, as that program sees it.
 *
 * @module
 */

import type { ConfigInput } from "../config/config-input.ts";
import type { SessionReport, StreamReport } from "../live/reports.ts";
import type { SluiceEvent, SluiceEventType } from "./server-options.ts";

export interface SluiceServer {
  /**
   * Opens the ports. Once.
   *
   * @throws {SystemError} If a port or a file cannot be had. Then nothing is left open.
   */
  start(): Promise<void>;
  /** Disconnects everybody, closes everything, and leaves nothing that keeps the program running. */
  stop(): Promise<void>;
  /** Takes nobody new, and stops when everybody has left. `stop` ends the waiting. */
  stopGracefully(): Promise<void>;
  /**
   * Takes on another configuration, as a reload does: nobody is disconnected, and where it cannot be
   * taken on, nothing has changed.
   *
   * @param config In place of the one before. Absent: the file is read anew.
   * @throws {ConfigError} With every fault found.
   * @throws {SystemError} If a port or a file cannot be had.
   */
  reconfigure(config?: ConfigInput): Promise<Reconfigured>;
  /** Where to find it from this machine, with the numbers of the ports that the system chose. */
  readonly urls: SluiceUrls;
  /** The ports that are open. */
  readonly ports: readonly SluicePort[];
  /** Every stream that is there, with its publisher, its tracks and its figures. */
  streams(): Promise<readonly StreamReport[]>;
  /** Everybody who is connected. */
  sessions(): Promise<readonly SessionReport[]>;
  /**
   * Disconnects a session.
   *
   * @param clientId As in `sessions()`, events and hooks.
   * @param reason For the log and for events. Default: `host`.
   * @returns Whether there was one.
   */
  kick(clientId: string, reason?: string): Promise<boolean>;
  /** What it has come to since the start. */
  readonly totals: SluiceTotals;
  /**
   * What happens from now on, until the server has stopped or the loop is left. Who takes them so
   * slowly that a thousand wait misses the oldest, and is told so by `events.missed`.
   *
   * @param types Only these. Absent: all.
   */
  events(types?: readonly SluiceEventType[]): AsyncIterableIterator<SluiceEvent>;
  /** As `stop`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** `undefined` for what is not served. */
export interface SluiceUrls {
  /** The built-in page. */
  readonly watch: string | undefined;
  /** For an encoder. */
  readonly publish: string | undefined;
  /** The HTTP API's. */
  readonly api: string | undefined;
}

export interface SluicePort {
  readonly protocol: "rtmp" | "rtmps" | "http" | "https" | "webrtc-udp" | "webrtc-tcp";
  readonly host: string;
  readonly port: number;
}

export interface SluiceTotals {
  readonly sessionsTotal: number;
  /** Sessions that ended by an error or a refusal. */
  readonly errors: number;
  /** Bytes over all connections. */
  readonly receivedSize: number;
  readonly sentSize: number;
}

/** What is different from before, by the paths of settings. */
export interface Reconfigured {
  /** What is in force, now or for sessions to come. */
  readonly changed: readonly string[];
  /** What would take another server. */
  readonly needsRestart: readonly string[];
}
