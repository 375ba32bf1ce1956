/**
 * What one process tells of one stream.
 *
 * @module
 */

import { encodeBase64 } from "../base/base64.ts";
import type { Clock } from "../base/clock.ts";
import type { Broadcast } from "./broadcast.ts";
import type { Delivery } from "./delivery.ts";
import type { LiveStream } from "./live-stream.ts";
import type {
  BroadcastReport,
  DropsReport,
  PublisherReport,
  StreamReport,
  TrackReport,
} from "./reports.ts";
import type { StreamMetadata, Track } from "./track.ts";

const BITS_PER_BYTE = 8;

/** What a stream's sessions come to. */
export interface StreamClients {
  count: number;
  tcUrl: string;
}

/** Looks at each subscriber. */
export function reportStream(
  stream: LiveStream,
  clients: StreamClients | undefined,
  clock: Clock,
): StreamReport {
  const nowMs = clock.monotonicMs();
  const { name, description, figures, publication } = stream;
  const delivery = figures.delivery(stream.broadcasts);
  const rates = figures.rates(nowMs, delivery.sentSize);
  const broadcasts = Array.from(stream.broadcasts, reportBroadcast);
  return {
    url: stream.url,
    vhost: name.vhost,
    app: name.app,
    name: name.stream,
    tcUrl: clients?.tcUrl ?? "",
    publisher: reportPublisher(stream, clock),
    isRelayed: publication?.isRelayed === true,
    video: reportTrack(description.video),
    audio: reportTrack(description.audio),
    width: numberField(description.metadata, "width"),
    height: numberField(description.metadata, "height"),
    videoFrames: figures.videoFrameCount,
    audioFrames: figures.audioFrameCount,
    receivedSize: figures.receivedSize,
    sentSize: delivery.sentSize,
    receivedRate: Math.round(rates.first * BITS_PER_BYTE),
    sentRate: Math.round(rates.second * BITS_PER_BYTE),
    clients: clients?.count ?? 0,
    subscribers: broadcasts.reduce((sum, one) => sum + (one.isForPeers ? 0 : one.subscribers), 0),
    gopCache: {
      ...stream.gopCache.limits,
      frames: stream.gopCache.frames.length,
      size: stream.gopCache.size,
    },
    queue: stream.settings.queue,
    broadcasts,
    drops: reportDrops(delivery),
  };
}

export function reportDrops(delivery: Delivery): DropsReport {
  const { skipCount: skips, skippedSize, writeTimeoutCount: writeTimeouts } = delivery;
  return { skips, skippedSize, writeTimeouts };
}

function reportPublisher({ publication }: LiveStream, clock: Clock): PublisherReport | null {
  if (publication === undefined || publication.isRelayed) return null;
  const agoMs = clock.monotonicMs() - publication.startedMs;
  return {
    clientId: publication.publisher.clientId,
    sinceMs: Math.round(clock.wallMs() - agoMs),
  };
}

function reportTrack(track: Track | undefined): TrackReport | null {
  if (track === undefined) return null;
  const { codec, decoderConfigurationRecord: record } = track;
  return { codec, configuration: record === undefined ? null : encodeBase64(record) };
}

function reportBroadcast(broadcast: Broadcast): BroadcastReport {
  const use = broadcast.chainUse();
  return {
    format: broadcast.format.name,
    isForPeers: broadcast.format.isImmediate === true,
    subscribers: broadcast.subscribers.length,
    chainSize: use.size,
    chainMs: Math.round(use.durationMs),
    lagSizeMax: use.lagSizeMax,
    lagMsMax: Math.round(use.lagMsMax),
  };
}

function numberField(metadata: StreamMetadata | undefined, name: string): number | null {
  const value = metadata?.fields.get(name);
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}
