/**
 * What a process offers its peers, over HTTP on a socket that is for them alone.
 *
 * ```text
 * GET  /stream.flv?url=&rtc=  a stream that is published here; with rtc=1 as WebRTC plays it
 * GET  /reports/streams       what this process alone knows, as JSON; likewise sessions, processes,
 *                             vhosts, forwards, pulls, transcodes, ingests, dvrs
 * POST /kick?client=&reason=  200 if it had that session, else 404
 * POST /ingest?vhost=&id=&run= 200 if it had that ingester, else 404
 * POST /feed                  a FeedChange as JSON; 200 with a FeedAnswer if it fetches, else 404
 * POST /dvr?vhost=&app=&stream=&run=  why that stream is not recorded, or not left alone, from now on
 * GET  /forwarded?target=     a client's request, see forwarded-request.ts; likewise other methods
 * GET  /rtc/...               what has come for WebRTC sessions of this process, see shared-rtc-ports.ts
 * POST /key_frame?url=        somebody needs a key frame of a stream that is published here
 * GET  /variant?url=          a stream that is packaged here as a variant of a programme, as JSON
 * GET  /events?last_event_id= what happens to the server, as an endless event stream; with a filter by
 *                             types, vhost and stream
 * ```
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../base/logger.ts";
import { SIGNATURE } from "../../base/version.ts";
import type { FeedChange } from "../../live/feeds.ts";
import type { ServerView } from "../../live/server-view.ts";
import type {
  HttpAnswer,
  HttpContext,
  HttpHandler,
  HttpResponse,
} from "../../protocols/http/handler.ts";
import { createErrorResponse } from "../../protocols/http/http-error.ts";
import type { HttpRequest } from "../../protocols/http/request.ts";
import { HttpServer } from "../../protocols/http/server.ts";
import type { Crypto, LocalListener, Tcp } from "../../runtime/runtime.ts";
import { FORWARD_PATH, readForwarded } from "./forwarded-request.ts";
import { KEY_FRAME_PATH, STREAM_PATH } from "./relay.ts";
import type { RelaySource } from "./relay-source.ts";

export const KICK_PATH = "/kick";
export const INGEST_PATH = "/ingest";
export const FEED_PATH = "/feed";
export const DVR_PATH = "/dvr";
export const VARIANT_PATH = "/variant";
export const EVENTS_PATH = "/events";

/** Which reports there are, and where. */
export const REPORT_PATHS = {
  streams: "/reports/streams",
  sessions: "/reports/sessions",
  processes: "/reports/processes",
  vhosts: "/reports/vhosts",
  forwards: "/reports/forwards",
  pulls: "/reports/pulls",
  transcodes: "/reports/transcodes",
  ingests: "/reports/ingests",
  dvrs: "/reports/dvrs",
} as const;

/** What is packaged in this process. */
export interface PackagedHere {
  /** Answers a viewer's request; `undefined` if it is for something else. */
  answer(request: HttpRequest): Promise<HttpAnswer | undefined>;
  /** A stream as a variant of a programme, for JSON; `undefined` if it is none. */
  variant(parameters: URLSearchParams): Promise<unknown>;
}

/** The WebRTC sessions of this process. */
export interface RtcHere {
  /** Takes what has come to another process for them; `undefined` if the request is for something else. */
  answer(request: HttpRequest, context: HttpContext): HttpAnswer | undefined;
}

export interface PeerServerPorts {
  /** What this process alone knows. */
  readonly view: ServerView;
  /** Absent for a process without streams. */
  readonly source?: RelaySource;
  /** Absent for a process that packages nothing. */
  readonly packaged?: PackagedHere;
  /** Absent for a process without WebRTC. */
  readonly rtc?: RtcHere | undefined;
  /** Answers with events; absent for a process that does not put them in order. */
  readonly events?: HttpHandler;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly crypto: Pick<Crypto, "hash">;
}

export class PeerServer {
  readonly #ports: PeerServerPorts;
  readonly #server: HttpServer;
  #listener: LocalListener | undefined;

