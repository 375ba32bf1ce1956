/**
 * Errors that are answers.
 *
 * @module
 */

import { type RefusalReason, RefusedError } from "../../base/errors.ts";
import { HttpMalformedError } from "../../codec/http/http-malformed-error.ts";
import type { FieldList } from "../../codec/http/response-head.ts";
import { reasonPhrase } from "../../codec/http/status.ts";
import type { HttpResponse } from "./handler.ts";

/** A handler throws it to answer with a status; its message goes to the peer. */
export class HttpError extends Error {
  override readonly name = "HttpError";
  readonly status: number;
  /** Further header fields of the answer, such as `Allow`. */
  readonly fields: FieldList;

  constructor(status: number, message: string, fields: FieldList = [], options?: ErrorOptions) {
    super(message, options);
    this.status = status;
    this.fields = fields;
  }
}

const STATUS_OF_REFUSAL: Readonly<Record<RefusalReason, number>> = {
  stream_busy: 409,
  vhost_disabled: 404,
  bad_name: 400,
  forbidden: 403,
  unauthorized: 401,
  too_many_attempts: 429,
  too_many_connections: 503,
  not_found: 404,
  shutting_down: 503,
  forward_loop: 403,
  unavailable: 503,
  kicked: 403,
};

/** Spec: RFC 9110, section 11.6.1: 401 says what would help. Browsers ask nobody for a token. */
const CHALLENGE: FieldList = [["WWW-Authenticate", 'Bearer realm="Sluice"']];

/** The status that says in HTTP why policy refused. */
export function statusOfRefusal(reason: RefusalReason): number {
  return STATUS_OF_REFUSAL[reason];
}

/** The answer that tells the peer of `error`; `undefined` if it is not meant for a peer. */
export function toErrorResponse(error: unknown): HttpResponse | undefined {
  if (error instanceof HttpError) {
    return createErrorResponse(error.status, error.message, error.fields);
  }
  if (error instanceof HttpMalformedError) return createErrorResponse(error.status, error.message);
  if (error instanceof RefusedError) {
    const fields = error.reason === "unauthorized" ? CHALLENGE : [];
    return createErrorResponse(statusOfRefusal(error.reason), error.message, fields);
  }
  return undefined;
}

/** A short JSON answer: `{"code":404,"message":"..."}`. */
export function createErrorResponse(
  status: number,
  message: string = reasonPhrase(status),
  fields: FieldList = [],
): HttpResponse {
  return {
    status,
    fields: [["Content-Type", "application/json"], ...fields],
    body: JSON.stringify({ code: status, message }),
  };
}

/**
 * An answer of 404 that proxies may repeat for a second: players ask several times in one for a stream
 * that has not begun.
 */
export function createNotFoundResponse(message: string): HttpResponse {
  return createErrorResponse(404, message, [["Cache-Control", "public, max-age=1"]]);
}
