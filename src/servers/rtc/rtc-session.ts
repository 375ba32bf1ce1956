/**
 * One WebRTC client of this server, from the answer to its offer to its end.
 *
 * @module
 */

import { formatStreamUrl } from "../../base/stream-name.ts";
import type { Candidate } from "../../codec/sdp/candidate.ts";
import type { IceCredentials } from "../../codec/sdp/ice-credentials.ts";
import type { MediaSection } from "../../codec/sdp/session-description.ts";
import type { ClientType, SessionRequest } from "../../live/admission.ts";
import type { TransportReport } from "../../live/reports.ts";
import { logSessionEnd } from "../../live/session-end.ts";
import type { Session, SessionProtocol } from "../../live/session-registry.ts";
import type { SessionTrace } from "../../live/session-trace.ts";
import type { Subscriber } from "../../live/subscriber.ts";
import type { Agreement } from "../../protocols/rtc/negotiation/agreement.ts";
import {
  RtcConnection,
  type RtcConnectionHandler,
  type RtcConnectionOptions,
  type RtcEnd,
} from "../../protocols/rtc/transport/rtc-connection.ts";
import type { LoadLevel } from "./circuit-breaker.ts";
import type { RtcServerPorts, RtcVhost } from "./ports.ts";

/** The server as its sessions see it. */
export interface RtcSessionHost {
  readonly ports: RtcServerPorts;
  /** Called once, when the session is over. */
  closed(session: RtcSession): void;
}

/** What is known of a client once its offer has been answered. */
export interface RtcSessionStart {
  readonly request: SessionRequest;
  readonly vhost: RtcVhost;
  readonly agreement: Agreement;
  /** Where we are to be found. */
  readonly candidates: readonly Candidate[];
  /** Of our answer. */
  readonly firstSection: MediaSection;
  readonly connection: RtcConnectionOptions;
  readonly trace: SessionTrace | undefined;
  /** When it asked, on the monotonic clock. */
  readonly askedMs: number;
  /** What it shows to change or to end the session. */
  readonly token: string;
}

/** Why a session ends that did not get what it asked for. */
const FAILURES: ReadonlySet<string> = new Set([
  "setup_timeout",
  "dtls_failed",
  "not_playable",
  "failed",
]);

export abstract class RtcSession implements Session, RtcConnectionHandler {
  abstract readonly clientType: ClientType;
  readonly protocol: SessionProtocol = "webrtc";
  readonly startedMs: number;
  readonly connection: RtcConnection;
  readonly subscriber: Subscriber | undefined = undefined;
  protected readonly host: RtcSessionHost;
  protected readonly start: RtcSessionStart;
  #endReason: string | undefined;
  #failure: unknown;
  #isOver = false;

  constructor(host: RtcSessionHost, start: RtcSessionStart) {
    this.host = host;
    this.start = start;
    this.startedMs = host.ports.clock.monotonicMs();
    this.connection = new RtcConnection(start.connection, this);
  }

  get clientId(): string {
    return this.start.request.clientId;
  }

  get request(): SessionRequest {
    return this.start.request;
  }

  get remoteAddress(): string {
    return this.start.request.remoteAddress;
  }

  get streamUrl(): string {
    return formatStreamUrl(this.start.request);
  }

  get id(): string {
    const { local, remote } = this.start.connection;
    return sessionId(local, remote);
  }

  get token(): string {
    return this.start.token;
  }

  get candidates(): readonly Candidate[] {
    return this.start.candidates;
  }

  get firstSection(): MediaSection {
    return this.start.firstSection;
  }

  get receivedSize(): number {
    return this.connection.receivedSize;
  }

  get sentSize(): number {
    return this.connection.sentSize;
  }

  /** By checks of ICE; `null` before there was one. */
  protected get roundTripMs(): number | null {
    const { roundTripMs } = this.connection;
    return roundTripMs === undefined ? null : Math.round(roundTripMs);
  }

  get endReason(): string {
    return this.#endReason ?? "peer_closed";
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  abstract readonly skipCount: number;
  abstract readonly skippedSize: number;
  abstract readonly transport: TransportReport;

  /** Does what the load of this machine leaves room for. */
  abstract setLoad(level: LoadLevel): void;

  /** Media flow, and stop to. */
  protected abstract begin(): void;
  protected abstract finish(): void;

  protected abstract takeRtp(packet: Uint8Array, nowMs: number): void;
  protected abstract takeRtcp(packet: Uint8Array, nowMs: number): void;

  /** What happens every second or less. */
  protected abstract tick(nowMs: number): void;

  /** Everything goes out at once as it is. */
  setNoDelay(): void {
    // There is nothing to be merged.
  }

  kick(reason: string): void {
    this.end(reason);
  }

  /** Ends the session, if it has not ended. */
  end(reason: string, error?: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#endReason = reason;
    this.#failure = error;
    try {
      this.finish();
    } catch (failure) {
      this.#failure ??= failure;
    }
    this.connection.close();
    this.host.closed(this);
    this.#tellEnd();
  }

  /** A bug: it is the end of this session, and of no other. */
  fail(error: unknown): void {
    this.end("failed", error);
  }

  /** Call every second or so. */
  checkDeadline(nowMs: number): void {
    try {
      this.connection.checkDeadline(nowMs);
      if (!this.#isOver) this.tick(nowMs);
    } catch (error) {
      this.fail(error);
    }
  }

  // RtcConnectionHandler ----------------------------------------------------------------------------

  established(): void {
    const { logger } = this.host.ports;
    const { path } = this.connection;
    this.start.trace?.part("handshake", this.startedMs);
    logger.info("media connected", {
      clientId: this.clientId,
      address: path?.address,
      port: path?.port,
      transport: path?.protocol,
    });
    try {
      this.begin();
    } catch (error) {
      this.fail(error);
    }
  }

  rtp(packet: Uint8Array, nowMs: number): void {
    try {
      this.takeRtp(packet, nowMs);
    } catch (error) {
      this.fail(error);
    }
  }

  rtcp(packet: Uint8Array, nowMs: number): void {
    try {
      this.takeRtcp(packet, nowMs);
    } catch (error) {
      this.fail(error);
    }
  }

  closed(reason: RtcEnd, error?: Error): void {
    if (error !== undefined) {
      this.host.ports.logger.info("media refused", {
        clientId: this.clientId,
        reason: error.message,
      });
    }
    this.end(reason);
  }

  // -------------------------------------------------------------------------------------------------

  #tellEnd(): void {
    const { admission, sessions, connections, logger, clock } = this.host.ports;
    const { request, trace } = this.start;
    const reason = this.endReason;
    const isFailed = this.#failure !== undefined || FAILURES.has(reason);
    connections.leave(this.remoteAddress);
    sessions.remove(this, isFailed);
    if (this.clientType === "rtc-publish") admission.unpublished(request);
    else admission.stopped(request);
    trace?.end(reason, isFailed);
    const failure = this.#failure;
    logSessionEnd(logger, this, { nowMs: clock.monotonicMs(), reason, failure });
  }
}

/** As in SRS: the names that both sides have for ICE when it begins. */
export function sessionId(local: IceCredentials, remote: IceCredentials): string {
  return `${local.ufrag}:${remote.ufrag}`;
}
