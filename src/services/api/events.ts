/**
 * `/api/v2/events`: what happens to the server, as it happens; the first path of version 2.
 *
 * @module
 */

import type { HttpAnswer, HttpContext, HttpResponse } from "../../protocols/http/handler.ts";
import type { HttpRequest } from "../../protocols/http/request.ts";
import { notAllowed } from "./answers.ts";
import type { ApiParts } from "./api.ts";
import type { Router } from "./router.ts";

/** Who sends events; `services/events` does. */
export interface EventAnswers {
  /** @throws {HttpError | RefusedError} If there are none for this request. */
  open(request: HttpRequest, context: HttpContext): Promise<Exclude<HttpAnswer, Response>>;
  /** What HEAD is answered. @throws {HttpError} Likewise. */
  head(request: HttpRequest): HttpResponse;
}

export function addEvents(router: Router, { events }: ApiParts): void {
  if (events === undefined) return;
  router.at("/api/v2/events", ({ http, context }) => {
    if (http.method === "GET") return events.open(http, context);
    return http.method === "HEAD" ? events.head(http) : notAllowed("GET, HEAD");
  });
}
