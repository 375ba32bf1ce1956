/**
 * WHIP and WHEP: a client posts its offer and is answered; what it gets besides, it changes and deletes
 * at the address of its session. Paths, parameters and statuses of success are SRS's.
 *
 * Spec: RFC 9725 (WHIP); draft-ietf-wish-whep-03 (WHEP), which is the same the other way round.
 *
 * @module
 */

import { MalformedError, ProtocolError } from "../../base/errors.ts";
import type { FieldList } from "../../codec/http/response-head.ts";
import { formatRestartAnswer, parseIceFragment } from "../../codec/sdp/ice-fragment.ts";
import type { HttpResponse } from "../../protocols/http/handler.ts";
import { createErrorResponse, HttpError } from "../../protocols/http/http-error.ts";
import type { HttpRequest } from "../../protocols/http/request.ts";
import { type RtcRole, readWhipRequest } from "./rtc-request.ts";
import type { RtcServer } from "./rtc-server.ts";
import type { RtcSession } from "./rtc-session.ts";

/** An offer of three layers with all codecs that there are is 10 KB. */
export const OFFER_SIZE_MAX: number = 64 * 1024;
const FRAGMENT_SIZE_MAX = 16 * 1024;
/** Sessions that have ended are remembered, so that who deletes one twice is told the same. */
const ENDED_MAX = 1_024;

const SDP = "application/sdp";
const FRAGMENT = "application/trickle-ice-sdpfrag";
/** What senders of offers call them that do not know better. */
const OFFER_TYPES = [
  "",
  SDP,
  "text/plain",
  "application/octet-stream",
  "application/x-www-form-urlencoded",
];
/** Spec: RFC 9725, section 4.2. */
export const ACCEPT: FieldList = [
  ["Accept-Post", SDP],
  ["Accept-Patch", FRAGMENT],
];

export class WhipHandler {
  readonly #server: RtcServer;
  /** The tokens of sessions that have ended, by their ids. */
  readonly #ended = new Map<string, string>();

  constructor(server: RtcServer) {
    this.#server = server;
  }

  /** What is asked at a path of WHIP or WHEP. @throws See RtcServer.open. */
  async handle(role: RtcRole, request: HttpRequest): Promise<HttpResponse> {
    switch (request.method) {
      case "POST":
        if (request.parameter("action") === "delete") return this.#end(request);
        return this.#open(role, request);
      case "DELETE":
        return this.#end(request);
      case "PATCH":
        return this.#change(request);
      default:
        return createErrorResponse(405, "Expected POST, PATCH or DELETE", [
          ["Allow", "POST, PATCH, DELETE, OPTIONS"],
          ...ACCEPT,
        ]);
    }
  }

  async #open(role: RtcRole, request: HttpRequest): Promise<HttpResponse> {
    const type = mediaType(request);
    if (!OFFER_TYPES.includes(type)) {
      throw new HttpError(415, `Cannot take an offer of ${type}: expected ${SDP}`, ACCEPT);
    }
    const ask = readWhipRequest(role, request);
    const offer = await request.text(OFFER_SIZE_MAX);
    const { session, sdp } = await openSession(() => this.#server.open(ask, offer));
    const { iceServers } = this.#server.ports.settings();
    return {
      status: 201,
      fields: [
        ["Content-Type", SDP],
        ["Location", locationOf(role, request, session)],
        ["ETag", entityTag(session)],
        ["Accept-Patch", FRAGMENT],
        ...iceServers.map((server) => ["Link", toLink(server)] as const),
      ],
      body: sdp,
    };
  }

