/**
 * Answers for a viewer who was let in.
 *
 * @module
 */

import type { HttpResponse } from "../../../protocols/http/handler.ts";
import { toPrivate } from "../packaged-resource.ts";
import type { PackagedAnswer } from "./playlist-answer.ts";

/** The same answer, which no proxy may give to others. */
export function toPrivateAnswer(answer: PackagedAnswer): PackagedAnswer {
  if ("status" in answer) return toPrivateResponse(answer);
  if ("root" in answer) return { ...answer, isPrivate: true };
  return { ...answer, cacheControl: toPrivate(answer.cacheControl) };
}

export function toPrivateResponse(response: HttpResponse): HttpResponse {
  const fields = [...(response.fields ?? [])].map(([name, value]): [string, string] => [
    name,
    /^cache-control$/i.test(name) ? toPrivate(value) : value,
  ]);
  return { ...response, fields };
}
