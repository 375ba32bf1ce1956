/**
 * Everybody who is sent events by HTTP: lets them in, no more than there may be, and ends those who
 * do not read, or have lost the right to.
 *
 * Spec: WHATWG HTML, section 9.2 (Server-sent events).
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import { ClosedError, RefusedError } from "../../base/errors.ts";
import type { Logger } from "../../base/logger.ts";
import { EVENT_STREAM_TYPE } from "../../codec/event-stream/event-stream.ts";
import type { FieldList } from "../../codec/http/response-head.ts";
import type { Traffic } from "../../live/admission.ts";
import { EventFilter } from "../../live/event-filter.ts";
import type { EventSource } from "../../live/event-source.ts";
import {
  type HttpContext,
  type HttpResponse,
  TAKEN_OVER,
  type TakenOver,
} from "../../protocols/http/handler.ts";
import { HttpError, toErrorResponse } from "../../protocols/http/http-error.ts";
import type { HttpRequest } from "../../protocols/http/request.ts";
import { EventResponse } from "./event-response.ts";

export interface EventResponsesPorts {
  readonly source: EventSource;
  readonly clock: Pick<Clock, "monotonicMs">;
  /** Counts connections, together with all others. Absent: they are not counted. */
  readonly connections?: {
    retake(address: string): void;
    leave(address: string): void;
  };
  /**
   * Who takes nothing for so long is disconnected. Absent: nobody is, as it is seen to by whoever hands
   * on what is written.
   */
  readonly writeMsMax?: number;
  /** Absent: nothing is logged. */
  readonly logger?: Logger;
  /** How many there may be. */
  readonly countMax: () => number;
  /** The header fields that let a page of another origin read the answer, where it may. */
  readonly corsFields?: (request: HttpRequest) => FieldList;
}

/** What is answered to somebody; `undefined`: he may go on. */
export type JudgeRequest = (
  request: HttpRequest,
) => HttpResponse | undefined | Promise<HttpResponse | undefined>;

/** Ids are shorter; whatever is longer is none. */
const ID_LENGTH_MAX = 128;

const TOO_MANY_ATTEMPTS = 429;

const FIELDS: FieldList = [
  ["Content-Type", EVENT_STREAM_TYPE],
  ["Cache-Control", "no-store"],
  ["X-Content-Type-Options", "nosniff"],
  // nginx would collect some kilobytes before it passes them on.
  ["X-Accel-Buffering", "no"],
];

export class EventResponses {
  readonly #ports: EventResponsesPorts;
  readonly #responses = new Set<EventResponse>();
  /** Those about whom nothing could be said yet, as too many wrong passwords come from there. */
  readonly #unjudged = new Set<EventResponse>();
  /** Who is about to be let in. */
  #opening = 0;
  #judge: JudgeRequest = () => undefined;
  #isClosed = false;
  /** Of those who have left. */
  #past: Traffic = { receivedSize: 0, sentSize: 0 };

  constructor(ports: EventResponsesPorts) {
    this.#ports = ports;
  }

  get size(): number {
    return this.#responses.size;
  }

  /** Bytes of all of them so far. */
  get traffic(): Traffic {
    let { receivedSize, sentSize } = this.#past;
    for (const response of this.#responses) {
      receivedSize += response.receivedSize;
      sentSize += response.sentSize;
    }
    return { receivedSize, sentSize };
  }

