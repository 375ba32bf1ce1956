/**
 * What a run found out, as data: what `--json` prints.
 *
 * @module
 */

import type { ClientTotals } from "./client-totals.ts";
import type { FailureReport } from "./failures.ts";
import type { Histogram } from "./histogram.ts";
import type { HlsTotals } from "./hls-totals.ts";
import type { BenchOptions, PlayerClass, PlayProtocol } from "./options.ts";
import { CLOCK_SKEW_US_MAX, type PlayerTotals } from "./player-totals.ts";
import type { ProcessSample } from "./process-watch.ts";
import type { PublisherTotals } from "./publisher.ts";
import type { ServerSample } from "./server-watch.ts";

/** Goes up when a name changes its meaning or goes away. */
export const REPORT_SCHEMA = 1;

/** Milliseconds, to a thousandth. */
export interface TimesReport {
  readonly count: number;
  readonly mean: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

const NO_TIMES: TimesReport = { count: 0, mean: 0, p50: 0, p95: 0, p99: 0, max: 0 };

export interface ClientsReport {
  readonly wanted: number;
  readonly started: number;
  /** At the end, and at most at once. */
  readonly connected: number;
  readonly connectedMax: number;
  /** Never connected. */
  readonly failed: number;
  readonly failures: readonly FailureReport[];
  /** Were connected, and were cut off before the end. */
  readonly lost: number;
  readonly losses: readonly FailureReport[];
  readonly connectMs: TimesReport;
  /** Received by players or sent by publishers, over the measured time. */
  readonly bitsPerSecond: number;
  /** By those connected at the end; by the most there were, if none is. */
  readonly bitsPerSecondEach: number;
}

export interface PlayersReport extends ClientsReport {
  /** How many have had a key frame, and how long after their start. */
  readonly withFirstFrame: number;
  readonly firstFrameMs: TimesReport;
  /** Connected at the end, and without a key frame. */
  readonly unserved: number;
  readonly receivedBytes: number;
  readonly videoFrames: number;
  /** Pictures that are missing between others, by the numbers in their time marks. */
  readonly lostFrames: number;
  /** Of WebRTC: those that came in the measured time, and those missing between others ever. */
  readonly packets: number;
  readonly lostPackets: number;
  /**
   * From the publisher's socket to the last byte of a picture; empty without time marks, or if the
   * clocks differ. Of all healthy players together: without HLS.
   */
  readonly latencyMs: TimesReport;
  /** Pictures that came before they were sent, as the clocks have it; not among the latencies. */
  readonly negativeLatencies: number;
  readonly stalls: {
    readonly count: number;
    readonly players: number;
    readonly longestMs: number;
  };
  readonly gaps: {
    readonly count: number;
    /** Of these, steps back in time. */
    readonly backward: number;
    readonly players: number;
    readonly mostPerPlayer: number;
  };
}

export interface PublishersReport extends ClientsReport {
  readonly url: string;
  readonly sentBytes: number;
  readonly messages: number;
  readonly latenessMs: TimesReport;
  readonly blockedMs: number;
  readonly blockedTimes: number;
}

export interface PlayGroupReport {
  readonly url: string;
  readonly protocol: PlayProtocol;
  readonly class: PlayerClass;
  readonly players: PlayersReport;
  /** Of HLS clients alone. */
  readonly hls: HlsReport | null;
}

export interface HlsReport {
  readonly playlists: number;
  /** Playlists that had stood still for longer than they may. */
  readonly stalePlaylists: number;
  /** How long ago a playlist had changed when it was asked for. */
  readonly playlistAgeMs: TimesReport;
  readonly segments: number;
  readonly segmentMs: TimesReport;
  /** Segments that were there only after all before them would have been played. */
  readonly lateSegments: number;
  /** Segments that had left the playlist before they could be fetched. */
  readonly skippedSegments: number;
  readonly failedRequests: number;
}

/** Percent are of one processor core. */
export interface UsageReport {
  readonly processes: number;
  readonly cpuPercent: number;
  readonly userPercent: number;
  readonly systemPercent: number;
  readonly residentBytes: number;
  readonly residentBytesMax: number;
  readonly proportionalBytes: number;
}

export interface ServerUsageReport {
  readonly url: string;
  readonly cpuPercent: number;
  readonly residentBytes: number;
  readonly residentBytesMax: number;
}

/** What the meter itself cost: above 90 percent, or late by more than some ms, mistrust the rest. */
export interface MeterReport {
  readonly cpuPercent: number;
  readonly userPercent: number;
  readonly systemPercent: number;
  readonly residentBytes: number;
  /** The longest time in which it could look at nothing. */
  readonly delayMsMax: number;
}

export interface BenchReport {
  readonly schema: typeof REPORT_SCHEMA;
  readonly program: string;
  readonly runtime: string;
  readonly startedAt: string;
  /** What the run was asked to do. */
  readonly options: BenchOptions;
  readonly rampSeconds: number;
  readonly warmupSeconds: number;
  /** How long was measured; 0 if the run was ended before. */
  readonly measuredSeconds: number;
  readonly isInterrupted: boolean;
  /** Whether all healthy players and all publishers were served to the end. */
  readonly isOk: boolean;
  /** What went wrong, and what makes the figures doubtful. */
  readonly problems: readonly string[];
  readonly publishers: PublishersReport | null;
  readonly players: readonly PlayGroupReport[];
  /** All healthy players together. */
  readonly healthy: PlayersReport;
  readonly process: UsageReport | null;
  readonly server: ServerUsageReport | null;
  readonly meter: MeterReport;
}

export function timesReport(histogram: Histogram): TimesReport {
  const { count, mean, max } = histogram;
  return {
    count,
    mean: toMs(mean),
    p50: toMs(histogram.percentile(50)),
    p95: toMs(histogram.percentile(95)),
    p99: toMs(histogram.percentile(99)),
    max: toMs(max),
  };
}

export function playersReport(totals: PlayerTotals, seconds: number): PlayersReport {
  const hasOneClock = totals.latencyUsMin >= -CLOCK_SKEW_US_MAX;
  return {
    ...clientsReport(totals, perSecond(totals.receivedSize * 8, seconds)),
    withFirstFrame: totals.firstFrameCount,
    firstFrameMs: timesReport(totals.firstFrameTime),
    unserved: totals.unservedCount,
    receivedBytes: totals.receivedSize,
    videoFrames: totals.frameCount,
    lostFrames: totals.lostFrameCount,
    packets: totals.packetCount,
    lostPackets: totals.lostPacketCount,
    latencyMs: hasOneClock ? timesReport(totals.latency) : NO_TIMES,
    negativeLatencies: totals.negativeLatencyCount,
    stalls: {
      count: totals.stallCount,
      players: totals.stalledPlayerCount,
      longestMs: Math.round(totals.stallMsMax),
    },
    gaps: {
      count: totals.gapCount,
      backward: totals.backwardCount,
      players: totals.gapPlayerCount,
      mostPerPlayer: totals.gapCountMax,
    },
  };
}

export function hlsReport(totals: HlsTotals): HlsReport {
  return {
    playlists: totals.playlistCount,
    stalePlaylists: totals.stalePlaylistCount,
    playlistAgeMs: timesReport(totals.playlistAge),
    segments: totals.segmentCount,
    segmentMs: timesReport(totals.segmentTime),
    lateSegments: totals.lateSegmentCount,
    skippedSegments: totals.skippedSegmentCount,
    failedRequests: totals.failedRequestCount,
  };
}

export function publishersReport(
  url: string,
  totals: PublisherTotals,
  seconds: number,
): PublishersReport {
  return {
    url,
    ...clientsReport(totals, perSecond(totals.sentSize * 8, seconds)),
    sentBytes: totals.sentSize,
    messages: totals.messageCount,
    latenessMs: timesReport(totals.lateness),
    blockedMs: Math.round(totals.blockedMs),
    blockedTimes: totals.blockedCount,
  };
}

/** @param samples The first is of the window's beginning, the last of its end. */
export function usageReport(
  samples: readonly ProcessSample[],
  seconds: number,
): UsageReport | null {
  const first = samples[0];
  const last = samples.at(-1);
  if (first === undefined || last === undefined) return null;
  const user = percentOf(last.userSeconds - first.userSeconds, seconds);
  const system = percentOf(last.systemSeconds - first.systemSeconds, seconds);
  return {
    processes: last.processCount,
    cpuPercent: round(user + system, 1),
    userPercent: user,
    systemPercent: system,
    residentBytes: last.residentSize,
    residentBytesMax: Math.max(...samples.map(({ residentSize }) => residentSize)),
    proportionalBytes: last.proportionalSize,
  };
}

/** @param samples As above. */
export function serverUsageReport(
  url: string,
  samples: readonly ServerSample[],
  seconds: number,
): ServerUsageReport | null {
  const first = samples[0];
  const last = samples.at(-1);
  if (first === undefined || last === undefined) return null;
  return {
    url,
    cpuPercent: percentOf(last.cpuSeconds - first.cpuSeconds, seconds),
    residentBytes: last.residentSize,
    residentBytesMax: Math.max(...samples.map(({ residentSize }) => residentSize)),
  };
}

export function percentOf(part: number, whole: number): number {
  return whole > 0 ? round((part / whole) * 100, 1) : 0;
}

function clientsReport(totals: ClientTotals, bitsPerSecond: number): ClientsReport {
  const count = totals.connectedCount > 0 ? totals.connectedCount : totals.connectedCountMax;
  return {
    wanted: totals.wantedCount,
    started: totals.startedCount,
    connected: totals.connectedCount,
    connectedMax: totals.connectedCountMax,
    failed: totals.failures.count,
    failures: totals.failures.report(),
    lost: totals.losses.count,
    losses: totals.losses.report(),
    connectMs: timesReport(totals.connectTime),
    bitsPerSecond,
    bitsPerSecondEach: Math.round(bitsPerSecond / Math.max(1, count)),
  };
}

function toMs(us: number): number {
  return round(us / 1_000, 3);
}

function perSecond(amount: number, seconds: number): number {
  return seconds > 0 ? Math.round(amount / seconds) : 0;
}

function round(value: number, digits: number): number {
  const factor = 10 ** digits;
  return Math.round(value * factor) / factor;
}
