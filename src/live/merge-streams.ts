/**
 * One report of each stream from those of several processes: one of them has the publisher, and the
 * others relay the stream to their own players.
 *
 * @module
 */

import type { BroadcastReport, DropsReport, GopCacheReport, StreamReport } from "./reports.ts";

/**
 * Merges the reports of all processes. What clients did is added up; what the stream is, the process
 * with the publisher knows best; how far a limit is used, the process that uses it most tells.
 */
export function mergeStreams(reports: readonly (readonly StreamReport[])[]): StreamReport[] {
  const merged = new Map<string, StreamReport>();
  for (const report of reports.flat()) {
    const known = merged.get(report.url);
    merged.set(report.url, known === undefined ? report : mergeTwo(known, report));
  }
  return [...merged.values()];
}

function mergeTwo(a: StreamReport, b: StreamReport): StreamReport {
  const [best, other] = rank(b) > rank(a) ? [b, a] : [a, b];
  return {
    ...best,
    tcUrl: best.tcUrl || other.tcUrl,
    video: best.video ?? other.video,
    audio: best.audio ?? other.audio,
    width: best.width ?? other.width,
    height: best.height ?? other.height,
    videoFrames: a.videoFrames + b.videoFrames,
    audioFrames: a.audioFrames + b.audioFrames,
    receivedSize: a.receivedSize + b.receivedSize,
    sentSize: a.sentSize + b.sentSize,
    receivedRate: a.receivedRate + b.receivedRate,
    sentRate: a.sentRate + b.sentRate,
    clients: a.clients + b.clients,
    subscribers: a.subscribers + b.subscribers,
    gopCache: fullerGopCache(a.gopCache, b.gopCache),
    broadcasts: mergeBroadcasts(a.broadcasts, b.broadcasts),
    drops: addDrops(a.drops, b.drops),
  };
}

/** Who has the publisher tells of the stream, else who relays it, else who has only players. */
function rank({ publisher, isRelayed }: StreamReport): number {
  if (publisher !== null) return 2;
  return isRelayed ? 1 : 0;
}

function fullerGopCache(a: GopCacheReport, b: GopCacheReport): GopCacheReport {
  return b.size > a.size ? b : a;
}

function mergeBroadcasts(
  a: readonly BroadcastReport[],
  b: readonly BroadcastReport[],
): BroadcastReport[] {
  const merged = new Map<string, BroadcastReport>();
  for (const report of [...a, ...b]) {
    const known = merged.get(report.format);
    merged.set(report.format, known === undefined ? report : mergeBroadcast(known, report));
  }
  return [...merged.values()];
}

function mergeBroadcast(a: BroadcastReport, b: BroadcastReport): BroadcastReport {
  return {
    ...a,
    subscribers: a.subscribers + b.subscribers,
    chainSize: Math.max(a.chainSize, b.chainSize),
    chainMs: Math.max(a.chainMs, b.chainMs),
    lagSizeMax: Math.max(a.lagSizeMax, b.lagSizeMax),
    lagMsMax: Math.max(a.lagMsMax, b.lagMsMax),
  };
}

export function addDrops(a: DropsReport, b: DropsReport): DropsReport {
  return {
    skips: a.skips + b.skips,
    skippedSize: a.skippedSize + b.skippedSize,
    writeTimeouts: a.writeTimeouts + b.writeTimeouts,
  };
}
