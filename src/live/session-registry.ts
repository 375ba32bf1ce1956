/**
 * Everybody who is connected: for limits, statistics, kicking and shutdown.
 *
 * @module
 */

import type { ClientType, SessionRequest, Traffic } from "./admission.ts";
import type { Subscriber } from "./subscriber.ts";

export interface Session extends Traffic {
  readonly clientId: string;
  /** `unknown` until the peer has said what it wants. */
  readonly clientType: ClientType;
  readonly remoteAddress: string;
  /** The stream's URL; `undefined` until the peer has said which. */
  readonly streamUrl: string | undefined;
  /** What it asked to do; `undefined` until then. */
  readonly request: SessionRequest | undefined;
  /** Its place in the stream that it plays. */
  readonly subscriber: Subscriber | undefined;
  /** On the monotonic clock. */
  readonly startedMs: number;
  /** Whether small packets of its connection go out at once; without effect if it has none of its own. */
  setNoDelay(isOn: boolean): void;
  /** Ends the session; what it was about to send may be lost. `reason` goes into the log. */
  kick(reason: string): void;
}

export class SessionRegistry {
  readonly #sessions = new Map<string, Session>();
  #addedCount = 0;
  /** By sessions that have ended. */
  #pastReceivedSize = 0;
  #pastSentSize = 0;

  get size(): number {
    return this.#sessions.size;
  }

  /** Sessions so far. */
  get addedCount(): number {
    return this.#addedCount;
  }

  add(session: Session): void {
    this.#addedCount += 1;
    this.#sessions.set(session.clientId, session);
  }

  remove(session: Session): void {
    if (!this.#sessions.delete(session.clientId)) return;
    this.#pastReceivedSize += session.receivedSize;
    this.#pastSentSize += session.sentSize;
  }

  get(clientId: string): Session | undefined {
    return this.#sessions.get(clientId);
  }

  values(): IterableIterator<Session> {
    return this.#sessions.values();
  }

  /** Bytes of all sessions so far. Looks at each of those that are there. */
  traffic(): Traffic {
    let receivedSize = this.#pastReceivedSize;
    let sentSize = this.#pastSentSize;
    for (const session of this.#sessions.values()) {
      receivedSize += session.receivedSize;
      sentSize += session.sentSize;
    }
    return { receivedSize, sentSize };
  }

  kickAll(reason: string): void {
    for (const session of [...this.#sessions.values()]) session.kick(reason);
  }
}