  #end(request: HttpRequest): HttpResponse {
    const { id, token } = sessionOf(request);
    const session = this.#server.find(id);
    if (session === undefined) {
      if (this.#ended.get(id) !== token) throw notFound();
      return { status: 200 };
    }
    if (session.token !== token) throw forbidden();
    this.#ended.set(id, token);
    const [oldest] = this.#ended.keys();
    if (this.#ended.size > ENDED_MAX && oldest !== undefined) this.#ended.delete(oldest);
    session.end("peer_stopped");
    return { status: 200 };
  }

  async #change(request: HttpRequest): Promise<HttpResponse> {
    this.#expectSession(request);
    if (mediaType(request) !== FRAGMENT) {
      throw new HttpError(415, `Cannot change the session: expected ${FRAGMENT}`, ACCEPT);
    }
    const text = await request.text(FRAGMENT_SIZE_MAX);
    const { credentials } = await openSession(async () => parseIceFragment(text));
    // It may have ended while the request came.
    const session = this.#expectSession(request);
    const condition = request.headers.get("if-match");
    const isRestart =
      credentials !== undefined && credentials.ufrag !== session.connection.remote.ufrag;
    // Spec: RFC 9725, section 4.3.1: an entity tag for candidates, any for an ICE restart.
    if (condition === undefined) {
      throw new HttpError(428, "Cannot change the session: expected If-Match");
    }
    if (condition !== "*" && condition !== entityTag(session)) {
      throw new HttpError(412, "Cannot change the session: it has begun ICE anew since");
    }
    if (!isRestart) return { status: 204 };
    const local = this.#server.restartIce(session, credentials);
    const fragment = formatRestartAnswer(session.firstSection, local, session.candidates);
    return {
      status: 200,
      fields: [
        ["Content-Type", FRAGMENT],
        ["ETag", entityTag(session)],
      ],
      body: fragment,
    };
  }

  /** @throws {HttpError} If the session is not there, or is another's. */
  #expectSession(request: HttpRequest): RtcSession {
    const { id, token } = sessionOf(request);
    const session = this.#server.find(id);
    if (session === undefined) throw notFound();
    if (session.token !== token) throw forbidden();
    return session;
  }
}

/** Has what is wrong with a description answered in the terms of HTTP. */
export async function openSession<Value>(open: () => Promise<Value>): Promise<Value> {
  try {
    return await open();
  } catch (error) {
    if (error instanceof MalformedError) throw refusedOffer(400, error);
    if (error instanceof ProtocolError) throw refusedOffer(422, error);
    throw error;
  }
}

function refusedOffer(status: number, cause: Error): HttpError {
  return new HttpError(status, cause.message, [], { cause });
}

function notFound(): HttpError {
  return new HttpError(404, "Cannot find the session: it has ended");
}

function forbidden(): HttpError {
  return new HttpError(403, "Cannot touch the session: the token is wrong");
}

function mediaType(request: HttpRequest): string {
  const [type = ""] = (request.headers.get("content-type") ?? "").split(";");
  return type.trim().toLowerCase();
}

function sessionOf(request: HttpRequest): { readonly id: string; readonly token: string } {
  return { id: request.parameter("session") ?? "", token: request.parameter("token") ?? "" };
}

/** As SRS's, below the path that was asked. */
function locationOf(role: RtcRole, request: HttpRequest, session: RtcSession): string {
  const { app, stream } = session.request;
  const path = role === "publish" ? "/rtc/v1/whip/" : "/rtc/v1/whep/";
  const vhost = request.parameter("vhost");
  const query = new URLSearchParams({
    action: "delete",
    token: session.token,
    app,
    stream,
    ...(vhost === undefined ? {} : { vhost }),
  });
  // A colon needs no escape in a query, and SRS has none; a plus would be read as a blank.
  const id = encodeURIComponent(session.id).replaceAll("%3A", ":");
  return `${path}?${query.toString()}&session=${id}`;
}

/** Of the ICE session: another one after a restart. */
function entityTag(session: RtcSession): string {
  return `"${session.connection.local.ufrag}"`;
}

/** Spec: RFC 9725, section 4.6. @param server `URL`, or `URL; username=...; credential=...`. */
function toLink(server: string): string {
  const [url = "", ...parameters] = server.split(";").map((part) => part.trim());
  const quoted = parameters.map((parameter) => {
    const [name = "", ...value] = parameter.split("=");
    return `${name}="${value.join("=").replace(/["\\]/g, "\\$&")}"`;
  });
  const type = parameters.length === 0 ? [] : ['credential-type="password"'];
  return [`<${url}>`, 'rel="ice-server"', ...quoted, ...type].join("; ");
}
