/**
 * One viewer of a packaged stream, who is known by a parameter in the addresses of playlists.
 *
 * @module
 */

import type { SessionRequest } from "../../../live/admission.ts";
import type { Session } from "../../../live/session-registry.ts";
import type { SessionTrace } from "../../../live/session-trace.ts";

export interface HlsSessionOptions {
  readonly request: SessionRequest;
  readonly streamUrl: string;
  readonly startedMs: number;
  /** How long it may be silent before it is taken to have left. */
  readonly idleMs: number;
  readonly trace: SessionTrace | undefined;
  readonly onKick: (session: HlsSession, reason: string) => void;
}

export class HlsSession implements Session {
  readonly clientType: SessionRequest["clientType"];
  readonly subscriber = undefined;
  readonly skipCount = 0;
  readonly skippedSize = 0;
  readonly protocol: "hls" | "dash";
  readonly request: SessionRequest;
  readonly streamUrl: string;
  readonly startedMs: number;
  readonly idleMs: number;
  receivedSize = 0;
  sentSize = 0;
  /** When it asked last, on the monotonic clock. */
  lastMs: number;
  /** It has come back with its parameter: it is a player, and not a look at the playlist. */
  isConfirmed = false;
  /** It has been sent media. */
  hasStarted = false;
  readonly trace: SessionTrace | undefined;
  readonly #onKick: (session: HlsSession, reason: string) => void;

  constructor({ request, streamUrl, startedMs, idleMs, trace, onKick }: HlsSessionOptions) {
    this.request = request;
    this.clientType = request.clientType;
    this.protocol = request.clientType === "dash-play" ? "dash" : "hls";
    this.streamUrl = streamUrl;
    this.startedMs = startedMs;
    this.lastMs = startedMs;
    this.idleMs = idleMs;
    this.trace = trace;
    this.#onKick = onKick;
  }

  get clientId(): string {
    return this.request.clientId;
  }

  get remoteAddress(): string {
    return this.request.remoteAddress;
  }

  setNoDelay(): void {
    // Its requests come by whichever connection.
  }

  kick(reason: string): void {
    this.#onKick(this, reason);
  }
}
