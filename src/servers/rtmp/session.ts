/**
 * One RTMP client of this server, from accept to close.
 *
 * @module
 */

import { createClientId } from "../../base/client-id.ts";
import {
  ClosedError,
  MalformedError,
  ProtocolError,
  RefusedError,
  SystemError,
  TimeoutError,
  toError,
} from "../../base/errors.ts";
import type { LogFields } from "../../base/logger.ts";
import { formatStreamUrl } from "../../base/stream-name.ts";
import type { ClientType, SessionRequest } from "../../live/admission.ts";
import type { BroadcastFormat } from "../../live/broadcast-format.ts";
import type { LiveStream } from "../../live/live-stream.ts";
import type { PublisherEnd } from "../../live/publication.ts";
import { logSessionEnd } from "../../live/session-end.ts";
import type { Session, SessionProtocol } from "../../live/session-registry.ts";
import type { SessionTrace } from "../../live/session-trace.ts";
import type { Subscriber, SubscriberEnd } from "../../live/subscriber.ts";
import { type RtmpServerOptions, RtmpServerSession } from "../../protocols/rtmp/server-session.ts";
import type {
  RtmpConnectInfo,
  RtmpPlayback,
  RtmpPlayRequest,
  RtmpPublication,
  RtmpPublishRequest,
  RtmpSessionHandler,
  RtmpWireSettings,
} from "../../protocols/rtmp/session-handler.ts";
import { createRtmpFormat } from "../../remux/rtmp/from-stream.ts";
import type { TcpSocket } from "../../runtime/runtime.ts";
import { RtmpPlay, type RtmpPlaySession } from "./play.ts";
import type { RtmpServerPorts, RtmpVhost } from "./ports.ts";
import { RtmpPublish } from "./publish.ts";
import { type AdmittedSession, SessionAdmission } from "./session-admission.ts";

/** The server as its sessions see it. */
export interface RtmpSessionHost {
  readonly options: RtmpServerOptions;
  /** Whether the server lets those who are here finish, and nobody begin. */
  readonly isStopping: boolean;
  /** Called once, when the connection is over. */
  closed(session: RtmpSession, isFailed: boolean): void;
}

/** For a vhost that is not served: the client is refused as soon as it says what it wants. SRS's. */
const WIRE_SETTINGS: RtmpWireSettings = {
  chunkSize: 60_000,
  inAckSize: 0,
  outAckSize: 2_500_000,
};

const OTHERS_FAULTS = [
  ClosedError,
  MalformedError,
  ProtocolError,
  RefusedError,
  SystemError,
  TimeoutError,
];

export class RtmpSession implements Session, RtmpSessionHandler, RtmpPlaySession, AdmittedSession {
  readonly clientId: string;
  readonly protocol: SessionProtocol;
  readonly remoteAddress: string;
  readonly startedMs: number;
  readonly refusal: RefusedError | undefined;
  clientType: ClientType = "unknown";
  streamUrl: string | undefined;
  request: SessionRequest | undefined;
  readonly #ports: RtmpServerPorts;
  readonly #host: RtmpSessionHost;
  readonly #protocol: RtmpServerSession;
  readonly #socket: TcpSocket;
  readonly #admission: SessionAdmission;
  readonly #trace: SessionTrace | undefined;
  /** When it asked for what it does. */
  #askedMs = 0;
  #play: RtmpPlay | undefined;
  #playEndsMs: number | undefined;
  #pastSkipCount = 0;
  #pastSkippedSize = 0;
  #endReason: string | undefined;

  /** @param refusal Set if the server is full: the client is told so, and nothing else. */
  constructor(
    socket: TcpSocket,
    ports: RtmpServerPorts,
    host: RtmpSessionHost,
    refusal: RefusedError | undefined,
  ) {
    this.#socket = socket;
    this.protocol = socket.isTls ? "rtmps" : "rtmp";
    this.#ports = ports;
    this.#host = host;
    this.refusal = refusal;
    this.clientId = createClientId((size) => ports.crypto.randomBytes(size));
    this.remoteAddress = socket.remoteAddress;
    this.startedMs = ports.clock.monotonicMs();
    this.#trace = ports.tracing?.begin(this);
    this.#admission = new SessionAdmission(ports.admission, this);
    this.#protocol = new RtmpServerSession(socket, this, host.options, this.startedMs);
  }

