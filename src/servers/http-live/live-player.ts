/**
 * A viewer of a live stream over HTTP or a WebSocket, from its admission to its end.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../base/logger.ts";
import type { LiveExtension } from "../../config/live-extension.ts";
import type { Admission, SessionRequest } from "../../live/admission.ts";
import type { Broadcast } from "../../live/broadcast.ts";
import type { ConnectionLimit } from "../../live/connection-limit.ts";
import type { LiveStream, StreamWaiter } from "../../live/live-stream.ts";
import { logSessionEnd } from "../../live/session-end.ts";
import type { Session, SessionProtocol, SessionRegistry } from "../../live/session-registry.ts";
import type { SessionTrace, SessionTracing } from "../../live/session-trace.ts";
import type { Subscriber, SubscriberEnd, SubscriberSink } from "../../live/subscriber.ts";
import { LIVE_FORMATS, type LiveFormatSettings } from "./live-format.ts";

/** What players need of the server. */
export interface LivePlayerPorts {
  readonly admission: Admission;
  readonly sessions: SessionRegistry;
  readonly connections: ConnectionLimit;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly tracing?: SessionTracing | undefined;
}

/** How a vhost serves live streams. */
export interface LivePlayerSettings extends LiveFormatSettings {
  /** How long to wait for a stream that is not there yet. 0: for ever. */
  readonly waitMs: number;
  /** Small packets go out at once. */
  readonly isNoDelay: boolean;
}

export interface PlayedStream {
  readonly stream: LiveStream;
  readonly extension: LiveExtension;
  readonly isWebSocket: boolean;
  /** Without port and stream: `http://media.example/live`. */
  readonly appUrl: string;
  /** When the viewer asked, on the monotonic clock. */
  readonly askedMs: number;
  readonly trace: SessionTrace | undefined;
}

/** What a viewer is told when no stream comes. */
export const NOT_PUBLISHED = "nobody publishes it";

/** Why a session ends that did not get what it asked for. */
const FAILURES: ReadonlySet<string> = new Set([
  "not_playable",
  "stream_not_found",
  "write_timeout",
]);

export function liveProtocol(extension: LiveExtension, isWebSocket: boolean): SessionProtocol {
  return `${isWebSocket ? "ws" : "http"}-${extension}`;
}

export abstract class LivePlayer implements Session, StreamWaiter, SubscriberSink {
  /** SRS has this name for all of them. */
  readonly clientType = "flv-play";
  readonly startedMs: number;
  receivedSize = 0;
  sentSize = 0;
  readonly #ports: LivePlayerPorts;
  readonly #settings: LivePlayerSettings;
  readonly #request: SessionRequest;
  readonly #stream: LiveStream;
  readonly #extension: LiveExtension;
  readonly #isWebSocket: boolean;
  readonly #appUrl: string;
  readonly #askedMs: number;
  readonly #trace: SessionTrace | undefined;
  #broadcast: Broadcast | undefined;
  #subscriber: Subscriber | undefined;
  #endReason: string | undefined;
  /** What kind of error the connection broke by. */
  #lossName: string | undefined;
  #failure: unknown;
  #isOver = false;

  constructor(
    ports: LivePlayerPorts,
    settings: LivePlayerSettings,
    request: SessionRequest,
    playing: PlayedStream,
  ) {
    this.#ports = ports;
    this.#settings = settings;
    this.#request = request;
    this.#stream = playing.stream;
    this.#extension = playing.extension;
    this.#isWebSocket = playing.isWebSocket;
    this.#appUrl = playing.appUrl;
    this.#askedMs = playing.askedMs;
    this.#trace = playing.trace;
    this.startedMs = ports.clock.monotonicMs();
  }

  get clientId(): string {
    return this.#request.clientId;
  }

