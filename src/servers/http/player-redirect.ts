/**
 * The addresses of SRS's player pages, which are in bookmarks and on other people's pages: they lead
 * to the page that plays here.
 *
 * @module
 */

import type { HttpResponse } from "../../protocols/http/handler.ts";
import type { HttpRequest } from "../../protocols/http/request.ts";

const PATHS: ReadonlySet<string> = new Set([
  "/players",
  "/players/",
  "/players/index.html",
  "/players/srs_player.html",
]);

/** SRS's pages for WebRTC, and ours, which know the parameters of both. */
const RTC_PAGES: ReadonlyMap<string, string> = new Map([
  ["/players/rtc_player.html", "/watch.html"],
  ["/players/whep.html", "/watch.html"],
  ["/players/rtc_publisher.html", "/publish.html"],
  ["/players/whip.html", "/publish.html"],
]);

/** What SRS's page plays if its address does not say. */
const APP_DEFAULT = "live";
const STREAM_DEFAULT = "livestream";

/** What a stream's extension says of how to play it, in the words of our page. */
const PROTOCOLS: ReadonlyMap<string, string> = new Map([
  ["flv", "flv"],
  ["m3u8", "hls"],
]);

/** Parameters that our page has other ways to know: it plays at once, and from where it comes. */
const OBSOLETE = ["app", "stream", "server", "port", "schema", "autostart", "proto"];

/**
 * Leads an old player's address to the page: `/players/srs_player.html?app=live&stream=a.flv&token=x`
 * to `/?stream=live/a&proto=flv&token=x`.
 *
 * @returns `undefined` if the request is for something else.
 */
export function redirectPlayer(request: HttpRequest): HttpResponse | undefined {
  const rtcPage = RTC_PAGES.get(request.path);
  if (rtcPage !== undefined) {
    return createRedirect(request.query === "" ? rtcPage : `${rtcPage}?${request.query}`);
  }
  if (!PATHS.has(request.path)) return undefined;
  const app = request.parameter("app") || APP_DEFAULT;
  const name = request.parameter("stream") || STREAM_DEFAULT;
  const extension = /\.([a-z0-9]+)$/.exec(name)?.[1];
  const proto = extension === undefined ? undefined : PROTOCOLS.get(extension);
  const stream = proto === undefined ? name : name.slice(0, name.lastIndexOf("."));
  const path = [...app.split("/"), stream].map(encodeURIComponent).join("/");
  const rest = new URLSearchParams(request.query);
  for (const parameter of OBSOLETE) rest.delete(parameter);
  let location = `/?stream=${path}`;
  if (proto !== undefined) location += `&proto=${proto}`;
  if (rest.size > 0) location += `&${rest}`;
  return createRedirect(location);
}

function createRedirect(location: string): HttpResponse {
  return {
    status: 302,
    fields: [
      ["Location", location],
      ["Content-Type", "text/plain; charset=utf-8"],
    ],
    body: `Redirect to ${location}`,
  };
}
