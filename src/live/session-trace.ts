/**
 * Where servers tell what a session does and how long each part takes. `app` wires in who listens,
 * if anybody does.
 *
 * @module
 */

import type { SessionRequest } from "./admission.ts";
import type { SessionProtocol } from "./session-registry.ts";

/** Who has connected. */
export interface TracedSession {
  readonly clientId: string;
  readonly protocol: SessionProtocol;
  readonly remoteAddress: string;
  /** On the monotonic clock. */
  readonly startedMs: number;
}

export interface SessionTracing {
  /**
   * A session has been accepted, or a viewer has asked by HTTP.
   *
   * @returns `undefined` if it is not to be traced.
   */
  begin(session: TracedSession): SessionTrace | undefined;
}

/** Parts of a session's life. */
export type TracePart = "handshake" | "first key frame";

export interface SessionTrace {
  /** It is known what the client wants. */
  identify(request: SessionRequest): void;
  /** A part is over that began at `startMs`, on the monotonic clock, and took until `endMs` or now. */
  part(part: TracePart, startMs: number, endMs?: number): void;
  /** The session is over. @param reason A name, and never what a peer has sent. */
  end(reason: string, isFailed: boolean): void;
}
