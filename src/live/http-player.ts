/**
 * Who plays by a request of HTTP, as backends and the API are told.
 *
 * @module
 */

import type { SessionRequest } from "./admission.ts";

/** What is looked at of a request. */
export interface PlayerRequest {
  readonly remoteAddress: string;
  /** Without the question mark. */
  readonly query: string;
  readonly headers: { get(name: string): string | undefined };
}

export function httpPlayer(
  { remoteAddress, query, headers }: PlayerRequest,
  name: { readonly vhost: string; readonly app: string; readonly stream: string },
  clientId: string,
): SessionRequest {
  return {
    clientId,
    clientType: "flv-play",
    remoteAddress,
    ...name,
    param: query === "" ? "" : `?${query}`,
    // What SRS tells backends of HTTP players, who have no tcUrl.
    tcUrl: `rtmp://${name.vhost}/${name.app}`,
    pageUrl: headers.get("referer") ?? "",
    swfUrl: "",
    authorization: headers.get("authorization"),
  };
}
