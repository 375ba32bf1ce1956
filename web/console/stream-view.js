/**
 * A stream as the console shows it, out of an entry of `/api/v1/streams/`.
 *
 * @module
 */

import { codecName, streamName } from "./session-view.js";
import { formatAge, formatBitrate, formatCount, UNKNOWN } from "./units.js";

/**
 * @typedef {object} StreamContext What entries of streams do not say of themselves.
 * @property {ReadonlyMap<string, { protocol: string }>} sessions By id.
 * @property {boolean} isComplete Whether those are all sessions.
 * @property {ReadonlyMap<string, string>} vhosts Names by id.
 */

/** @param {Record<string, any>} stream @param {StreamContext} context */
export function toStream(stream, { sessions, isComplete, vhosts }) {
  const { id, app, url, clients, kbps, publish, video, audio, sluice = {} } = stream;
  const name = streamName(url);
  const publisher = publisherOf(publish, sessions, isComplete);
  const since = sluice.published_ms ?? undefined;
  const ageSeconds = publish.active && since !== undefined ? (stream.live_ms - since) / 1_000 : -1;
  const codecs = [video, audio].filter(Boolean).map(({ codec }) => codecName(codec));
  const hasSize = video !== null && video.width > 0;
  return {
    id,
    name,
    isActive: publish.active,
    address: { vhost: vhosts.get(stream.vhost), app, stream: stream.name },
    clients,
    codecDetails: [videoDetails(video), audioDetails(audio)].filter(Boolean).join("; "),
    texts: {
      publisher,
      codecs: codecs.join(" · ") || UNKNOWN,
      size: hasSize ? `${video.width}\u00a0×\u00a0${video.height}` : UNKNOWN,
      clients: formatCount(clients),
      received: formatBitrate(kbps.recv_30s),
      sent: formatBitrate(kbps.send_30s),
      age: ageSeconds < 0 ? UNKNOWN : formatAge(ageSeconds),
    },
    search: `${name} ${publisher}`.toLowerCase(),
    keys: {
      name,
      publisher,
      codecs: codecs.join(" "),
      size: hasSize ? video.width * video.height : 0,
      clients,
      received: kbps.recv_30s,
      sent: kbps.send_30s,
      age: ageSeconds,
    },
  };
}

/** By what it comes. What the server brings by itself, as its test stream, has no session. */
function publisherOf({ active: isActive, cid }, sessions, isComplete) {
  if (!isActive) return "Nobody";
  if (cid === undefined) return "Relayed";
  return sessions.get(cid)?.protocol ?? (isComplete ? "Server" : UNKNOWN);
}

function videoDetails(video) {
  if (video === null) return "";
  const { codec, profile, level } = video;
  const at = level ? `level ${level}` : "";
  return [codecName(codec), profile, at].filter(Boolean).join(" ");
}

function audioDetails(audio) {
  if (audio === null) return "";
  const { codec, profile, sample_rate: rate, channel } = audio;
  const texts = [codecName(codec), profile, rate > 0 ? `${rate / 1_000} kHz` : ""];
  if (channel > 0) texts.push(channel === 1 ? "mono" : channel === 2 ? "stereo" : `${channel} ch`);
  return texts.filter(Boolean).join(" ");
}

const DEFAULT_VHOST = "__defaultVhost__";

/**
 * Where the built-in pages are; `undefined` if nowhere.
 *
 * @param {{ http: number[], https: number[] } | undefined} pages Ports, as `summaries` has them.
 * @param {Pick<Location, "protocol" | "hostname" | "port" | "origin">} page The console's address.
 */
export function findPages(pages, { protocol, hostname, port, origin }) {
  const scheme = protocol.slice(0, -1);
  const usual = { http: 80, https: 443 };
  const ports = pages?.[scheme] ?? [];
  if (ports.includes(Number(port || usual[scheme]))) return `${origin}/`;
  const other = scheme === "https" ? "http" : "https";
  const found = ports.length > 0 ? [scheme, ports[0]] : [other, pages?.[other]?.[0]];
  return found[1] === undefined ? undefined : `${found[0]}://${hostname}:${found[1]}/`;
}

/** The page that plays it. @param {string} pages @param {Record<string, string | undefined>} address */
export function playAddress(pages, { vhost, app, stream }) {
  const path = [...app.split("/"), stream].map(encodeURIComponent).join("/");
  const rest =
    vhost === undefined || vhost === DEFAULT_VHOST ? "" : `&vhost=${encodeURIComponent(vhost)}`;
  return `${pages}?stream=${path}${rest}`;
}