  get receivedSize(): number {
    return this.#protocol.connection.receivedSize;
  }

  get sentSize(): number {
    return this.#protocol.connection.sentSize;
  }

  get subscriber(): Subscriber | undefined {
    return this.#play?.subscriber;
  }

  get skipCount(): number {
    return this.#pastSkipCount + (this.#play?.skipCount ?? 0);
  }

  get skippedSize(): number {
    return this.#pastSkippedSize + (this.#play?.skippedSize ?? 0);
  }

  get isClosed(): boolean {
    return this.#protocol.isClosed;
  }

  get endReason(): string {
    if (this.#endReason !== undefined) return this.#endReason;
    return this.isClosed ? nameOf(this.#protocol.failure) : "peer_stopped";
  }

  setNoDelay(isOn: boolean): void {
    this.#socket.setNoDelay(isOn);
  }

  kick(reason: string): void {
    this.#end(reason);
  }

  /** Call every second or so. */
  checkDeadline(nowMs: number): void {
    if (this.#playEndsMs !== undefined && nowMs >= this.#playEndsMs) this.#end("play_duration");
    this.#protocol.checkDeadline(nowMs);
  }

  // RtmpSessionHandler ------------------------------------------------------------------------------

  /** Where it connects matters only with what it wants: as in SRS, that is when it is judged. */
  async connect({ url }: RtmpConnectInfo): Promise<RtmpWireSettings> {
    this.#trace?.part("handshake", this.startedMs);
    if (this.refusal !== undefined) throw this.refusal;
    return this.#ports.rtmpVhost(url.vhost) ?? WIRE_SETTINGS;
  }

  async publish(request: RtmpPublishRequest): Promise<RtmpPublication> {
    const session = this.#identify(request.publisherType, request);
    return this.#admission.publish(session, () => this.#startPublishing(session));
  }

  async play(request: RtmpPlayRequest): Promise<RtmpPlayback> {
    const session = this.#identify("rtmp-play", request);
    const { durationSeconds } = request;
    return this.#admission.play(session, () => this.#startPlaying(session, durationSeconds));
  }

  closed(error?: Error): void {
    const { clock, logger } = this.#ports;
    const isFailed = isFailure(error);
    this.#host.closed(this, isFailed);
    this.#admission.close();
    this.#trace?.end(this.endReason, isFailed);
    logSessionEnd(logger, this, {
      nowMs: clock.monotonicMs(),
      reason: this.#endReason ?? reasonOf(error),
      failure: isOwnFault(error) ? error : undefined,
    });
  }

  // RtmpPlaySession ---------------------------------------------------------------------------------

  format(stream: LiveStream): BroadcastFormat {
    return createRtmpFormat({
      chunkSize: this.#protocol.connection.chunkSize,
      messageStreamId: this.#protocol.messageStreamId,
      isTimeAbsolute: stream.isTimeAbsolute,
    });
  }

  writeShared(bytes: Uint8Array): number {
    return this.#protocol.writeShared(bytes);
  }

  playBegun(): void {
    const { clock, sessions } = this.#ports;
    sessions.firstFrame(this, clock.monotonicMs() - this.#askedMs);
    this.#trace?.part("first key frame", this.#askedMs);
  }

  endPlay(reason: SubscriberEnd): void {
    this.#end(reason);
  }

  failPlay(error: unknown): void {
    this.#protocol.close(toError(error));
  }

  playClosed(play: RtmpPlay): void {
    this.#pastSkipCount += play.skipCount;
    this.#pastSkippedSize += play.skippedSize;
    if (this.#play === play) this.#play = undefined;
    this.#playEndsMs = undefined;
    this.#admission.end();
  }

  // -------------------------------------------------------------------------------------------------

  /** Whether the client may use the vhost at all; judged, as in SRS, once it is known for what. */
  #identify(
    clientType: ClientType,
    { connectInfo, url }: RtmpPublishRequest | RtmpPlayRequest,
  ): SessionRequest {
    this.#askedMs = this.#ports.clock.monotonicMs();
    this.clientType = clientType;
    this.streamUrl = formatStreamUrl(url); // For the log, if that is as far as it gets.
    if (this.#host.isStopping) {
      throw new RefusedError("shutting_down", "Cannot begin: the server is shutting down");
    }
    const vhost = this.#findVhost(url.vhost);
    const request: SessionRequest = {
      clientId: this.clientId,
      clientType,
      remoteAddress: this.remoteAddress,
      vhost: vhost.name,
      app: url.app,
      stream: url.stream,
      param: url.param,
      tcUrl: connectInfo.tcUrl,
      pageUrl: connectInfo.pageUrl,
      swfUrl: connectInfo.swfUrl,
      ...(connectInfo.via.length === 0 ? {} : { via: connectInfo.via }),
    };
    this.streamUrl = formatStreamUrl(request);
    this.request = request;
    this.#trace?.identify(request);
    this.#socket.setNoDelay(vhost.isNoDelay);
    return request;
  }

  /** @throws {RefusedError} `stream_busy` */
  async #startPublishing(session: SessionRequest): Promise<RtmpPublication> {
    const publisher = {
      clientId: this.clientId,
      request: session,
      close: (reason: PublisherEnd) => this.#end(reason),
    };
    const askedMs = this.#askedMs;
    const publication = await this.#ports.hub.publish(session, publisher);
    const url = formatStreamUrl(session);
    this.#log("info", "stream published", { url, type: session.clientType });
    return new RtmpPublish(publication, () => {
      const { audioFrameCount, videoFrameCount, firstKeyFrameMs } = publication;
      if (firstKeyFrameMs !== undefined) {
        this.#trace?.part("first key frame", askedMs, firstKeyFrameMs);
      }
      this.#log("info", "stream unpublished", {
        url,
        audioFrameCount,
        videoFrameCount,
      });
      this.#admission.end();
    });
  }

  #startPlaying(session: SessionRequest, durationSeconds: number | undefined): RtmpPlayback {
    const { hub, clock } = this.#ports;
    if (durationSeconds !== undefined) {
      this.#playEndsMs = clock.monotonicMs() + durationSeconds * 1_000;
    }
    this.#log("info", "play started", { url: formatStreamUrl(session), protocol: "rtmp" });
    const stream = hub.getOrCreate(session);
    this.streamUrl = stream.url; // The one text that all of them share.
    this.#play = new RtmpPlay(this, stream);
    return this.#play;
  }

