/**
 * The viewers of packaged streams: who is let in, counted, kicked, and taken to have left.
 *
 * HTTP knows requests, not viewers. As in SRS, the first request for a playlist gets one that leads to
 * itself with the parameter `hls_ctx`, and who uses that is one session until it has been silent for
 * twice the playlist's window.
 *
 * @module
 */

import { createClientId } from "../../../base/client-id.ts";
import type { Clock } from "../../../base/clock.ts";
import { RefusedError } from "../../../base/errors.ts";
import type { Logger } from "../../../base/logger.ts";
import { formatStreamUrl, type StreamName } from "../../../base/stream-name.ts";
import type { Admission, SessionRequest } from "../../../live/admission.ts";
import type { SessionRegistry } from "../../../live/session-registry.ts";
import type { SessionTracing } from "../../../live/session-trace.ts";
import { HttpError } from "../../../protocols/http/http-error.ts";
import type { HttpRequest } from "../../../protocols/http/request.ts";
import type { Crypto } from "../../../runtime/runtime.ts";
import { HlsSession } from "./hls-session.ts";

/** The parameter of the query that names a session, as in SRS. */
export const SESSION_PARAMETER = "hls_ctx";

/** Who has not come back with the parameter after so long was no player. */
const UNCONFIRMED_MS = 10_000;
/** Keys that others, such as a proxy, may choose; those of secrets are as long as ours. */
const KEY = /^[0-9A-Za-z_-]{4,64}$/;
const SECRET = /^[0-9A-Za-z_-]{26,64}$/;
/** 36 to the power of it is more than 128 bits. */
const SECRET_LENGTH = 26;
/** Kicked sessions that are remembered, so that they stay out. */
const KICKED_MAX = 10_000;

export interface HlsSessionsPorts {
  readonly admission: Admission;
  readonly sessions: SessionRegistry;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly crypto: Pick<Crypto, "randomBytes">;
  readonly tracing?: SessionTracing | undefined;
  /** How many there may be, at present. */
  readonly sessionsMax: () => number;
  /** Whether the vhost of that name is there, at present. */
  readonly isServed: (vhost: string) => boolean;
}

export interface PlaylistVisit {
  readonly name: StreamName;
  readonly clientType: "hls-play" | "dash-play";
  /** How long it may be silent before it is taken to have left. */
  readonly idleMs: number;
  /** The session lets its bearer have media that others may not have. */
  readonly isGuarded: boolean;
}

export class HlsSessions {
  readonly #ports: HlsSessionsPorts;
  /** By their keys. */
  readonly #sessions = new Map<string, HlsSession>();
  /** Until when those who were kicked stay out. */
  readonly #kicked = new Map<string, number>();
  /** Those about whom is being asked. */
  #askedCount = 0;
  #isClosed = false;

