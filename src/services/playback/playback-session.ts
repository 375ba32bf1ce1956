/**
 * A viewer of recordings, from the first byte of the answer to its end.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import { ClosedError, toError } from "../../base/errors.ts";
import type { Logger } from "../../base/logger.ts";
import { formatStreamUrl } from "../../base/stream-name.ts";
import { encodeChunk, encodeLastChunk } from "../../codec/http/chunked.ts";
import type { Admission, SessionRequest } from "../../live/admission.ts";
import type { ConnectionLimit } from "../../live/connection-limit.ts";
import { logSessionEnd } from "../../live/session-end.ts";
import type { Session, SessionRegistry } from "../../live/session-registry.ts";
import type { SessionTrace } from "../../live/session-trace.ts";
import type { TcpHandler, TcpSocket } from "../../runtime/runtime.ts";

/** Players of files pause; who takes nothing for so long has gone for good. */
const WRITE_TIMEOUT_MS = 300_000;

export interface PlaybackSessionPorts {
  readonly admission: Pick<Admission, "stopped">;
  readonly sessions: SessionRegistry;
  readonly connections: ConnectionLimit;
  readonly clock: Pick<Clock, "monotonicMs">;
  readonly logger: Logger;
}

/** What is sent. */
export interface AnswerSource {
  /** `undefined` at the end. */
  next(): Promise<Uint8Array | undefined>;
  /** Called once, when nothing is under way. */
  close(): Promise<void>;
}

export interface PlaybackSessionOptions {
  readonly request: SessionRequest;
  /** When the viewer asked, on the monotonic clock. */
  readonly askedMs: number;
  readonly trace: SessionTrace | undefined;
  readonly source: AnswerSource;
  /** The body goes in chunks, so that its end can be told from a broken connection. */
  readonly isChunked: boolean;
}

export class PlaybackSession implements Session, TcpHandler {
  /** As of everybody who plays by HTTP. */
  readonly clientType = "flv-play";
  readonly protocol = "playback";
  readonly subscriber = undefined;
  readonly skipCount = 0;
  readonly skippedSize = 0;
  readonly streamUrl: string;
  readonly startedMs: number;
  receivedSize = 0;
  sentSize = 0;
  readonly #ports: PlaybackSessionPorts;
  readonly #options: PlaybackSessionOptions;
  #socket: TcpSocket | undefined;
  #endReason: string | undefined;
  #failure: Error | undefined;
  #isClosed = false;
  /** Goes on with what waits for room in the socket. */
  #wake: (() => void) | undefined;
  #progressMs = 0;

  constructor(ports: PlaybackSessionPorts, options: PlaybackSessionOptions) {
    this.#ports = ports;
    this.#options = options;
    this.streamUrl = formatStreamUrl(options.request);
    this.startedMs = ports.clock.monotonicMs();
  }

  get clientId(): string {
    return this.request.clientId;
  }

  get request(): SessionRequest {
    return this.#options.request;
  }

  get remoteAddress(): string {
    return this.request.remoteAddress;
  }

  get endReason(): string {
    return this.#endReason ?? "peer_closed";
  }

  get isOver(): boolean {
    return this.#isClosed;
  }

  /** Begins, once the connection is the session's. @param head Of the response. */
  start(socket: TcpSocket, head: Uint8Array): void {
    const { sessions, connections, logger } = this.#ports;
    this.#socket = socket;
    connections.retake(this.remoteAddress);
    sessions.add(this);
    logger.info("play started", {
      clientId: this.clientId,
      protocol: this.protocol,
      address: this.remoteAddress,
      url: this.streamUrl,
    });
    void this.#run(socket, head);
  }

  setNoDelay(isOn: boolean): void {
    this.#socket?.setNoDelay(isOn);
  }

  kick(reason: string): void {
    this.#endReason ??= reason;
    this.#socket?.destroy();
  }

  /** Call every second or so. */
  checkTimeout(nowMs: number): void {
    if (this.#wake === undefined || nowMs - this.#progressMs < WRITE_TIMEOUT_MS) return;
    this.kick("write_timeout");
  }

  data(bytes: Uint8Array): void {
    // Nothing is expected of a viewer; what it says is counted and dropped.
    this.receivedSize += bytes.length;
  }

  drain(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  close(error?: Error): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.drain();
    const { admission, sessions, connections, logger, clock } = this.#ports;
    const reason = this.#endReason ?? error?.message ?? "peer_closed";
    const isFailed = this.#failure !== undefined || reason === "write_timeout";
    connections.leave(this.remoteAddress);
    sessions.remove(this, isFailed);
    admission.stopped(this.request);
    this.#options.trace?.end(this.endReason, isFailed);
    const failure = this.#failure;
    logSessionEnd(logger, this, { nowMs: clock.monotonicMs(), reason, failure });
  }

  async #run(socket: TcpSocket, head: Uint8Array): Promise<void> {
    const { source } = this.#options;
    try {
      await this.#sendAll(socket, head);
      socket.end();
    } catch (error) {
      if (!(error instanceof ClosedError)) {
        this.#failure = toError(error);
        this.#endReason ??= "failed";
      }
      socket.destroy();
    } finally {
      await source.close().catch(() => undefined); // It was open for reading alone.
    }
  }

  /** Sends no faster than the viewer takes it. @throws {ClosedError} If the viewer is gone. */
  async #sendAll(socket: TcpSocket, head: Uint8Array): Promise<void> {
    const { source, isChunked, askedMs, trace } = this.#options;
    const { clock, sessions } = this.#ports;
    await this.#send(socket, head);
    for (let isFirst = true; ; isFirst = false) {
      const bytes = await source.next();
      if (bytes === undefined) break;
      await this.#send(socket, isChunked ? encodeChunk(bytes) : bytes);
      if (!isFirst) continue;
      sessions.firstFrame(this, clock.monotonicMs() - askedMs);
      trace?.part("first key frame", askedMs);
    }
    this.#endReason ??= "played"; // Who has it all may leave at any time.
    if (isChunked) await this.#send(socket, encodeLastChunk());
  }

  async #send(socket: TcpSocket, bytes: Uint8Array): Promise<void> {
    for (let rest = bytes; ; ) {
      if (this.#isClosed) throw new ClosedError("Cannot send: the viewer has left");
      const taken = socket.write(rest);
      this.sentSize += taken;
      this.#progressMs = this.#ports.clock.monotonicMs();
      if (taken === rest.length) return;
      rest = rest.subarray(taken);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
