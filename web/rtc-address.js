/**
 * Addresses of streams for WebRTC: what people type and what SRS's pages had in theirs, and what is
 * asked of the server.
 *
 * @module
 */

import { RtcError } from "./rtc-error.js";

/**
 * @typedef {object} StreamAddress
 * @property {string} origin Of the server's HTTP, such as `http://localhost:8080`.
 * @property {string} app May have slashes inside.
 * @property {string} stream
 * @property {URLSearchParams} parameters What the server is to know as well, such as `vhost` and `eip`.
 */

const APP_DEFAULT = "live";
const STREAM_DEFAULT = "livestream";

/** Where SRS has its HTTP API. */
const API_PORT = "1985";
const HTTPS_PORT = "443";

/** Parameters of a page or an address that are no business of the endpoint. */
const PAGE_PARAMETERS = [
  ...["app", "stream", "server", "api", "schema", "autostart", "target", "port", "proto"],
  ...["play", "publish", "action", "session", "dir", "filename", "host"],
  ...["hostname", "http_port", "pathname", "buffer"],
];

const DEFAULT_VHOST = "__defaultVhost__";

const NO_ADDRESS =
  "Name the stream as app/stream, such as live/livestream, or as webrtc://server/app/stream.";

/**
 * Reads what people type: `app/stream`, `webrtc://host[:port]/app/stream`, or the address of a WHIP or
 * WHEP endpoint.
 *
 * @param {string} text
 * @param {URL} page The page's own address: what is not said is as there.
 * @returns {StreamAddress}
 * @throws {RtcError} If it is none of them.
 */
