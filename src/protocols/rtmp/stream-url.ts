/**
 * Where a peer wants to publish or play: vhost, application and stream, out of the address that it
 * gave in `connect` and the name that it gave in `publish` or `play`.
 *
 * There is no specification. The forms taken are those of SRS and of what connects to it:
 *
 * ```text
 * rtmp://host[:port]/app[/more]  stream?k=v                 the usual
 * rtmp://host/app?vhost=v        stream                     the vhost by query, here or at the stream
 * rtmp://host/app...vhost...v    stream                     the same for encoders that dislike `?`
 * rtmp://host/app/_definst_      stream                     Flash Media Server's default instance
 * rtmp://host/app/stream                                    everything in one, and no stream name
 * ```
 *
 * @module
 */

import { RefusedError } from "../../base/errors.ts";
import {
  DEFAULT_VHOST,
  isSafeAppName,
  isSafeStreamName,
  isSafeStreamParam,
  type StreamName,
} from "../../base/stream-name.ts";

export const DEFAULT_APP = "__defaultApp__";
const DEFAULT_INSTANCE = "_definst_";
const RTMP_PORT = 1935;
const RTMPS_PORT = 443;

/**
 * A stream's address. All names are safe; the vhost is the default one if the peer named an address
 * or nothing, and the stream is empty if the peer named none.
 */
export interface StreamUrl extends StreamName {
  /** `rtmp`, `rtmps`, ... as sent, in lower case. */
  readonly scheme: string;
  /** The host in tcUrl, without brackets if it is an IPv6 address. */
  readonly host: string;
  readonly port: number;
  /** The query from its `?` (or `#`) on, tcUrl's first, then the stream's; empty if there is none. */
  readonly param: string;
}

/**
 * Parses tcUrl and the name of a stream.
 *
 * @param stream What `publish` or `play` named, where an empty name means that tcUrl ends with it;
 *   `undefined` at `connect`, when no stream has been named yet.
 * @throws {RefusedError} `bad_name`, if a name could leave its folder, breaks lines, or is too long.
 */
export function parseStreamUrl(tcUrl: string, stream: string | undefined): StreamUrl {
  const base = parseTcUrl(strip(tcUrl));
  const [streamPath, streamQuery] = splitQuery(strip(stream ?? ""));
  const isInTcUrl = stream !== undefined && streamPath === "";
  const [baseQuery, queryPath] = isInTcUrl ? splitQueryPath(base.query) : [base.query, ""];

  const path = `${base.path}/${queryPath}/${streamPath}`
    .split("/")
    .filter((level) => level !== "" && level !== DEFAULT_INSTANCE);
  // In tcUrl one level alone is the application.
  const hasName = streamPath !== "" || queryPath !== "" || (isInTcUrl && path.length > 1);
  const name = hasName ? (path.pop() ?? "") : "";
  const app = path.length === 0 ? DEFAULT_APP : path.join("/");
  const param = joinQueries(baseQuery, streamQuery);
  const vhost = vhostOf(base.host, baseQuery, streamQuery);

  if (!isSafeStreamName(vhost)) throw refused("vhost", vhost);
  if (!isSafeAppName(app)) throw refused("application", app);
  if (name !== "" && !isSafeStreamName(name)) throw refused("stream", name);
  if (!isSafeStreamParam(param)) throw refusedQuery();
  return { scheme: base.scheme, host: base.host, port: base.port, vhost, app, stream: name, param };
}

/** Removes what SRS removes: people paste addresses with blanks and line ends in them. */
function strip(text: string): string {
  return text.replace(/[ \t\r\n]/g, "");
}

function parseTcUrl(tcUrl: string): {
  scheme: string;
  host: string;
  port: number;
  path: string;
  query: string;
} {
  const match = /^(?:([a-z][a-z0-9+.-]*):)?\/\/([^/?#]*)(.*)$/isu.exec(tcUrl);
  const scheme = (match?.[1] ?? "rtmp").toLowerCase();
  const authority = match?.[2] ?? "";
  const rest = match?.[3] ?? tcUrl;
  const [path, query] = splitQuery(
    rest.replace("...vhost...", rest.includes("?") ? "&vhost=" : "?vhost="),
  );

  const hostPort = authority.slice(authority.lastIndexOf("@") + 1);
  const [, ipv6, name = "", portText] =
    /^(?:\[([^\]]*)\]|([^:]*))(?::(\d{1,5}))?/u.exec(hostPort) ?? [];
  const port = portText === undefined ? 0 : Number(portText);
  const isPort = port > 0 && port <= 0xffff;
  return {
    scheme,
    host: ipv6 ?? name,
    port: isPort ? port : scheme === "rtmps" ? RTMPS_PORT : RTMP_PORT,
    path,
    query,
  };
}

/** Splits at the first `?` or `#`, which stays with the query. */
function splitQuery(text: string): [path: string, query: string] {
  const index = text.search(/[?#]/u);
  return index < 0 ? [text, ""] : [text.slice(0, index), text.slice(index)];
}

/** `?vhost=v/stream`: some encoders append the stream's name to all of the address. */
function splitQueryPath(query: string): [query: string, path: string] {
  const index = query.lastIndexOf("/");
  return index < 0 ? [query, ""] : [query.slice(0, index), query.slice(index + 1)];
}

function joinQueries(base: string, stream: string): string {
  const isDefault = base === `?vhost=${DEFAULT_VHOST}`; // It says nothing, so SRS drops it.
  if (base === "" || isDefault || base === stream) return stream;
  if (stream === "") return base;
  return stream.startsWith("?") ? `${base}&${stream.slice(1)}` : `${base}${stream}`;
}

/** The last of: the host in tcUrl, the query of tcUrl, the query of the stream. */
function vhostOf(host: string, baseQuery: string, streamQuery: string): string {
  const vhost = vhostInQuery(streamQuery) || vhostInQuery(baseQuery) || host;
  const isAddress =
    /^\d+(?:\.\d+){3}$/u.test(vhost) || vhost.includes(":") || vhost === "localhost";
  return vhost === "" || isAddress ? DEFAULT_VHOST : vhost;
}

function vhostInQuery(query: string): string {
  const named = (key: string): string | undefined =>
    new RegExp(`[?&#]${key}=([^?&#]*)`, "u").exec(query)?.[1];
  const vhost = named("vhost") || named("domain") || "";
  return vhost.replaceAll("/", "");
}

/** A query may hold a token, which is to be shown to nobody. */
function refusedQuery(): RefusedError {
  return new RefusedError("bad_name", "Cannot use query: it is too long or has control characters");
}

function refused(what: string, name: string): RefusedError {
  const shown = name.length > 64 ? `${name.slice(0, 64)}...` : name;
  return new RefusedError("bad_name", `Cannot use ${what} name ${JSON.stringify(shown)}`);
}
