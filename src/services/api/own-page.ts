/**
 * Whose page asks by a script. A script's answer belongs to the page that asked, whatever its origin,
 * and a browser that knows the credentials sends them along: without a look at who asks, any page on
 * the web could list the clients of a server that its reader can reach, and kick them.
 *
 * Spec: Fetch Metadata, section 2.4 (Sec-Fetch-Site, which browsers send to this machine and over TLS);
 * RFC 9110, section 10.1.3 (Referer, which a page can leave out, but not make up).
 *
 * @module
 */

import type { HttpRequest } from "../../protocols/http/request.ts";

/** All browsers begin so. What is none has no pages. */
const BROWSER = /^Mozilla\//;

/** Whether no page of another site asks, as far as the browser says whose page it is. */
export function isOwnPage(request: Pick<HttpRequest, "headers" | "host">): boolean {
  const { headers } = request;
  if (!BROWSER.test(headers.get("user-agent") ?? "")) return true;
  const site = headers.get("sec-fetch-site")?.toLowerCase();
  if (site !== undefined) return site !== "cross-site";
  const page = URL.parse(headers.get("referer") ?? "");
  const own = URL.parse(`http://${request.host}`);
  return page !== null && own !== null && page.hostname === own.hostname;
}
