/**
 * Requests for recordings by time: `GET /live/show.mp4?from=...&duration=...`, `.flv` and `.ts`.
 *
 * @module
 */

import { createClientId } from "../../base/client-id.ts";
import type { Clock, Timer } from "../../base/clock.ts";
import { ClosedError, MalformedError, RefusedError, SystemError } from "../../base/errors.ts";
import { formatStreamUrl, type StreamName } from "../../base/stream-name.ts";
import { startSweep } from "../../base/sweep.ts";
import type { FieldList } from "../../codec/http/response-head.ts";
import type { Admission, SessionRequest } from "../../live/admission.ts";
import { httpPlayer } from "../../live/http-player.ts";
import type { SessionTrace, SessionTracing } from "../../live/session-trace.ts";
import type { StreamDescription, Track } from "../../live/track.ts";
import { type HttpAnswer, type HttpContext, TAKEN_OVER } from "../../protocols/http/handler.ts";
import {
  createErrorResponse,
  createNotFoundResponse,
  HttpError,
} from "../../protocols/http/http-error.ts";
import type { HttpRequest } from "../../protocols/http/request.ts";
import { requestedVhost } from "../../protocols/http/requested-vhost.ts";
import { isWebSocketRequest } from "../../protocols/http/websocket.ts";
import type { Crypto, Files } from "../../runtime/runtime.ts";
import { ANSWER_FORMATS, type AnswerExtension, type AnswerFormat } from "./answer-format.ts";
import { JoinedFrames } from "./joined-frames.ts";
import { findPlaybackTarget, type PlaybackTimes, readPlaybackTimes } from "./playback-request.ts";
import {
  type AnswerSource,
  PlaybackSession,
  type PlaybackSessionPorts,
} from "./playback-session.ts";
import { RecordedAnswer } from "./recorded-answer.ts";
import type { Recordings } from "./recordings.ts";

export interface PlaybackPorts extends PlaybackSessionPorts {
  readonly clock: Clock;
  readonly admission: Admission;
  readonly crypto: Pick<Crypto, "randomBytes">;
  readonly files: Pick<Files, "open" | "stat">;
  readonly recordings: Recordings;
  readonly tracing?: SessionTracing | undefined;
  /** The vhost that serves `host` if its recordings are played; `undefined` if not. */
  readonly playedVhost: (host: string) => string | undefined;
  /** The header fields that let a page of another origin read the answer, where it may. */
  readonly corsFields: (request: HttpRequest) => FieldList;
}

/** Answers for which a place to begin is looked for at the same time: that may take some reading. */
const OPENINGS_MAX = 32;

interface Asked extends PlaybackTimes {
  readonly name: StreamName;
  readonly extension: AnswerExtension;
}

interface OpenAnswer {
  readonly format: AnswerFormat;
  readonly source: AnswerSource;
}

export class PlaybackHandler {
  /** Those who play may go on; nobody may begin. */
  isStopping = false;
  readonly #ports: PlaybackPorts;
  readonly #sessions = new Set<PlaybackSession>();
  readonly #sweep: Timer;
  #openingCount = 0;

  constructor(ports: PlaybackPorts) {
    this.#ports = ports;
    this.#sweep = startSweep(ports.clock, (nowMs) => this.#checkTimeouts(nowMs));
  }

  /** Answers a request for recordings; `undefined`: it is for something else. */
  handle(request: HttpRequest, context: HttpContext): Promise<HttpAnswer> | HttpAnswer | undefined {
    const target = findPlaybackTarget(request);
    if (target === undefined) return undefined;
    const vhost = this.#ports.playedVhost(requestedVhost(request));
    if (vhost === undefined) return undefined;
    const { app, stream, extension } = target;
    if (request.method !== "GET" && request.method !== "HEAD") {
      return createErrorResponse(405, "Method Not Allowed", [["Allow", "GET, HEAD"]]);
    }
    if (isWebSocketRequest(request)) {
      return createErrorResponse(400, "Cannot play recordings by WebSocket");
    }
    const asked = { ...readPlaybackTimes(request), name: { vhost, app, stream }, extension };
    if (request.method === "HEAD") {
      return { status: 200, fields: contentFields(ANSWER_FORMATS[extension].mediaType) };
    }
    return this.#play(request, context, asked);
  }

  close(): void {
    this.isStopping = true;
    this.#sweep.cancel();
  }

