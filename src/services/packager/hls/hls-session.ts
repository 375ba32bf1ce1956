/**
 * One viewer of a packaged stream, who is known by a parameter in the addresses of playlists.
 *
 * @module
 */

import type { SessionRequest } from "../../../live/admission.ts";
import type { Session } from "../../../live/session-registry.ts";
import type { SessionTrace } from "../../../live/session-trace.ts";

export interface HlsSessionOptions {
  /** By which requests name it. */
  readonly key: string;
  readonly request: SessionRequest;
  readonly streamUrl: string;
  readonly startedMs: number;
  /** How long it may be silent before it is taken to have left. */
  readonly idleMs: number;
  readonly trace: SessionTrace | undefined;
  readonly onKick: (session: HlsSession, reason: string) => void;
}

export class HlsSession implements Session {
  /**
   * What its requests carry. Where media are for those alone who have been let in, it is a secret, and
   * another one than the client id, which backends, logs and the API show.
   */
  readonly key: string;
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
  endReason = "idle";
  /** It has been sent media. */
  hasStarted = false;
  readonly trace: SessionTrace | undefined;
  readonly #onKick: (session: HlsSession, reason: string) => void;

  constructor(options: HlsSessionOptions) {
    const { key, request, streamUrl, startedMs, idleMs, trace, onKick } = options;
    this.key = key;
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