  /** For the HTTP API, where SRS has the URL that was asked for; `admission` is told another. */
  get request(): SessionRequest {
    return { ...this.#request, tcUrl: this.#appUrl };
  }

  get subscriber(): Subscriber | undefined {
    return this.#subscriber;
  }

  get remoteAddress(): string {
    return this.#request.remoteAddress;
  }

  get streamUrl(): string {
    return this.#stream.url;
  }

  get endReason(): string {
    return this.#endReason ?? this.#lossName ?? "peer_closed";
  }

  get protocol(): SessionProtocol {
    return liveProtocol(this.#extension, this.#isWebSocket);
  }

  get skipCount(): number {
    return this.#subscriber?.skipCount ?? 0;
  }

  get skippedSize(): number {
    return this.#subscriber?.skippedSize ?? 0;
  }

  /** Hands bytes to the connection; see SubscriberSink. */
  abstract write(bytes: Uint8Array): number;

  /** Closes the connection: after what was written if the stream has ended, else at once. */
  abstract setNoDelay(isOn: boolean): void;
  protected abstract closeConnection(isGraceful: boolean): void;

  /** Tells the viewer why there is no stream for it. Nothing has been sent so far. */
  protected abstract answerNotFound(why: string): void;

  /** Starts once the connection is the player's. */
  start(): void {
    const { sessions, connections, logger } = this.#ports;
    connections.retake(this.remoteAddress);
    sessions.add(this);
    logger.info("play started", {
      clientId: this.clientId,
      protocol: this.protocol,
      address: this.remoteAddress,
      url: this.streamUrl,
    });
    try {
      this.#stream.addWaiter(this);
    } catch (error) {
      this.fail(error); // A bug; from here on the session has an end of its own.
    }
  }

  onStreamReady(): void {
    const { description } = this.#stream;
    const format = LIVE_FORMATS[this.#extension];
    const objection = format.objection(description);
    if (objection !== undefined) {
      this.#refuse("not_playable", objection);
      return;
    }
    const broadcastFormat = format.create(this.#settings, description, this.#isWebSocket);
    const options = { isLasting: false };
    const { broadcast, subscriber } = this.#stream.subscribe(broadcastFormat, this, options);
    this.#broadcast = broadcast;
    this.#subscriber = subscriber;
    subscriber.pump();
  }

  /** The connection has room again. */
  drain(): void {
    this.#subscriber?.pump();
  }

  started(): void {
    const { clock, sessions } = this.#ports;
    sessions.firstFrame(this, clock.monotonicMs() - this.#askedMs);
    this.#trace?.part("first key frame", this.#askedMs);
  }

  end(reason: SubscriberEnd): void {
    this.#endReason ??= reason;
    this.closeConnection(reason === "stream_ended");
  }

  fail(error: unknown): void {
    this.#failure = error;
    this.#endReason ??= "failed";
    this.closeConnection(false);
  }

  kick(reason: string): void {
    this.#endReason ??= reason;
    this.closeConnection(false);
  }

  /** Its stream is not there yet. */
  get isWaiting(): boolean {
    return this.#subscriber === undefined && !this.#isOver;
  }

  /** Call every second or so while it is waiting. */
  checkDeadline(nowMs: number): void {
    const { waitMs } = this.#settings;
    const isDue = waitMs > 0 && nowMs - this.startedMs >= waitMs;
    if (this.isWaiting && isDue) this.#refuse("stream_not_found", NOT_PUBLISHED);
  }

  #refuse(reason: string, why: string): void {
    if (this.#endReason !== undefined) return;
    this.#endReason = reason;
    this.answerNotFound(why);
  }

  /** The connection is over. */
  protected finish(error: Error | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#lossName = error?.name;
    this.#stream.removeWaiter(this);
    const subscriber = this.#subscriber;
    if (subscriber !== undefined && this.#broadcast !== undefined) {
      this.#stream.unsubscribe(this.#broadcast, subscriber);
    }
    const { admission, sessions, connections, logger, clock } = this.#ports;
    connections.leave(this.remoteAddress);
    const reason = this.#endReason ?? error?.message ?? "peer_closed";
    const isFailed = this.#failure !== undefined || FAILURES.has(reason);
    sessions.remove(this, isFailed);
    admission.stopped(this.#request);
    this.#trace?.end(this.endReason, isFailed);
    const failure = this.#failure;
    logSessionEnd(logger, this, { nowMs: clock.monotonicMs(), reason, failure });
  }
}
