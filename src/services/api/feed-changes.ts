/**
 * POST and DELETE at `/api/v1/ingests` and `/api/v1/pulls`: what fetches streams, beside what the
 * configuration names. SRS has nothing like it.
 *
 * @module
 */

import { DEFAULT_VHOST } from "../../base/stream-name.ts";
import type { FeedKind, FeedProblem } from "../../live/feeds.ts";
import { HttpError } from "../../protocols/http/http-error.ts";
import { type ApiAnswer, envelope, notAllowed } from "./answers.ts";
import type { ApiParts } from "./api.ts";
import { isOwnPage } from "./own-page.ts";
import type { ApiRequest } from "./router.ts";

const STATUS: Readonly<Record<FeedProblem, number>> = {
  wrong: 400,
  unknown: 404,
  configured: 409,
  too_many: 409,
};

/** Bytes of settings. */
const SIZE_MAX = 65_536;

/** What changes feeds of a kind, at the endpoint that lists them. */
export function feedChanger(
  { identity, view, config }: ApiParts,
  kind: FeedKind,
): (request: ApiRequest) => Promise<ApiAnswer> {
  return async ({ method, http }) => {
    if (method !== "POST" && method !== "DELETE") return notAllowed("GET, HEAD, POST, DELETE");
    if (!isOwnPage(http)) throw new HttpError(403, "Cannot change it: a page of another site asks");
    if (!config.httpApi.allowUpdate) {
      throw new HttpError(403, "Cannot change it: http_api.allow_update is off");
    }
    const [vhost, id] = [http.parameter("vhost") ?? DEFAULT_VHOST, http.parameter("id")];
    if (id === undefined) throw new HttpError(400, "Cannot tell which one: expected an id");
    const settings = method === "POST" ? await http.text(SIZE_MAX) : null;
    const answer = await view.changeFeed({ kind, vhost, id, settings });
    if (answer === undefined)
      throw new HttpError(503, "Cannot change it: nobody fetches at present");
    const { problem, reason } = answer;
    if (problem !== null) throw new HttpError(STATUS[problem], `Cannot change it: ${reason}`);
    return envelope(identity);
  };
}
