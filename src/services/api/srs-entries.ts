/**
 * Streams and clients as SRS's HTTP API tells of them, field for field; what SRS does not know is in
 * an object `sluice` behind its fields.
 *
 * @module
 */

import type { ClientType } from "../../live/admission.ts";
import type { BroadcastReport, SessionReport, StreamReport } from "../../live/reports.ts";
import { createStreamId, createVhostId } from "../../live/stream-id.ts";
import { audioDetails, videoDetails } from "./track-details.ts";

type Json = Readonly<Record<string, unknown>>;

const BITS_PER_BYTE = 8;
/** A client that has just come has no rate yet. */
const ALIVE_MS_MIN = 1_000;

/** SRS has what a client asked for by HTTP with its extension. */
const EXTENSIONS: Readonly<Partial<Record<ClientType, string>>> = {
  "flv-play": ".flv",
  "hls-play": ".m3u8",
  "dash-play": ".mpd",
};

/** Whether there is anybody; SRS forgets a stream with its last client. */
export function isListed({ publisher, isRelayed, clients }: StreamReport): boolean {
  return publisher !== null || isRelayed || clients > 0;
}

export function toStreamEntry(report: StreamReport, serviceId: string, nowMs: number): Json {
  const { publisher, isRelayed, vhost, app, tcUrl } = report;
  return {
    id: createStreamId(serviceId, report.url),
    name: report.name,
    vhost: createVhostId(serviceId, vhost),
    app,
    tcUrl: tcUrl === "" ? `rtmp://${vhost}/${app}` : tcUrl,
    url: report.url,
    live_ms: Math.round(nowMs),
    clients: report.clients,
    frames: report.videoFrames,
    send_bytes: report.sentSize,
    recv_bytes: report.receivedSize,
    kbps: { recv_30s: toKbps(report.receivedRate), send_30s: toKbps(report.sentRate) },
    publish: {
      active: publisher !== null || isRelayed,
      ...(publisher === null ? {} : { cid: publisher.clientId }),
    },
    video: toVideo(report),
    audio: toAudio(report),
    sluice: toStreamExtras(report),
  };
}

/** The size is that of the bitstream; only where that does not tell, what the publisher says of it. */
function toVideo({ video, width, height }: StreamReport): Json | null {
  if (video === null) return null;
  const { codec, profile, level, ...size } = videoDetails(video);
  return {
    codec,
    profile,
    level,
    width: size.width ?? width ?? 0,
    height: size.height ?? height ?? 0,
  };
}

function toAudio({ audio }: StreamReport): Json | null {
  if (audio === null) return null;
  const { codec, sampleRate: sample_rate, channels: channel, profile } = audioDetails(audio);
  return { codec, sample_rate, channel, profile };
}

function toStreamExtras(report: StreamReport): Json {
  const { gopCache, queue, drops } = report;
  return {
    published_ms: report.publisher?.sinceMs ?? null,
    subscribers: report.subscribers,
    audio_frames: report.audioFrames,
    gop_cache: {
      enabled: gopCache.isEnabled,
      frames: gopCache.frames,
      frames_max: gopCache.framesMax,
      bytes: gopCache.size,
      bytes_max: gopCache.sizeMax,
    },
    queue: {
      ms_max: queue.durationMs,
      bytes_max: queue.sizeMax,
      write_timeout_ms: queue.writeTimeoutMs,
    },
    formats: report.broadcasts.map(toFormat),
    skips: drops.skips,
    skipped_bytes: drops.skippedSize,
    write_timeouts: drops.writeTimeouts,
  };
}

function toFormat(report: BroadcastReport): Json {
  return {
    name: report.format,
    for_workers: report.isForPeers,
    subscribers: report.subscribers,
    chain_bytes: report.chainSize,
    chain_ms: report.chainMs,
    lag_bytes_max: report.lagSizeMax,
    lag_ms_max: report.lagMsMax,
  };
}

/** Whether it has said what it wants; before that, SRS does not know of it. */
export function isClient({ url, clientType }: SessionReport): boolean {
  return url !== null && clientType !== "unknown";
}

export function toClientEntry(report: SessionReport, serviceId: string): Json {
  const { clientType, aliveMs, receivedSize, sentSize } = report;
  const url = report.url ?? "";
  return {
    id: report.clientId,
    vhost: createVhostId(serviceId, report.vhost),
    stream: createStreamId(serviceId, url),
    ip: report.address,
    pageUrl: report.pageUrl,
    swfUrl: report.swfUrl,
    tcUrl: report.tcUrl,
    url,
    name: `${report.stream}${EXTENSIONS[clientType] ?? ""}`,
    type: clientType,
    publish: report.isPublishing,
    alive: Math.round(aliveMs / 10) / 100,
    send_bytes: sentSize,
    recv_bytes: receivedSize,
    kbps: { recv_30s: meanKbps(receivedSize, aliveMs), send_30s: meanKbps(sentSize, aliveMs) },
    sluice: {
      lag_bytes: report.lagSize,
      lag_ms: report.lagMs,
      skips: report.skips,
      skipped_bytes: report.skippedSize,
    },
  };
}

function toKbps(bitsPerSecond: number): number {
  return Math.round(bitsPerSecond / 1_000);
}

/** Since it came: a figure per client and half minute is not kept. */
function meanKbps(size: number, aliveMs: number): number {
  if (aliveMs < ALIVE_MS_MIN) return 0;
  return Math.round((size * BITS_PER_BYTE) / aliveMs);
}
