/**
 * Packaged streams of the server's other processes.
 *
 * @module
 */

import type { HttpRequest } from "../protocols/http/request.ts";
import { requestedVhost } from "../protocols/http/requested-vhost.ts";
import { Forwarder, type ForwarderPorts } from "../services/cluster/forwarder.ts";
import { VARIANT_PATH } from "../services/cluster/peer-server.ts";
import { SESSION_PARAMETER } from "../services/packager/hls/hls-sessions.ts";
import type { LadderVariant } from "../services/packager/hls/ladder.ts";
import {
  NOTHING_ELSEWHERE,
  type PackagedElsewhere,
  type VariantQuestion,
} from "../services/packager/packaged-elsewhere.ts";

/** By which a client asks for less than the whole, or for a word about it. */
const CONDITIONS = [
  "range",
  "if-match",
  "if-none-match",
  "if-modified-since",
  "if-unmodified-since",
];
const PLAYLIST = /\.(?:m3u8|mpd)$/i;
/** Of a player that waits for the next version of a playlist. */
const RELOAD_PARAMETER = "_HLS_msn";

/** @param directory Absent for a server that is one process. */
export function createElsewhere(
  directory: ForwarderPorts["directory"] | undefined,
  ports: Omit<ForwarderPorts, "directory">,
): PackagedElsewhere {
  if (directory === undefined) return NOTHING_ELSEWHERE;
  const forwarder = new Forwarder({ ...ports, directory });
  return {
    has: (url) => directory.owner(url) !== undefined,
    forward: (request, url) => forwarder.forward(request, url, sharedKey(request)),
    // The peer is the same program, so that what it sends is what this one would.
    variant: ({ url, format, base }) =>
      forwarder.ask(url, VARIANT_PATH, { format, base }) as Promise<LadderVariant | undefined>,
  };
}

export function readVariantQuestion(parameters: URLSearchParams): VariantQuestion {
  return {
    url: parameters.get("url") ?? "",
    format: parameters.get("format") === "ts" ? "ts" : "cmaf",
    base: parameters.get("base") ?? "",
  };
}

/**
 * The same for requests that have the same answer; `undefined` if that is the viewer's own. To begin
 * with, a playlist may be: whoever lets the viewer in need not wait for others to be let in.
 */
function sharedKey(request: HttpRequest): string | undefined {
  const { method, path, query, headers } = request;
  if (method !== "GET" || CONDITIONS.some((name) => headers.has(name))) return undefined;
  if (request.parameter(SESSION_PARAMETER) !== undefined) return undefined;
  if (PLAYLIST.test(path) && request.parameter(RELOAD_PARAMETER) === undefined) return undefined;
  // Neither a path nor a query has a line end.
  return `${path}\n${query}\n${requestedVhost(request)}`;
}
