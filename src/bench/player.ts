/**
 * What all players have in common, whichever protocol they speak.
 *
 * @module
 */

import type { Runtime, TlsConnectOptions } from "../runtime/runtime.ts";
import type { PlayerMeter } from "./player-meter.ts";

/** What players need of the runtime. */
export type PlayerPorts = Pick<Runtime, "clock" | "crypto" | "tcp" | "udp">;

/** A player, from its start on. Its meter is told of all that happens to it. */
export interface Player {
  /** Stops reading, so that the server is held back. */
  pause(): void;
  resume(): void;
  /** Hangs up. */
  stop(): void;
}

export interface PlayerTarget {
  /** With the number of the stream in it. */
  readonly url: string;
  readonly meter: PlayerMeter;
  /** For TLS, in place of the default verification. */
  readonly tls: TlsConnectOptions;
}

/** For the connection, and for the server's answers until it serves. */
export const CONNECT_TIMEOUT_MS = 30_000;