  /**
   * Answers with events, endlessly.
   *
   * @throws {HttpError} 400, if there cannot be such events.
   * @throws {RefusedError} `too_many_connections`, if so many get events already.
   * @throws {ClosedError} If the client has left meanwhile.
   */
  async open(request: HttpRequest, context: HttpContext): Promise<TakenOver> {
    const filter = readFilter(request);
    const { source, countMax, clock, writeMsMax = Number.POSITIVE_INFINITY } = this.#ports;
    const count = this.#responses.size + this.#opening;
    if (count >= countMax()) throw tooMany(count);
    const response = new EventResponse({
      request,
      nowMs: () => clock.monotonicMs(),
      writeMsMax,
      closed: (closed) => this.#left(closed),
    });
    this.#opening += 1;
    try {
      const reader = await source.open({ filter, lastEventId: lastEventIdOf(request) }, response);
      try {
        if (context.signal.aborted || this.#isClosed) {
          throw new ClosedError("Cannot send events: the client has left");
        }
        const cors = this.#ports.corsFields?.(request) ?? [];
        const head = context.heads.encode(200, [...FIELDS, ["Connection", "close"], ...cors]);
        const { socket } = context.takeOver(response);
        this.#responses.add(response);
        this.#ports.connections?.retake(request.remoteAddress);
        this.#ports.logger?.info("events started", { address: request.remoteAddress });
        response.attach(socket, head, reader);
      } catch (error) {
        reader.close();
        throw error;
      }
      reader.start();
    } finally {
      this.#opening -= 1;
    }
    return TAKEN_OVER;
  }

  /** What HEAD is answered. @throws {HttpError} 400, likewise. */
  head(request: HttpRequest): HttpResponse {
    readFilter(request);
    return { status: 200, fields: FIELDS };
  }

  /** Call every second or so. */
  sweep(nowMs: number): void {
    for (const response of [...this.#responses]) response.sweep(nowMs);
    for (const response of [...this.#unjudged]) void this.#judgeAnew(response);
  }

  /** Who may get events has changed: ends those who may not any more. */
  configure(judge: JudgeRequest): void {
    this.#judge = judge;
    for (const response of [...this.#responses]) void this.#judgeAnew(response);
  }

  /** Ends all of them, behind what has been written. */
  close(): void {
    this.#isClosed = true;
    for (const response of [...this.#responses]) response.stop("server_stopped");
  }

  async #judgeAnew(response: EventResponse): Promise<void> {
    this.#unjudged.delete(response);
    let status: number | undefined;
    try {
      status = (await this.#judge(response.request))?.status;
    } catch (error) {
      status = toErrorResponse(error)?.status;
      if (status === undefined) {
        response.stop("failed"); // By a bug nobody gets rights.
        throw error;
      }
    }
    if (status === undefined || !this.#responses.has(response)) return;
    if (status === TOO_MANY_ATTEMPTS) this.#unjudged.add(response);
    else response.stop("not_permitted");
  }

  #left(response: EventResponse): void {
    this.#unjudged.delete(response);
    if (!this.#responses.delete(response)) return;
    const { connections, clock, logger } = this.#ports;
    const { request, startedMs, receivedSize, sentSize, endReason: reason } = response;
    const { remoteAddress: address } = request;
    connections?.leave(address);
    this.#past = {
      receivedSize: this.#past.receivedSize + receivedSize,
      sentSize: this.#past.sentSize + sentSize,
    };
    const seconds = Math.round((clock.monotonicMs() - startedMs) / 100) / 10;
    logger?.info("events ended", { address, seconds, receivedSize, sentSize, reason });
  }
}

function readFilter(request: HttpRequest): EventFilter {
  try {
    return new EventFilter({
      types: request.parameter("types"),
      vhost: request.parameter("vhost"),
      stream: request.parameter("stream"),
    });
  } catch (error) {
    throw error instanceof RangeError ? badFilter(error) : error;
  }
}

function badFilter(cause: RangeError): HttpError {
  return new HttpError(400, cause.message, [], { cause });
}

/** A browser sends the field by itself when it comes again; the parameter is for who cannot. */
function lastEventIdOf(request: HttpRequest): string | undefined {
  const id = request.headers.get("last-event-id") ?? request.parameter("last_event_id");
  return id === undefined || id === "" ? undefined : id.slice(0, ID_LENGTH_MAX);
}

function tooMany(count: number): RefusedError {
  const message = `Cannot send events: ${count} clients get them already (http_api.events.clients)`;
  return new RefusedError("too_many_connections", message);
}
