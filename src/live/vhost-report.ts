/**
 * What is told of vhosts: their streams, those that are gone included.
 *
 * @module
 */

import type { Traffic } from "./admission.ts";
import type { StreamReport, VhostReport } from "./reports.ts";

/** Whether there is anybody; SRS forgets a stream with its last client. */
export function isInUse({ publisher, isRelayed, clients }: StreamReport): boolean {
  return publisher !== null || isRelayed || clients > 0;
}

/**
 * @param past Vhosts that have had streams, with the media of those that are gone.
 * @param streams Those that are there.
 */
export function reportVhosts(
  past: ReadonlyMap<string, Traffic>,
  streams: readonly StreamReport[],
): VhostReport[] {
  return Array.from(past, ([name, traffic]) => {
    const own = streams.filter((stream) => stream.vhost === name);
    const sum = (value: (report: StreamReport) => number): number =>
      own.reduce((total, report) => total + value(report), 0);
    return {
      name,
      streams: own.filter(isInUse).length,
      clients: sum((report) => report.clients),
      receivedSize: traffic.receivedSize + sum((report) => report.receivedSize),
      sentSize: traffic.sentSize + sum((report) => report.sentSize),
      receivedRate: sum((report) => report.receivedRate),
      sentRate: sum((report) => report.sentRate),
    };
  });
}

/** @param streams Every stream once, as several processes may have the same. */
export function mergeVhosts(
  reports: readonly (readonly VhostReport[])[],
  streams: readonly StreamReport[],
): VhostReport[] {
  const merged = new Map<string, VhostReport>();
  for (const report of reports.flat()) {
    const known = merged.get(report.name);
    merged.set(report.name, known === undefined ? report : addVhosts(known, report));
  }
  return Array.from(merged.values(), (report) => ({
    ...report,
    streams: streams.filter((one) => one.vhost === report.name && isInUse(one)).length,
  }));
}

function addVhosts(a: VhostReport, b: VhostReport): VhostReport {
  return {
    ...a,
    clients: a.clients + b.clients,
    receivedSize: a.receivedSize + b.receivedSize,
    sentSize: a.sentSize + b.sentSize,
    receivedRate: a.receivedRate + b.receivedRate,
    sentRate: a.sentRate + b.sentRate,
  };
}
