/**
 * What sessions do, as events. Those that come with their request, as by HTTP, are known by the
 * registry alone; those that say later what they want, as by RTMP, by what the admission is asked.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import { RefusedError } from "../../base/errors.ts";
import { parseStreamUrl } from "../../base/stream-name.ts";
import type { Admission, SessionRequest } from "../../live/admission.ts";
import type { ClientFields, RefusedBy, SessionFields, TellEvent } from "../../live/server-event.ts";
import type { Session, SessionListener, SessionRegistry } from "../../live/session-registry.ts";

export interface SessionEventsPorts {
  readonly sessions: SessionRegistry;
  readonly clock: Pick<Clock, "monotonicMs">;
  readonly tell: TellEvent;
}

type Question = "connect" | "publish" | "play";

/** A play that has begun. */
interface Play {
  readonly startedMs: number;
  /** What the session had been sent before. */
  readonly sentSize: number;
}

export class SessionEvents implements SessionListener {
  readonly #ports: SessionEventsPorts;
  readonly #plays = new WeakMap<SessionRequest, Play>();

  constructor(ports: SessionEventsPorts) {
    this.#ports = ports;
    ports.sessions.listener = this;
  }

  /** The same admission, of which it is told what it lets happen. */
  watch(admission: Admission): Admission {
    return {
      connect: async (request) => {
        await admission.connect(request);
        const protocol = this.#find(request)?.protocol ?? null;
        this.#ports.tell({ type: "session.connected", ...toClient(request), protocol });
      },
      publish: (request) => admission.publish(request),
      play: async (request) => {
        await admission.play(request);
        const session = this.#find(request);
        if (session !== undefined && !isPlayingAlone(session)) this.#startPlay(session, request);
      },
      unpublished: (request) => admission.unpublished(request),
      stopped: (request) => {
        admission.stopped(request);
        this.#endPlay(request);
      },
      closed: (request, traffic) => admission.closed(request, traffic),
    };
  }

  /** The same admission, of which it is told what it refuses. */
  watchRefusals(admission: Admission, by: RefusedBy): Admission {
    const ask = async (action: Question, request: SessionRequest): Promise<void> => {
      try {
        await admission[action](request);
      } catch (error) {
        if (error instanceof RefusedError) {
          const { reason } = error;
          const client = toClient(request);
          this.#ports.tell({ type: "session.refused", ...client, action, by, reason });
        }
        throw error;
      }
    };
    return {
      connect: (request) => ask("connect", request),
      publish: (request) => ask("publish", request),
      play: (request) => ask("play", request),
      unpublished: (request) => admission.unpublished(request),
      stopped: (request) => admission.stopped(request),
      closed: (request, traffic) => admission.closed(request, traffic),
    };
  }

  // SessionListener ---------------------------------------------------------------------------------

  added(session: Session): void {
    const { request, protocol } = session;
    if (request === undefined) return;
    this.#ports.tell({ type: "session.connected", ...toClient(request), protocol });
    if (isPlayingAlone(session)) this.#tellPlay(request, session);
  }

  removed(session: Session, isFailed: boolean): void {
    const fields = toFields(session);
    if (fields === undefined) return; // It has never said what it wants.
    const { endReason: reason, receivedSize, sentSize, skippedSize, skipCount: skips } = session;
    const durationMs = this.#since(session.startedMs);
    if (isPlayingAlone(session)) {
      this.#ports.tell({ type: "play.ended", ...fields, reason, durationMs, sentSize });
    }
    this.#ports.tell({
      type: "session.ended",
      ...fields,
      reason,
      isFailed,
      durationMs,
      ...{ receivedSize, sentSize, skips, skippedSize },
    });
  }

  kicked(session: Session, reason: string): void {
    const fields = toFields(session);
    if (fields !== undefined) this.#ports.tell({ type: "session.kicked", ...fields, reason });
  }

  refused(request: SessionRequest): void {
    this.#ports.tell({
      type: "session.refused",
      ...toClient(request),
      action: "play",
      by: "limit",
      reason: "too_many_connections",
    });
  }

  // -------------------------------------------------------------------------------------------------

  #find({ clientId }: SessionRequest): Session | undefined {
    return this.#ports.sessions.get(clientId);
  }

  #startPlay(session: Session, request: SessionRequest): void {
    const startedMs = this.#ports.clock.monotonicMs();
    this.#plays.set(request, { startedMs, sentSize: session.sentSize });
    this.#tellPlay(request, session);
  }

  #tellPlay(request: SessionRequest, { protocol }: Session): void {
    this.#ports.tell({ type: "play.started", ...toClient(request), protocol });
  }

  #endPlay(request: SessionRequest): void {
    const play = this.#plays.get(request);
    if (play === undefined) return;
    this.#plays.delete(request);
    const session = this.#find(request);
    this.#ports.tell({
      type: "play.ended",
      ...toClient(request),
      protocol: session?.protocol ?? null,
      reason: session?.endReason ?? "peer_closed",
      durationMs: this.#since(play.startedMs),
      sentSize: (session?.sentSize ?? play.sentSize) - play.sentSize,
    });
  }

  #since(startedMs: number): number {
    return Math.round(this.#ports.clock.monotonicMs() - startedMs);
  }
}

/** Of all that is known of a client what may be told. */
export function toClient(request: SessionRequest): ClientFields {
  const { clientId, clientType, remoteAddress: address, vhost, app, stream } = request;
  return { clientId, clientType, address, vhost, app, stream };
}

/** `undefined` for one that has not said what it wants. */
function toFields(session: Session): SessionFields | undefined {
  const { clientId, clientType, protocol, remoteAddress: address, streamUrl } = session;
  const name = session.request ?? parseStreamUrl(streamUrl ?? "");
  if (name === undefined) return undefined;
  const { vhost, app, stream } = name;
  return { clientId, clientType, protocol, address, vhost, app, stream };
}

/** Whether a session is a play from its begin to its end. */
function isPlayingAlone({ protocol, clientType }: Session): boolean {
  return protocol !== "rtmp" && protocol !== "rtmps" && clientType !== "rtc-publish";
}
