/**
 * Everybody who is connected: for limits, statistics, kicking and shutdown.
 *
 * @module
 */

import type { ClientType, Traffic } from "./admission.ts";

export interface Session extends Traffic {
  readonly clientId: string;
  /** `unknown` until the peer has said what it wants. */
  readonly clientType: ClientType;
  readonly remoteAddress: string;
  /** The stream's URL; `undefined` until the peer has said which. */
  readonly streamUrl: string | undefined;
  /** On the monotonic clock. */
  readonly startedMs: number;
  /** Ends the session; what it was about to send may be lost. `reason` goes into the log. */
  kick(reason: string): void;
}

export class SessionRegistry {
  readonly #sessions = new Map<string, Session>();

  get size(): number {
    return this.#sessions.size;
  }

  add(session: Session): void {
    this.#sessions.set(session.clientId, session);
  }

  remove(session: Session): void {
    this.#sessions.delete(session.clientId);
  }

  get(clientId: string): Session | undefined {
    return this.#sessions.get(clientId);
  }

  values(): IterableIterator<Session> {
    return this.#sessions.values();
  }

  kickAll(reason: string): void {
    for (const session of [...this.#sessions.values()]) session.kick(reason);
  }
}
