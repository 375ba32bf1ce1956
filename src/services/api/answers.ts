/**
 * Answers as SRS's HTTP API gives them: JSON, or the same handed to a callback (JSONP).
 *
 * @module
 */

import type { ServerIdentity } from "../../live/server-identity.ts";
import type { HttpAnswer, HttpResponse, TakenOver } from "../../protocols/http/handler.ts";
import { HttpError } from "../../protocols/http/http-error.ts";
import type { HttpRequest } from "../../protocols/http/request.ts";
import { isOwnPage } from "./own-page.ts";

/** What is answered as JSON. */
export interface JsonAnswer {
  /** 0, or SRS's number for an error, which comes with status 200. */
  readonly code: number;
  readonly [key: string]: unknown;
}

export type ApiAnswer = JsonAnswer | HttpResponse | TakenOver;

/** SRS's numbers for errors. */
export const ErrorCode = {
  /** What `/api/v1/tests/errors` is there for. */
  Test: 100,
  RawApiUnknown: 1060,
  RawApiDisabled: 1061,
  VhostNotFound: 2014,
  StreamNotFound: 2048,
  ClientNotFound: 2049,
} as const;

const JSON_FIELDS = [["Content-Type", "application/json"]] as const;
const SCRIPT_FIELDS = [
  ["Content-Type", "text/javascript"],
  ["X-Content-Type-Options", "nosniff"],
] as const;
const TEXT_FIELD = ["Content-Type", "text/plain; charset=utf-8"] as const;

/** A name, or a path of names: what it calls must be a function of the page, and nothing else. */
const CALLBACK = /^[\w.-]*$/;

/** What every answer that is no error begins with. */
export function envelope({
  serverId: server,
  serviceId: service,
  pid,
}: ServerIdentity): JsonAnswer {
  return { code: 0, server, service, pid };
}

/** @param callback From `callbackOf`. */
export function toResponse(answer: ApiAnswer, callback: string): Exclude<HttpAnswer, Response> {
  if (!("code" in answer)) return answer;
  const text = JSON.stringify(answer);
  return callback === ""
    ? { status: 200, fields: JSON_FIELDS, body: text }
    : { status: 200, fields: SCRIPT_FIELDS, body: `${callback}(${text})` };
}

/**
 * The function of the page that is to be called with the answer; empty for none.
 *
 * @throws {HttpError} 400, if it is not one; 403 for a page of another site.
 */
export function callbackOf(request: HttpRequest): string {
  const callback = request.parameter("callback") ?? "";
  if (!CALLBACK.test(callback)) {
    throw new HttpError(400, "Cannot answer: the callback is no name of a function");
  }
  if (callback !== "" && !isOwnPage(request)) {
    throw new HttpError(403, "Cannot answer: no page of another site may have a function called");
  }
  return callback;
}

/**
 * What is done: a page that has a function called cannot but `GET`, and names the method it means, in
 * capital letters or not.
 */
export function methodOf(request: Pick<HttpRequest, "method" | "parameter">): string {
  const isCalledBack = (request.parameter("callback") ?? "") !== "";
  return isCalledBack ? (request.parameter("method") ?? "GET").toUpperCase() : request.method;
}

/** @param allowed The methods that are, such as `GET, HEAD`. */
export function notAllowed(allowed: string): HttpResponse {
  return { status: 405, fields: [["Allow", allowed], TEXT_FIELD], body: "Method Not Allowed" };
}

export function redirect(status: 301 | 302, location: string): HttpResponse {
  const fields = [["Location", location], TEXT_FIELD] as const;
  return { status, fields, body: `Redirect to ${location}` };
}