export function parseStreamAddress(text, page) {
  const trimmed = text.trim();
  if (/^webrtc:\/\//i.test(trimmed)) return parseWebrtcUrl(trimmed, page);
  if (/^https?:\/\//i.test(trimmed)) return parseHttpUrl(trimmed);
  if (trimmed.includes("://")) throw new RtcError(NO_ADDRESS, { kind: "input" });
  const [path, query = ""] = trimmed.split("?");
  return { origin: page.origin, ...namesOf(path), parameters: otherParameters(query) };
}

function parseWebrtcUrl(text, page) {
  // Not all browsers can read URLs of a scheme they do not know, and with `http` the port 80 is lost.
  const url = parseUrl(text.replace(/^webrtc/i, "http"));
  const port = /^webrtc:\/\/[^/?#]*:(\d+)(?=[/?#]|$)/i.exec(text)?.[1] ?? "";
  const origin = originOf(
    { hostname: url.hostname, port, schema: url.searchParams.get("schema") },
    page,
  );
  return { origin, ...namesOf(url.pathname), parameters: otherParameters(url.search) };
}

function parseHttpUrl(text) {
  const url = parseUrl(text);
  const isEndpoint = url.pathname.startsWith("/rtc/v1/");
  const app = url.searchParams.get("app") || APP_DEFAULT;
  const stream = url.searchParams.get("stream") || STREAM_DEFAULT;
  const names = isEndpoint ? { app, stream } : namesOf(url.pathname);
  return { origin: url.origin, ...names, parameters: otherParameters(url.search) };
}

function parseUrl(text) {
  try {
    return new URL(text);
  } catch (cause) {
    throw new RtcError(NO_ADDRESS, { kind: "input", cause });
  }
}

function namesOf(path) {
  const names = path.split("/").filter((name) => name !== "");
  if (names.length < 2) throw new RtcError(NO_ADDRESS, { kind: "input" });
  const decoded = names.map(decodeName);
  return { app: decoded.slice(0, -1).join("/"), stream: decoded.at(-1) };
}

function decodeName(name) {
  try {
    return decodeURIComponent(name);
  } catch {
    return name; // A per cent sign that stands for itself.
  }
}

function otherParameters(query) {
  const parameters = new URLSearchParams(query);
  for (const name of PAGE_PARAMETERS) parameters.delete(name);
  return parameters;
}

/** The page's own origin if nothing else is said, else SRS's ports. */
function originOf({ hostname, port, schema }, page) {
  const protocol = schema === "http" || schema === "https" ? `${schema}:` : page.protocol;
  if (port !== "") return new URL(`${protocol}//${hostname}:${port}`).origin;
  if (hostname === page.hostname && protocol === page.protocol) return page.origin;
  return new URL(protocol === "https:" ? `https://${hostname}` : `http://${hostname}:${API_PORT}`)
    .origin;
}

/**
 * Reads the parameters of SRS's pages: `app`, `stream`, `server`, `vhost`, `api` (the port of the HTTP
 * API), `schema`, `target` (server, vhost and eip in one); others are handed on to the server. `stream`
 * may be `app/stream` as well, as on our other pages.
 *
 * @param {URL} page
 * @returns {StreamAddress}
 */
export function readPageAddress(page) {
  const query = page.searchParams;
  const target = query.get("target") || "";
  const server = target || query.get("server") || page.hostname;
  const [, hostname, ownPort = ""] = /^(.*?)(?::(\d+))?$/.exec(server);
  const isBareIpv6 = hostname.includes(":") && !hostname.startsWith("[");
  const port = query.get("api") || ownPort;
  const place = {
    hostname: isBareIpv6 ? `[${server}]` : hostname,
    port: isBareIpv6 ? query.get("api") || "" : port,
    schema: query.get("schema"),
  };
  const parameters = otherParameters(page.search);
  if (target !== "") {
    parameters.set("eip", target);
    parameters.delete("vhost");
  }
  const vhost = parameters.get("vhost");
  if (vhost === DEFAULT_VHOST || vhost === "") parameters.delete("vhost");
  return { origin: tryOrigin(place, page), ...pageNames(query), parameters };
}

function tryOrigin(place, page) {
  try {
    return originOf(place, page);
  } catch {
    return page.origin; // Somebody's typing error in a link is not worth an empty page.
  }
}

function pageNames(query) {
  const app = query.get("app") || APP_DEFAULT;
  const stream = query.get("stream") || STREAM_DEFAULT;
  const names = stream.split("/").filter((name) => name !== "");
  if (query.has("app") || names.length < 2) return { app, stream };
  return { app: names.slice(0, -1).join("/"), stream: names.at(-1) };
}

/**
 * The address as people know it from SRS.
 *
 * @param {StreamAddress} address
 * @param {URL} page
 */
export function formatStreamAddress({ origin, app, stream, parameters }, page) {
  const { hostname, host, port, protocol } = new URL(origin);
  const shown = new URLSearchParams(parameters);
  if (protocol !== page.protocol) shown.set("schema", protocol.slice(0, -1));
  const isPlain = origin === page.origin || (protocol === "https:" && port === "");
  const place = isPlain ? host : `${hostname}:${port || portOf(protocol)}`;
  return `webrtc://${place}/${encodePath(app, stream)}${queryOf(shown)}`;
}

function portOf(protocol) {
  return protocol === "https:" ? HTTPS_PORT : "80";
}

function encodePath(app, stream) {
  return [...app.split("/"), stream].map(encodeURIComponent).join("/");
}

function queryOf(parameters) {
  return parameters.size > 0 ? `?${parameters}` : "";
}

/**
 * @param {StreamAddress} address
 * @param {"whip" | "whep"} name
 * @returns {string}
 */
export function endpointOf({ origin, app, stream, parameters }, name) {
  const query = new URLSearchParams([["app", app], ["stream", stream], ...parameters]);
  return `${origin}/rtc/v1/${name}/?${query}`;
}

/**
 * Where others can watch what is published. Of the parameters only the vhost is handed on: others may
 * be the publisher's secrets.
 *
 * @param {StreamAddress} address
 * @param {URL} page
 * @param {string} [rtmpOrigin] Of the page's own server, see findRtmpOrigin.
 */
export function watchAddresses({ origin, app, stream, parameters }, page, rtmpOrigin) {
  const { hostname } = new URL(origin);
  // Where the endpoint is that of the HTTP API, the streams are on the page's own port.
  const isOwn = hostname === page.hostname;
  const web = isOwn ? page.origin : origin;
  const rtmp = (isOwn ? rtmpOrigin : undefined) ?? `rtmp://${hostname}`;
  const vhost = parameters.get("vhost");
  const kept = new URLSearchParams(vhost ? [["vhost", vhost]] : []);
  const path = encodePath(app, stream);
  const pageQuery = `?stream=${path}&proto=rtc${vhost ? `&${kept}` : ""}`;
  return {
    page: `${web}/${pageQuery}`,
    webrtc: formatStreamAddress({ origin, app, stream, parameters: kept }, page),
    flv: `${web}/${path}.flv${queryOf(kept)}`,
    hls: `${web}/${path}.m3u8${queryOf(kept)}`,
    rtmp: `${rtmp}/${path}${queryOf(kept)}`,
  };
}
