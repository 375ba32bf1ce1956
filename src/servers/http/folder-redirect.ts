/**
 * A folder asked for as if it were a file: relative links in its index would lead astray.
 *
 * @module
 */

import { encodePath } from "../../codec/http/request-target.ts";
import type { HttpResponse } from "../../protocols/http/handler.ts";
import type { HttpRequest } from "../../protocols/http/request.ts";

/** What a folder shows. */
export const INDEX = "index.html";

/** Sends the client to the same path with a slash, by the status and body that SRS uses. */
export function createFolderRedirect(request: HttpRequest): HttpResponse {
  // The request's path starts with exactly one slash, so this cannot lead to another host.
  const query = request.query === "" ? "" : `?${request.query}`;
  const location = `${encodePath(request.path)}/${query}`;
  return {
    status: 302,
    fields: [
      ["Location", location],
      ["Content-Type", "text/plain; charset=utf-8"],
    ],
    body: `Redirect to ${location}`,
  };
}