  async #play(request: HttpRequest, context: HttpContext, asked: Asked): Promise<HttpAnswer> {
    const { admission, crypto, clock, tracing } = this.#ports;
    const clientId = createClientId((size) => crypto.randomBytes(size));
    const session = httpPlayer(request, asked.name, clientId);
    const askedMs = clock.monotonicMs();
    const { remoteAddress } = request;
    const trace = tracing?.begin({
      clientId,
      protocol: "playback",
      remoteAddress,
      startedMs: askedMs,
    });
    try {
      trace?.identify(session);
      await admission.play(session);
      try {
        const answer = await this.#open(asked);
        await this.#start(request, context, answer, { session, askedMs, trace });
      } catch (error) {
        admission.stopped(session);
        throw error;
      }
    } catch (error) {
      trace?.end("refused", true);
      if (error instanceof HttpError && error.status === 404) {
        return createNotFoundResponse(error.message);
      }
      throw error;
    }
    return TAKEN_OVER;
  }

  /** @throws {HttpError} 404 if there is nothing to be played. @throws {RefusedError} */
  async #open(asked: Asked): Promise<OpenAnswer> {
    if (this.#openingCount >= OPENINGS_MAX) {
      throw new RefusedError("unavailable", "Cannot play recordings: too many are being opened");
    }
    this.#openingCount += 1;
    const url = formatStreamUrl(asked.name);
    const frames = this.#join(url, asked);
    try {
      const description = await frames.open();
      if (description === undefined) throw notFound(url, "nothing of it was recorded then");
      const format = ANSWER_FORMATS[asked.extension];
      const answer = new RecordedAnswer(frames, format, carried(url, format, description));
      return { format, source: { next: () => answer.next(), close: () => frames.close() } };
    } catch (error) {
      await frames.close();
      if (error instanceof MalformedError || error instanceof SystemError) {
        this.#ports.logger.warn("recording not playable", { url, error });
        throw notFound(url, "its recording cannot be read");
      }
      throw error;
    } finally {
      this.#openingCount -= 1;
    }
  }

  #join(url: string, { name, fromMs, endMs }: Asked): JoinedFrames {
    const { files, recordings, logger } = this.#ports;
    const endedEarly = (path: string, reason: string, error?: Error): void => {
      logger.warn("playback ended early", { url, path, reason, ...(error && { error }) });
    };
    return new JoinedFrames({ files, recordings, endedEarly }, { name, fromMs, endMs });
  }

  /** Hands the connection to a session; much may have happened meanwhile. */
  async #start(
    request: HttpRequest,
    context: HttpContext,
    { format, source }: OpenAnswer,
    asked: {
      readonly session: SessionRequest;
      readonly askedMs: number;
      readonly trace: SessionTrace | undefined;
    },
  ): Promise<void> {
    const { session: sessionRequest, askedMs, trace } = asked;
    const isChunked = request.versionMinor > 0;
    const options = { request: sessionRequest, askedMs, trace, source, isChunked };
    const session = new PlaybackSession(this.#ports, options);
    try {
      if (context.signal.aborted) throw new ClosedError("Cannot play: the viewer has left");
      this.#expectServed(sessionRequest.vhost);
      const head = context.heads.encode(200, [
        ...contentFields(format.mediaType),
        ["Connection", "close"],
        ...(isChunked ? [["Transfer-Encoding", "chunked"] as const] : []),
        ...this.#ports.corsFields(request),
      ]);
      const { socket } = context.takeOver(session);
      this.#sessions.add(session);
      session.start(socket, head);
    } catch (error) {
      await source.close();
      throw error;
    }
  }

  #expectServed(vhost: string): void {
    if (this.isStopping) {
      throw new RefusedError("shutting_down", "Cannot play: the server is shutting down");
    }
    if (this.#ports.playedVhost(vhost) === vhost) return;
    throw new RefusedError("vhost_disabled", `Cannot play: "${vhost}" is not served`);
  }

  #checkTimeouts(nowMs: number): void {
    for (const session of this.#sessions) {
      session.checkTimeout(nowMs);
      if (session.isOver) this.#sessions.delete(session);
    }
  }
}

/** What of a recording a format has a place for. @throws {HttpError} 404 if that is nothing. */
function carried(
  url: string,
  format: AnswerFormat,
  description: StreamDescription,
): StreamDescription {
  const keep = (track: Track | undefined): Track | undefined =>
    track !== undefined && format.canCarry(track) ? track : undefined;
  const [video, audio] = [keep(description.video), keep(description.audio)];
  if (video !== undefined || audio !== undefined) return { ...description, video, audio };
  const codecs = [description.video, description.audio].flatMap((track) => track?.codec ?? []);
  throw notFound(url, `${format.name} cannot carry ${codecs.join(" and ")}`);
}

function notFound(url: string, why: string): HttpError {
  return new HttpError(404, `Cannot play recordings of "${url}": ${why}`);
}

function contentFields(mediaType: string): FieldList {
  return [
    ["Content-Type", mediaType],
    ["Cache-Control", "no-store"],
    // It is made as it is sent: who wants another part asks for another time.
    ["Accept-Ranges", "none"],
  ];
}
