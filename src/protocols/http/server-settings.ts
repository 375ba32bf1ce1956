/**
 * What all connections of one HTTP server share.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../base/logger.ts";
import type { Crypto } from "../../runtime/runtime.ts";
import type { HttpHandler } from "./handler.ts";
import type { ServerHeads } from "./server-heads.ts";

export interface HttpServerSettings {
  readonly handler: HttpHandler;
  readonly heads: ServerHeads;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly crypto: Pick<Crypto, "hash">;
  readonly limits: HttpLimits;
}

/** How long a peer may take. Times are checked by a sweep, so they end up to a second late. */
export interface HttpLimits {
  /** From the connection, or from a head's first byte, to its last: as long as SRS waits. */
  readonly headMs: number;
  /** Between two requests. */
  readonly idleMs: number;
  /** In each time of this length while a body is awaited ... */
  readonly bodyWindowMs: number;
  /** ... or an answer waits for the peer to take it (SRS's limit for a write that stalls), ... */
  readonly writeWindowMs: number;
  /** ... at least so many bytes must go through. An audio stream of 8 kbps brings ten times that. */
  readonly windowSizeMin: number;
  /** For a peer that still sends to read the last answer, before it is cut off. */
  readonly lingerMs: number;
  /** For a peer to close its side, or to take what is on its way, after this side has ended. */
  readonly endMs: number;
}

export const DEFAULT_HTTP_LIMITS: HttpLimits = {
  headMs: 15_000,
  idleMs: 60_000,
  bodyWindowMs: 15_000,
  writeWindowMs: 30_000,
  windowSizeMin: 1_024,
  lingerMs: 2_000,
  endMs: 60_000,
};
