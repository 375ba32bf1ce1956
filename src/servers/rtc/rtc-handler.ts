/**
 * What clients of WebRTC ask by HTTP: WHIP, WHEP, SRS's JSON of before, and who is in a meeting.
 *
 * @module
 */

import { RefusedError } from "../../base/errors.ts";
import type { FieldList } from "../../codec/http/response-head.ts";
import type { HttpResponse } from "../../protocols/http/handler.ts";
import { createErrorResponse, HttpError } from "../../protocols/http/http-error.ts";
import type { HttpRequest } from "../../protocols/http/request.ts";
import { requestedVhost } from "../../protocols/http/requested-vhost.ts";
import { type RtcRole, readJsonRequest } from "./rtc-request.ts";
import type { RtcServer } from "./rtc-server.ts";
import { ACCEPT, OFFER_SIZE_MAX, openSession, WhipHandler } from "./whip-handler.ts";

const WHIP_PATHS: Readonly<Record<string, RtcRole>> = {
  "/rtc/v1/whip/": "publish",
  "/rtc/v1/whep/": "play",
  "/rtc/v1/whip-play/": "play",
};
export const JSON_PATHS: Readonly<Record<string, RtcRole>> = {
  "/rtc/v1/publish/": "publish",
  "/rtc/v1/play/": "play",
};
export const STREAMS_PATH = "/rtc/v1/streams/";
/** All of them are below it. */
export const RTC_PATH = "/rtc/v1/";

/** Names that a room has at most; who is one too many does not see the rest. */
const ROOM_MAX = 100;
/** In the query of who publishes for a meeting, and so may be seen by its name. */
const MEETING = "meeting";

/** As what SRS's answers say who answers. */
export interface RtcServerIds {
  readonly serverId: string;
  readonly serviceId: string;
  readonly pid: string;
}

/** What a client who asks by OPTIONS is told that it may send to a path. */
export function acceptedByRtc(path: string): FieldList {
  return `${path}/`.replace(/\/+$/, "/") in WHIP_PATHS ? ACCEPT : [];
}

export class RtcHandler {
  readonly #server: RtcServer;
  readonly #ids: RtcServerIds;
  readonly #whip: WhipHandler;

  constructor(server: RtcServer, ids: RtcServerIds) {
    this.#server = server;
    this.#ids = ids;
    this.#whip = new WhipHandler(server);
  }

  /** @returns `undefined` if the request is for something else. */
  handle(request: HttpRequest): Promise<HttpResponse> | HttpResponse | undefined {
    const { path } = request;
    if (!path.startsWith(RTC_PATH)) return undefined;
    const known = path.endsWith("/") ? path : `${path}/`;
    const whip = WHIP_PATHS[known];
    if (whip !== undefined) return this.#whip.handle(whip, request);
    const json = JSON_PATHS[known];
    if (json !== undefined) return this.#answerJson(json, request);
    return known === STREAMS_PATH ? this.#listRoom(request) : undefined;
  }

  /** Every error has status 200 and a code, as in SRS; what it was is said besides. */
  async #answerJson(role: RtcRole, request: HttpRequest): Promise<HttpResponse> {
    try {
      const { streamUrl, sdp } = readBody(await request.text(2 * OFFER_SIZE_MAX));
      const ask = readJsonRequest(role, request, streamUrl);
      const opened = await openSession(() => this.#server.open(ask, sdp));
      const { serverId: server, serviceId: service, pid } = this.#ids;
      const { id: sessionid } = opened.session;
      return toJson({ code: 0, server, service, pid, sdp: opened.sdp, sessionid });
    } catch (error) {
      if (!(error instanceof HttpError || error instanceof RefusedError)) throw error;
      return toJson({ code: 400, message: error.message });
    }
  }

  /** Those who publish for a meeting in an app. Others may have names that are secrets. */
  #listRoom(request: HttpRequest): HttpResponse {
    if (request.method !== "GET" && request.method !== "HEAD") {
      return createErrorResponse(405, "Method Not Allowed", [["Allow", "GET, HEAD"]]);
    }
    const vhost = this.#server.ports.rtcVhost(requestedVhost(request))?.name;
    const app = request.parameter("app") ?? "";
    const streams: { app: string; stream: string }[] = [];
    for (const { clientType, request: one } of this.#server.sessions) {
      const isThere = clientType === "rtc-publish" && one.vhost === vhost && one.app === app;
      const isShown = isThere && new URLSearchParams(one.param).has(MEETING);
      if (isShown && streams.length < ROOM_MAX) streams.push({ app, stream: one.stream });
    }
    return toJson({ code: 0, streams }, [["Cache-Control", "no-store"]]);
  }
}

/** @throws {HttpError} If there is no address of a stream, or no offer. */
function readBody(text: string): { readonly streamUrl: string; readonly sdp: string } {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (cause) {
    throw notJson(cause);
  }
  const { streamurl, sdp } = (typeof body === "object" && body !== null ? body : {}) as {
    readonly streamurl?: unknown;
    readonly sdp?: unknown;
  };
  if (typeof streamurl !== "string" || typeof sdp !== "string") {
    throw new HttpError(400, "Cannot begin: expected streamurl and sdp");
  }
  return { streamUrl: streamurl, sdp };
}

function notJson(cause: unknown): HttpError {
  return new HttpError(400, "Cannot begin: the request is no JSON", [], { cause });
}

function toJson(body: unknown, fields: readonly (readonly [string, string])[] = []): HttpResponse {
  return {
    status: 200,
    fields: [["Content-Type", "application/json"], ...fields],
    body: JSON.stringify(body),
  };
}
