/**
 * What Flash asks of a server before it plays from there: whether pages of other origins may. Old
 * players still do, and give up without an answer.
 *
 * Spec: Adobe Cross Domain Policy File Specification 1.08.
 *
 * @module
 */

import type { HttpResponse } from "../../protocols/http/handler.ts";
import type { HttpRequest } from "../../protocols/http/request.ts";
import { answerWithFile } from "./file-answer.ts";

/** Where Flash looks first, and where SRS has the file. */
const PATHS: ReadonlySet<string> = new Set(["/crossdomain.xml", "/players/crossdomain.xml"]);

/** SRS's file. */
const POLICY = `<cross-domain-policy>
  <allow-access-from domain="*"/>
</cross-domain-policy>
`;

/** @returns `undefined` if the request is for something else. */
export async function serveCrossDomainPolicy(
  request: HttpRequest,
): Promise<HttpResponse | undefined> {
  if (!PATHS.has(request.path)) return undefined;
  const bytes = new TextEncoder().encode(POLICY);
  return answerWithFile(request, {
    size: bytes.length,
    mediaType: "text/xml",
    cacheControl: "no-cache",
    etag: '"all"',
    modifiedMs: undefined,
    read: async (start, end) => bytes.subarray(start, end),
  });
}
