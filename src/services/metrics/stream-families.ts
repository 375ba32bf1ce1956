/**
 * Figures of the streams: how many there are, what they hold, and how far limits are used. Streams are
 * not named, as their names are other people's and there may be any number of them.
 *
 * @module
 */

import type { BroadcastReport, StreamReport } from "../../live/reports.ts";
import type { MetricFamily, MetricSample } from "./exposition.ts";

export function streamFamilies(reports: readonly StreamReport[]): MetricFamily[] {
  const broadcasts = reports.flatMap((report) => report.broadcasts);
  return [
    gauge("sluice_streams", "Streams, those that wait for their publisher included.", [
      sample(reports.length),
    ]),
    gauge("sluice_published_streams", "Streams that somebody publishes.", [
      sample(reports.filter((one) => one.publisher !== null || one.isRelayed).length),
    ]),
    gauge("sluice_subscribers", "Subscribers that are sent something, by output format.", [
      ...byFormat(broadcasts, (one) => one.subscribers),
    ]),
    gauge("sluice_chain_bytes", "Encoded bytes held for subscribers, by output format.", [
      ...byFormat(broadcasts, (one) => one.chainSize),
    ]),
    gauge("sluice_gop_cache_bytes", "Bytes in the GOP caches of all streams.", [
      sample(sum(reports, (one) => one.gopCache.size)),
    ]),
    gauge("sluice_gop_cache_limit_bytes", "Bytes that the GOP cache of a stream may hold.", [
      ...byVhost(reports, (one) => one.gopCache.sizeMax),
    ]),
    gauge("sluice_queue_limit_bytes", "Bytes that a subscriber may be behind.", [
      ...byVhost(reports, (one) => one.queue.sizeMax),
    ]),
    gauge("sluice_queue_limit_seconds", "Seconds that a subscriber may be behind.", [
      ...byVhost(reports, (one) => one.queue.durationMs / 1_000),
    ]),
    gauge("sluice_queue_lag_bytes_max", "Bytes that the worst subscriber is behind.", [
      sample(max(broadcasts, (one) => one.lagSizeMax)),
    ]),
    gauge("sluice_queue_lag_seconds_max", "Seconds that the worst subscriber is behind.", [
      sample(max(broadcasts, (one) => one.lagMsMax) / 1_000),
    ]),
  ];
}

function gauge(name: string, help: string, samples: readonly MetricSample[]): MetricFamily {
  return { name, type: "gauge", help, samples };
}

function sample(value: number): MetricSample {
  return { labels: {}, value };
}

/** A format's name goes on with what varies in it, such as the chunk size. */
function byFormat(
  broadcasts: readonly BroadcastReport[],
  value: (report: BroadcastReport) => number,
): MetricSample[] {
  const sums = new Map<string, number>();
  for (const one of broadcasts) {
    const [format = ""] = one.format.split("/");
    sums.set(format, (sums.get(format) ?? 0) + value(one));
  }
  return Array.from(sums, ([format, total]) => ({ labels: { format }, value: total }));
}

/** What is set is the same for all streams of a vhost, and vhosts are configured. */
function byVhost(
  reports: readonly StreamReport[],
  value: (report: StreamReport) => number,
): MetricSample[] {
  const values = new Map(reports.map((report) => [report.vhost, value(report)]));
  return Array.from(values, ([vhost, limit]) => ({ labels: { vhost }, value: limit }));
}

function sum<Report>(reports: readonly Report[], value: (report: Report) => number): number {
  return reports.reduce((total, report) => total + value(report), 0);
}

function max<Report>(reports: readonly Report[], value: (report: Report) => number): number {
  return reports.reduce((most, report) => Math.max(most, value(report)), 0);
}
