/**
 * What lets pages of other origins use this server, as SRS answers them.
 *
 * Spec: Fetch Standard, section 3.3 (CORS protocol); Private Network Access.
 *
 * @module
 */

import type { FieldList } from "../../codec/http/response-head.ts";
import type { HttpAnswer, HttpResponse } from "../../protocols/http/handler.ts";
import { createErrorResponse } from "../../protocols/http/http-error.ts";
import type { HttpRequest } from "../../protocols/http/request.ts";

/** In SRS's order; it has the last one's name from the request, which clients ignore. */
const FIELDS: FieldList = [
  ["Access-Control-Allow-Origin", "*"],
  // The asterisk does not cover Authorization, which WHIP sends.
  ["Access-Control-Allow-Headers", "*, Authorization"],
  ["Access-Control-Allow-Methods", "*"],
  ["Access-Control-Expose-Headers", "*"],
  ["Access-Control-Allow-Credentials", "false"],
  ["Access-Control-Request-Private-Network", "true"],
  ["Vary", "Origin"],
];

/** The fields for an answer to `request`: those of CORS if it comes from another origin's page. */
export function corsFields(request: HttpRequest): FieldList {
  return request.headers.has("origin") ? FIELDS : [["Vary", "Origin"]];
}

/**
 * Answers the question of a browser whether it may ask, and any other OPTIONS. The fields of
 * `corsFields`, as in every answer, are for the caller to add: twice, browsers would not take them.
 *
 * @param isAllowed Whether pages of other origins may use this server (`crossdomain`).
 * @returns `undefined` if the request is no such question.
 */
export function answerOptions(request: HttpRequest, isAllowed: boolean): HttpResponse | undefined {
  if (request.method !== "OPTIONS") return undefined;
  if (!isAllowed) return createErrorResponse(405);
  const isPrivate = request.headers.has("access-control-request-private-network");
  return {
    status: 200,
    fields: isPrivate ? [["Access-Control-Allow-Private-Network", "true"]] : [],
  };
}

/** The answer with more fields; one that was taken over is left as it is. */
export function addFields(answer: HttpAnswer, fields: FieldList): HttpAnswer {
  if ("isTakenOver" in answer) return answer;
  if (!(answer instanceof Response)) {
    return { ...answer, fields: [...(answer.fields ?? []), ...fields] };
  }
  const headers = new Headers(answer.headers);
  for (const [name, value] of fields) headers.append(name, value);
  return new Response(answer.body, { status: answer.status, headers });
}