  constructor(ports: HlsSessionsPorts) {
    this.#ports = ports;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /**
   * The session that a request for a playlist belongs to.
   *
   * @param urls The stream's, and those of programmes that offer it among others.
   * @returns `undefined` if it has none yet: call `open`.
   * @throws {HttpError} 404 for one that was kicked.
   */
  find(request: HttpRequest, urls: readonly string[]): HlsSession | undefined {
    const key = request.parameter(SESSION_PARAMETER);
    if (key === undefined) return undefined;
    if (this.#kicked.has(key)) throw new HttpError(404, `HLS stream ${key} is EOF`);
    const session = this.#sessions.get(key);
    if (session === undefined || !urls.includes(session.streamUrl)) return undefined;
    session.lastMs = this.#ports.clock.monotonicMs();
    session.isConfirmed = true;
    return session;
  }

  /** Whether the session that a request names can be opened under that key. */
  isFree(request: HttpRequest, isGuarded: boolean): boolean {
    const key = request.parameter(SESSION_PARAMETER);
    if (key === undefined || this.#sessions.has(key)) return false;
    if (isGuarded) return SECRET.test(key);
    // Not one of a publisher or a player by another protocol either.
    return KEY.test(key) && this.#ports.sessions.get(key) === undefined;
  }

  /**
   * Lets a viewer in.
   *
   * @throws {RefusedError} If it may not play, or there are too many, or the vhost or the server has gone
   *   while that was asked.
   */
  async open(request: HttpRequest, visit: PlaylistVisit): Promise<HlsSession> {
    const { name, idleMs } = visit;
    const { sessions, clock, logger, tracing } = this.#ports;
    if (this.#isClosed) throw new RefusedError("shutting_down", "Cannot play: server is stopping");
    const key = this.#keyFor(request, visit);
    const sessionRequest = this.#toSessionRequest(request, visit, key);
    this.#makeRoom(sessionRequest);
    const startedMs = clock.monotonicMs();
    const { clientId, remoteAddress } = sessionRequest;
    const protocol = visit.clientType === "dash-play" ? "dash" : "hls";
    const trace = tracing?.begin({ clientId, protocol, remoteAddress, startedMs });
    try {
      trace?.identify(sessionRequest);
      await this.#admit(sessionRequest);
    } catch (error) {
      trace?.end("refused", true);
      throw error;
    }
    const session = new HlsSession({
      key,
      request: sessionRequest,
      streamUrl: formatStreamUrl(name),
      startedMs,
      idleMs,
      trace,
      onKick: (kicked, reason) => this.#kick(kicked, reason),
    });
    // Somebody else may have taken the key while the question was open.
    const before = this.#sessions.get(key);
    if (before !== undefined) this.#end(before, "replaced");
    this.#sessions.set(key, session);
    sessions.add(session);
    const { streamUrl: url } = session;
    logger.info("play started", { clientId, protocol, address: remoteAddress, url });
    return session;
  }

  /** Counts what a session was sent; the parameter may name none. */
  sent(key: string | undefined, size: number): HlsSession | undefined {
    const session = key === undefined ? undefined : this.#sessions.get(key);
    if (session === undefined) return undefined;
    session.sentSize += size;
    session.lastMs = this.#ports.clock.monotonicMs();
    return session;
  }

  /** The same for media, which begin with a key frame. */
  sentMedia(key: string | undefined, size: number): void {
    const session = this.sent(key, size);
    if (session === undefined || session.hasStarted) return;
    session.hasStarted = true;
    const { startedMs, lastMs, trace } = session;
    this.#ports.sessions.firstFrame(session, lastMs - startedMs);
    trace?.part("first key frame", startedMs);
  }

  /** Call every second or so: ends those who have been silent for too long. */
  sweep(nowMs: number): void {
    for (const session of [...this.#sessions.values()]) {
      const { isConfirmed, idleMs, lastMs } = session;
      const patienceMs = isConfirmed ? idleMs : Math.min(idleMs, UNCONFIRMED_MS);
      if (nowMs - lastMs > patienceMs) this.#end(session, "idle");
    }
    for (const [key, untilMs] of this.#kicked) if (nowMs > untilMs) this.#kicked.delete(key);
  }

  /** Nobody is let in any more. */
  close(): void {
    this.#isClosed = true;
    for (const session of [...this.#sessions.values()]) this.#end(session, "server_stopped");
  }

  async #admit(request: SessionRequest): Promise<void> {
    this.#askedCount += 1;
    try {
      await this.#ports.admission.play(request);
    } finally {
      this.#askedCount -= 1;
    }
    this.#expectServed(request);
  }

  /** Much may have happened while it was asked whether the viewer may play. */
  #expectServed(request: SessionRequest): void {
    const { admission, isServed } = this.#ports;
    if (!this.#isClosed && isServed(request.vhost)) return;
    admission.stopped(request);
    if (this.#isClosed) throw new RefusedError("shutting_down", "Cannot play: server is stopping");
    throw new RefusedError("vhost_disabled", `Cannot play: "${request.vhost}" is not served`);
  }

  /** The one that the request names, if it may choose, else a new one. */
  #keyFor(request: HttpRequest, { isGuarded }: PlaylistVisit): string {
    const { crypto } = this.#ports;
    const wanted = request.parameter(SESSION_PARAMETER);
    if (wanted !== undefined && this.isFree(request, isGuarded)) return wanted;
    const length = isGuarded ? SECRET_LENGTH : undefined;
    return createClientId((size) => crypto.randomBytes(size), length);
  }

  #toSessionRequest(request: HttpRequest, visit: PlaylistVisit, key: string): SessionRequest {
    const { name, clientType, isGuarded } = visit;
    const { crypto } = this.#ports;
    const clientId = isGuarded ? createClientId((size) => crypto.randomBytes(size)) : key;
    const host = request.host.replace(/:\d*$/, "") || name.vhost;
    return {
      clientId,
      clientType,
      remoteAddress: request.remoteAddress,
      vhost: name.vhost,
      app: name.app,
      stream: name.stream,
      param: request.query === "" ? "" : `?${request.query}`,
      tcUrl: `${request.isTls ? "https" : "http"}://${host}/${name.app}`,
      pageUrl: request.headers.get("referer") ?? "",
      swfUrl: "",
      authorization: request.headers.get("authorization"),
    };
  }

  /** Who only looked goes first. */
  #makeRoom(request: SessionRequest): void {
    const sessionsMax = this.#ports.sessionsMax();
    if (sessionsMax === 0 || this.#sessions.size + this.#askedCount < sessionsMax) return;
    for (const session of this.#sessions.values()) {
      if (session.isConfirmed) continue;
      this.#end(session, "too_many_sessions");
      return;
    }
    this.#ports.sessions.refused(request);
    throw new RefusedError(
      "too_many_connections",
      `Cannot play: server has ${this.#sessions.size} HLS sessions`,
    );
  }

  #kick(session: HlsSession, reason: string): void {
    if (this.#sessions.get(session.key) !== session) return;
    if (this.#kicked.size < KICKED_MAX) {
      this.#kicked.set(session.key, this.#ports.clock.monotonicMs() + session.idleMs);
    }
    this.#end(session, reason);
  }

  #end(session: HlsSession, reason: string): void {
    const { admission, sessions, clock, logger } = this.#ports;
    session.endReason = reason;
    this.#sessions.delete(session.key);
    sessions.remove(session);
    admission.stopped(session.request);
    session.trace?.end(reason, false);
    logger.info("session ended", {
      clientId: session.clientId,
      type: session.clientType,
      protocol: session.protocol,
      address: session.remoteAddress,
      url: session.streamUrl,
      seconds: Math.round((clock.monotonicMs() - session.startedMs) / 100) / 10,
      receivedSize: session.receivedSize,
      sentSize: session.sentSize,
      reason,
    });
  }
}
