/**
 * A client's request as one process hands it on to another, which answers in its place.
 *
 * ```text
 * GET /forwarded?target=/live/show.m3u8&host=a.example&address=192.0.2.1&tls=0    and the viewer's fields
 * ```
 *
 * Method and body are the client's.
 *
 * @module
 */

import { HeaderFields } from "../../codec/http/header-fields.ts";
import { HttpRequest } from "../../protocols/http/request.ts";
import { peerUrl } from "./peer.ts";

export const FORWARD_PATH = "/forwarded";

/** What the answer can depend on, besides what has parameters of its own. */
const FIELDS = [
  ...["range", "if-range", "if-match", "if-none-match", "if-modified-since"],
  ...["if-unmodified-since", "referer", "user-agent", "authorization", "content-type"],
];

export function forwardedUrl({ target, host, remoteAddress, isTls }: HttpRequest): string {
  return peerUrl(FORWARD_PATH, { target, host, address: remoteAddress, tls: isTls ? "1" : "0" });
}

export function forwardedFields({ headers }: HttpRequest): [string, string][] {
  return FIELDS.flatMap((name): [string, string][] => {
    const value = headers.get(name);
    return value === undefined ? [] : [[name, value]];
  });
}

/**
 * The client's request out of a peer's.
 *
 * @throws {HttpMalformedError} If it is none.
 */
export function readForwarded(request: HttpRequest): HttpRequest {
  const fields = new HeaderFields([...request.headers].filter(([name]) => FIELDS.includes(name)));
  fields.append("host", request.parameter("host") ?? "");
  const head = {
    method: request.method,
    target: request.parameter("target") ?? "",
    versionMinor: 1,
    fields,
  } as const;
  const remoteAddress = request.parameter("address") ?? "";
  const isTls = request.parameter("tls") === "1";
  return new HttpRequest(head, { remoteAddress, remotePort: 0, isTls }, request.body);
}
