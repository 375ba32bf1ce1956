/**
 * Vhosts, streams and clients as SRS's HTTP API tells of them, field for field; what SRS does not know
 * is in an object `sluice` behind its fields.
 *
 * @module
 */

import type { VhostConfig } from "../../config/vhost-config.ts";
import type { ClientType } from "../../live/admission.ts";
import type {
  BroadcastReport,
  SessionReport,
  StreamReport,
  TrackReport,
  TransportReport,
  VhostReport,
} from "../../live/reports.ts";
import { createStreamId, createVhostId } from "../../live/stream-id.ts";
import { Memo } from "./memo.ts";
import {
  type AudioSummary,
  audioDetails,
  type VideoSummary,
  videoDetails,
} from "./track-details.ts";

type Json = Readonly<Record<string, unknown>>;

/** SRS has what a client asked for by HTTP with its extension. */
const EXTENSIONS: Readonly<Partial<Record<ClientType, string>>> = {
  "flv-play": ".flv",
  "hls-play": ".m3u8",
  "dash-play": ".mpd",
};

/** Keeps what is made of names and of tracks, since dashboards ask every second. */
export class SrsEntries {
  readonly #serviceId: string;
  readonly #streamIds = new Memo<string>();
  readonly #vhostIds = new Memo<string>();
  readonly #videos = new Memo<VideoSummary>();
  readonly #audios = new Memo<AudioSummary>();

  constructor(serviceId: string) {
    this.#serviceId = serviceId;
  }

  streamId(url: string): string {
    return this.#streamIds.get(url, () => createStreamId(this.#serviceId, url));
  }

  vhostId(name: string): string {
    return this.#vhostIds.get(name, () => createVhostId(this.#serviceId, name));
  }

  /** @param config What is set for it. */
  vhost(report: VhostReport, config: VhostConfig | undefined): Json {
    const hls = config?.hls;
    return {
      id: this.vhostId(report.name),
      name: report.name,
      enabled: config?.enabled === true,
      clients: report.clients,
      streams: report.streams,
      send_bytes: report.sentSize,
      recv_bytes: report.receivedSize,
      kbps: { recv_30s: toKbps(report.receivedRate), send_30s: toKbps(report.sentRate) },
      hls:
        hls?.enabled === true ? { enabled: true, fragment: hls.hlsFragment } : { enabled: false },
    };
  }

  stream(report: StreamReport, nowMs: number): Json {
    const { publisher, isRelayed, vhost, app, tcUrl } = report;
    return {
      id: this.streamId(report.url),
      name: report.name,
      vhost: this.vhostId(vhost),
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
      video: this.#video(report),
      audio: this.#audio(report),
      sluice: toStreamExtras(report),
    };
  }

  client(report: SessionReport): Json {
    const { clientType } = report;
    const url = report.url ?? "";
    return {
      id: report.clientId,
      vhost: this.vhostId(report.vhost),
      stream: this.streamId(url),
      ip: report.address,
      pageUrl: report.pageUrl,
      swfUrl: report.swfUrl,
      tcUrl: report.tcUrl,
      url,
      name: `${report.stream}${EXTENSIONS[clientType] ?? ""}`,
      type: clientType,
      publish: report.isPublishing,
      alive: Math.round(report.aliveMs / 10) / 100,
      send_bytes: report.sentSize,
      recv_bytes: report.receivedSize,
      kbps: { recv_30s: toKbps(report.receivedRate), send_30s: toKbps(report.sentRate) },
      sluice: {
        lag_bytes: report.lagSize,
        lag_ms: report.lagMs,
        skips: report.skips,
        skipped_bytes: report.skippedSize,
        ...(report.transport === null ? {} : { transport: toTransport(report.transport) }),
      },
    };
  }

  /** The size is that of the bitstream; only where that does not tell, what the publisher says of it. */
  #video({ video, width, height }: StreamReport): Json | null {
    if (video === null) return null;
    const { codec, profile, level, ...size } = this.#videos.get(keyOf(video), () =>
      videoDetails(video),
    );
    return {
      codec,
      profile,
      level,
      width: size.width ?? width ?? 0,
      height: size.height ?? height ?? 0,
    };
  }

  #audio({ audio }: StreamReport): Json | null {
    if (audio === null) return null;
    const details = this.#audios.get(keyOf(audio), () => audioDetails(audio));
    const { codec, sampleRate: sample_rate, channels: channel, profile } = details;
    return { codec, sample_rate, channel, profile };
  }
}

function keyOf({ codec, configuration }: TrackReport): string {
  return `${codec} ${configuration}`;
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

function toTransport(report: TransportReport): Json {
  return {
    protocol: report.protocol,
    rtt_ms: report.rttMs,
    loss: report.lossRate,
    lost_packets: report.lostPackets,
    jitter_ms: report.jitterMs,
    nacks: report.nackedPackets,
    repeated_packets: report.repeatedPackets,
    key_frame_requests: report.keyFrameRequests,
    bandwidth_kbps: report.bandwidth === null ? null : toKbps(report.bandwidth),
    codecs: report.codecs,
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

function toKbps(bitsPerSecond: number): number {
  return Math.round(bitsPerSecond / 1_000);
}
