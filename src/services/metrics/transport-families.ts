/**
 * How packets of WebRTC fare on their way, over all sessions: which of them fares badly is for the API
 * to tell.
 *
 * @module
 */

import type { SessionReport, TransportReport } from "../../live/reports.ts";
import type { MetricFamily, MetricSample } from "./exposition.ts";

/** One of the figures; `null`: not known yet. */
type Value = (transport: TransportReport) => number | null;

export function transportFamilies(sessions: readonly SessionReport[]): MetricFamily[] {
  const family = (name: string, help: string, value: Value): MetricFamily => ({
    name: `sluice_webrtc_${name}`,
    type: "gauge",
    help,
    samples: [
      ...statistics("publish", valuesOf(sessions, true, value)),
      ...statistics("play", valuesOf(sessions, false, value)),
    ],
  });
  return [
    family("round_trip_seconds", "Time to a peer and back.", ({ rttMs }) =>
      rttMs === null ? null : rttMs / 1_000,
    ),
    family("loss_ratio", "Share of packets that were lost.", ({ lossRate }) => lossRate),
  ];
}

function valuesOf(
  sessions: readonly SessionReport[],
  isPublishing: boolean,
  value: Value,
): number[] {
  const values: number[] = [];
  for (const session of sessions) {
    if (session.isPublishing !== isPublishing || session.transport === null) continue;
    const one = value(session.transport);
    if (one !== null) values.push(one);
  }
  return values;
}

function statistics(direction: string, values: readonly number[]): MetricSample[] {
  if (values.length === 0) return [];
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const max = values.reduce((most, value) => Math.max(most, value), 0);
  return [
    { labels: { direction, statistic: "mean" }, value: mean },
    { labels: { direction, statistic: "max" }, value: max },
  ];
}
