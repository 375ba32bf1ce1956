/**
 * Which vhost an HTTP client asks for.
 *
 * @module
 */

import type { HttpRequest } from "./request.ts";

/**
 * The `vhost` or `domain` of the query, as in SRS's URLs, else the host that the client connected to:
 * without its port, an IPv6 address without its brackets. Empty if the client did not say.
 */
export function requestedVhost(request: HttpRequest): string {
  return request.parameter("vhost") ?? request.parameter("domain") ?? requestedHost(request);
}

/** The host that the client connected to, in the same form. */
export function requestedHost({ host }: Pick<HttpRequest, "host">): string {
  const bracket = host.indexOf("]");
  return host.startsWith("[") && bracket > 0 ? host.slice(1, bracket) : host.replace(/:\d*$/, "");
}