  constructor(ports: PeerServerPorts) {
    const { clock, logger, crypto } = ports;
    this.#ports = ports;
    this.#server = new HttpServer({
      handler: (request, context) => this.#answer(request, context),
      clock,
      logger,
      crypto,
      serverName: SIGNATURE,
    });
  }

  /** @throws {SystemError} If the socket cannot be had. */
  async listen(tcp: Tcp, path: string): Promise<void> {
    this.#listener = await tcp.listenLocal(path, (socket) => this.#server.accept(socket));
  }

  async close(): Promise<void> {
    await this.#listener?.close();
    this.#server.destroy();
    this.#ports.source?.close();
  }

  async #answer(request: HttpRequest, context: HttpContext): Promise<HttpAnswer> {
    const { source, events, rtc } = this.#ports;
    const handed = rtc?.answer(request, context);
    if (handed !== undefined) return handed;
    const report = await this.#report(request);
    if (report !== undefined) return json(report);
    if (request.path === FORWARD_PATH) return this.#answerForwarded(request);
    switch (`${request.method} ${request.path}`) {
      case `GET ${STREAM_PATH}`:
        return this.#serveStream(request, context);
      case `POST ${INGEST_PATH}`:
        return this.#setIngest(request);
      case `POST ${FEED_PATH}`:
        return this.#changeFeed(request);
      case `POST ${DVR_PATH}`:
        return this.#setDvr(request);
      case `POST ${KICK_PATH}`:
        return this.#kick(request);
      case `POST ${KEY_FRAME_PATH}`:
        return done(source?.requestKeyFrame(request.parameter("url") ?? "") === true);
      case `GET ${EVENTS_PATH}`:
        return events?.(request, context) ?? createErrorResponse(404);
      case `GET ${VARIANT_PATH}`:
        return this.#variant(request);
      default:
        return createErrorResponse(404);
    }
  }

  async #serveStream(request: HttpRequest, context: HttpContext): Promise<HttpAnswer> {
    const url = request.parameter("url") ?? "";
    const isForRtc = request.parameter("rtc") === "1";
    return this.#ports.source?.serve(url, context, isForRtc) ?? createErrorResponse(404);
  }

  async #report({ method, path }: HttpRequest): Promise<unknown> {
    if (method !== "GET") return undefined;
    const names = Object.keys(REPORT_PATHS) as (keyof typeof REPORT_PATHS)[];
    const name = names.find((candidate) => REPORT_PATHS[candidate] === path);
    return name === undefined ? undefined : this.#ports.view[name]();
  }

  async #answerForwarded(request: HttpRequest): Promise<HttpAnswer> {
    const answer = await this.#ports.packaged?.answer(readForwarded(request));
    return answer ?? createErrorResponse(404);
  }

  async #variant({ parameters }: HttpRequest): Promise<HttpResponse> {
    const variant = await this.#ports.packaged?.variant(parameters);
    return variant === undefined ? createErrorResponse(404) : json(variant);
  }

  async #kick(request: HttpRequest): Promise<HttpResponse> {
    const client = request.parameter("client") ?? "";
    const reason = request.parameter("reason") ?? "kicked";
    return done(await this.#ports.view.kick(client, reason));
  }

  async #setIngest(request: HttpRequest): Promise<HttpResponse> {
    const [vhost = "", id = ""] = [request.parameter("vhost"), request.parameter("id")];
    return done(await this.#ports.view.setIngest(vhost, id, request.parameter("run") === "1"));
  }

  /** From the same program: what is said is what it says. */
  async #changeFeed(request: HttpRequest): Promise<HttpResponse> {
    const change = JSON.parse(await request.text()) as FeedChange;
    const answer = await this.#ports.view.changeFeed(change);
    return answer === undefined ? createErrorResponse(404) : json(answer);
  }

  async #setDvr(request: HttpRequest): Promise<HttpResponse> {
    const [vhost = "", app = "", stream = ""] = ["vhost", "app", "stream"].map((part) =>
      request.parameter(part),
    );
    const isRunning = request.parameter("run") === "1";
    const problem = await this.#ports.view.setDvr({ vhost, app, stream }, isRunning);
    return json({ problem: problem ?? null });
  }
}

function done(isDone: boolean): HttpResponse {
  return isDone ? json({}) : createErrorResponse(404);
}

function json(value: unknown): HttpResponse {
  return {
    status: 200,
    fields: [["Content-Type", "application/json"]],
    body: JSON.stringify(value),
  };
}
