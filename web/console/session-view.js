/**
 * A session as the console shows it, out of an entry of `/api/v1/clients/`.
 *
 * @module
 */

import {
  formatAge,
  formatBitrate,
  formatCount,
  formatDelay,
  formatPercent,
  UNKNOWN,
} from "./units.js";

const PROTOCOLS = {
  "rtmp-play": "RTMP",
  "flv-play": "HTTP",
  "hls-play": "HLS",
  "dash-play": "DASH",
  "rtc-play": "WebRTC",
  "fmle-publish": "RTMP",
  "flash-publish": "RTMP",
  "haivision-publish": "RTMP",
  "rtc-publish": "WebRTC",
};

/** @param {string} type As the API names it. */
export function protocolOf(type) {
  return PROTOCOLS[type] ?? type;
}

/** `/live/show` without what says nothing: `live/show`. @param {string} url */
export function streamName(url) {
  return url.replace(/^\//, "");
}

/** @param {Record<string, any>} client */
export function toSession(client) {
  const { id, url, ip, type, publish: isPublishing, alive, kbps, sluice = {} } = client;
  const { transport, lag_ms: lagMs = 0 } = sluice;
  const stream = streamName(url);
  const protocol = protocolOf(type);
  const role = isPublishing ? "Publishes" : "Plays";
  const roundTripMs = transport?.rtt_ms ?? undefined;
  return {
    id,
    type,
    role,
    isPublishing,
    protocol,
    stream,
    address: ip,
    texts: {
      age: formatAge(alive),
      received: formatBitrate(kbps.recv_30s),
      sent: formatBitrate(kbps.send_30s),
      lag: isPublishing || transport !== undefined ? UNKNOWN : formatDelay(lagMs),
      roundTrip: roundTripMs === undefined ? UNKNOWN : formatDelay(roundTripMs),
      loss: transport === undefined ? UNKNOWN : formatPercent(transport.loss, 1),
    },
    details: transport === undefined ? [] : detailsOf(transport),
    search: `${stream} ${ip} ${protocol} ${role}`.toLowerCase(),
    keys: {
      stream,
      session: `${role} ${protocol}`,
      address: ip,
      age: alive,
      received: kbps.recv_30s,
      sent: kbps.send_30s,
      lag: lagMs,
      // What is not known is less than all that is.
      roundTrip: roundTripMs ?? -1,
      loss: transport?.loss ?? -1,
    },
  };
}

/** Of packets that WebRTC sees to itself. @returns {[string, string][]} */
function detailsOf(transport) {
  const bandwidth = transport.bandwidth_kbps;
  return [
    ["Transport", transport.protocol?.toUpperCase() ?? UNKNOWN],
    ["Codecs", transport.codecs?.map(codecName).join(", ") || UNKNOWN],
    ["Bandwidth", bandwidth === null ? UNKNOWN : formatBitrate(bandwidth)],
    ["Jitter", formatDelay(transport.jitter_ms)],
    ["Packets lost", formatCount(transport.lost_packets)],
    ["NACKs", formatCount(transport.nacks)],
    ["Sent again", formatCount(transport.repeated_packets)],
    ["Key frames asked for", formatCount(transport.key_frame_requests)],
  ];
}

const CODEC_NAMES = {
  h264: "H.264",
  h265: "H.265",
  hevc: "H.265",
  av1: "AV1",
  vp8: "VP8",
  vp9: "VP9",
  aac: "AAC",
  mp3: "MP3",
  opus: "Opus",
  g711a: "G.711 A-law",
  g711u: "G.711 µ-law",
  pcma: "G.711 A-law",
  pcmu: "G.711 µ-law",
};

/** @param {string} codec As the API names it. */
export function codecName(codec) {
  return CODEC_NAMES[codec.toLowerCase()] ?? codec;
}
