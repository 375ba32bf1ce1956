/**
 * Everybody who is connected: for limits, statistics, kicking and shutdown.
 *
 * @module
 */

import type { ClientType, SessionRequest, Traffic } from "./admission.ts";
import { ProtocolFigures } from "./protocol-figures.ts";
import { RateMeter, type RateSteps, type Rates } from "./rate-meter.ts";
import type { ProtocolReport, TransportReport } from "./reports.ts";
import type { Subscriber } from "./subscriber.ts";

/** What a session speaks, as logs and figures call it; few, as each is a label of its own. */
export type SessionProtocol =
  | "rtmp"
  | "rtmps"
  | `${"http" | "ws"}-${"flv" | "ts" | "aac" | "mp3"}`
  | "playback"
  | "hls"
  | "dash"
  | "webrtc";

export interface Session extends Traffic {
  readonly clientId: string;
  /** `unknown` until the peer has said what it wants. */
  readonly clientType: ClientType;
  readonly protocol: SessionProtocol;
  readonly remoteAddress: string;
  /** The stream's URL; `undefined` until the peer has said which. */
  readonly streamUrl: string | undefined;
  /** What it asked to do; `undefined` until then. */
  readonly request: SessionRequest | undefined;
  /** How its packets fare; absent where TCP sees to that. */
  readonly transport?: TransportReport | undefined;
  /** Its place in the stream that it plays. */
  readonly subscriber: Subscriber | undefined;
  /** How often it fell too far behind and skipped, and what it did not get; in all that it played. */
  readonly skipCount: number;
  readonly skippedSize: number;
  /** On the monotonic clock. */
  readonly startedMs: number;
  /** Why it ends, or what it does now; a name, and never what a peer has sent. */
  readonly endReason: string;
  /** Whether small packets of its connection go out at once; without effect if it has none of its own. */
  setNoDelay(isOn: boolean): void;
  /** Ends the session; what it was about to send may be lost. `reason` goes into the log. */
  kick(reason: string): void;
}

/** Told of sessions. One that comes with its request, as by HTTP, plays until it is removed. */
export interface SessionListener {
  added(session: Session): void;
  removed(session: Session, isFailed: boolean): void;
  /** Somebody has had it disconnected. */
  kicked(session: Session, reason: string): void;
  /** There are too many. */
  refused(request: SessionRequest): void;
}

/** Viewers come by the thousand: over 30 to 40 s, with four samples of each. */
const COARSE: RateSteps = { stepMs: 10_000, count: 3 };

export class SessionRegistry {
  /** Absent: nobody is told. */
  listener: SessionListener | undefined;
  readonly #sessions = new Map<string, Session>();
  readonly #meters = new Map<string, RateMeter>();
  #addedCount = 0;
  #errorCount = 0;
  /** By sessions that have ended. */
  #pastReceivedSize = 0;
  #pastSentSize = 0;
  readonly #protocols = new ProtocolFigures();

  get size(): number {
    return this.#sessions.size;
  }

  /** Sessions so far. */
  get addedCount(): number {
    return this.#addedCount;
  }

  /** Sessions that have ended by an error or a refusal. */
  get errorCount(): number {
    return this.#errorCount;
  }

  add(session: Session): void {
    this.#addedCount += 1;
    this.#sessions.set(session.clientId, session);
    this.#protocols.added(session);
    this.#meters.set(session.clientId, new RateMeter(session.startedMs, [0, 0], COARSE));
    this.listener?.added(session);
  }

  /** @param isFailed It ended by an error or a refusal, and not by who or what may end it. */
  remove(session: Session, isFailed = false): void {
    if (!this.#sessions.delete(session.clientId)) return;
    this.#meters.delete(session.clientId);
    this.#pastReceivedSize += session.receivedSize;
    this.#pastSentSize += session.sentSize;
    this.#protocols.removed(session, isFailed);
    if (isFailed) this.#errorCount += 1;
    this.listener?.removed(session, isFailed);
  }

  get(clientId: string): Session | undefined {
    return this.#sessions.get(clientId);
  }

  values(): IterableIterator<Session> {
    return this.#sessions.values();
  }

  /** Call every second or so. */
  sweep(nowMs: number): void {
    for (const [clientId, session] of this.#sessions) {
      const meter = this.#meters.get(clientId);
      if (meter?.isDue(nowMs) === true) meter.sample(nowMs, session.receivedSize, session.sentSize);
    }
  }

  /** Bytes per second lately, received and sent. */
  rates({ clientId, receivedSize, sentSize }: Session, nowMs: number): Rates {
    const meter = this.#meters.get(clientId);
    return meter?.rates(nowMs, receivedSize, sentSize) ?? { first: 0, second: 0 };
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

  /** A player has been sent its first key frame, so long after it asked. */
  firstFrame({ protocol }: Session, durationMs: number): void {
    this.#protocols.firstFrame(protocol, durationMs);
  }

  /** By protocol. Looks at each session that is there. */
  protocols(): Readonly<Record<string, ProtocolReport>> {
    return this.#protocols.report(this.#sessions.values());
  }

  /** @returns Whether there is such a session. `reason` goes into the log. */
  kick(clientId: string, reason: string): boolean {
    const session = this.#sessions.get(clientId);
    if (session === undefined) return false;
    this.listener?.kicked(session, reason);
    session.kick(reason);
    return true;
  }

  /** Somebody could not be taken in, as there are too many. */
  refused(request: SessionRequest): void {
    this.listener?.refused(request);
  }

  kickAll(reason: string): void {
    for (const session of [...this.#sessions.values()]) session.kick(reason);
  }
}
