/**
 * Where a pulled stream comes from.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import type { Publication } from "../../live/publication.ts";
import type { Crypto, Tcp, TlsConnectOptions } from "../../runtime/runtime.ts";

export interface PullPorts {
  readonly tcp: Pick<Tcp, "connect">;
  readonly clock: Clock;
  readonly crypto: Crypto;
  /** For servers of RTMPS and HTTPS. */
  readonly tls: TlsConnectOptions;
}

/** Who publishes what a source brings. */
export interface PullTarget {
  /**
   * The other server has the stream. What it sends goes to the publication from then on.
   *
   * @throws {RefusedError} If somebody else publishes it here.
   */
  begin(): Promise<Publication>;
  /** There is no connection, or no more of it. Called once, and not after `stop`. */
  lost(error: Error): void;
}

export interface PullSource {
  start(): void;
  /** Hangs up. */
  stop(): void;
}

/** For the connection and each answer. */
export const PULL_TIMEOUT_MS = 10_000;