  #findVhost(name: string): RtmpVhost {
    const vhost = this.#ports.rtmpVhost(name);
    if (vhost === undefined) throw new RefusedError("not_found", `Cannot find vhost "${name}"`);
    if (!vhost.isEnabled) {
      throw new RefusedError("vhost_disabled", `Cannot use vhost "${vhost.name}": it is disabled`);
    }
    return vhost;
  }

  #end(reason: string): void {
    this.#endReason ??= reason;
    this.#protocol.close();
  }

  #log(level: "info" | "error", event: string, fields: LogFields): void {
    this.#ports.logger[level](event, { clientId: this.clientId, ...fields });
  }
}

/** A refusal is named: its message may quote what the client sent, such as a token in a query. */
function reasonOf(error: Error | undefined): string {
  return error instanceof RefusedError ? error.reason : (error?.message ?? "peer_closed");
}

/** For traces, which are shown to more people than the log. */
function nameOf(error: Error | undefined): string {
  return error instanceof RefusedError ? error.reason : (error?.name ?? "peer_closed");
}

/** Whether it is more than a client that has left. */
function isFailure(error: Error | undefined): boolean {
  return error !== undefined && !(error instanceof ClosedError || error instanceof SystemError);
}

/** What neither the peer nor the network nor the operator can be blamed for. */
function isOwnFault(error: Error | undefined): boolean {
  if (error === undefined) return false;
  return !OTHERS_FAULTS.some((fault) => error instanceof fault);
}
