/**
 * Figures of the processes: what they use, who is connected, what went through them.
 *
 * @module
 */

import type { ProcessReport } from "../../live/reports.ts";
import type { MetricFamily, MetricLabels, MetricSample } from "./exposition.ts";

/** How a figure is found in a report. `null`: this process cannot tell. */
interface Figure {
  readonly name: string;
  readonly type: "counter" | "gauge";
  readonly help: string;
  readonly value: (report: ProcessReport) => number | null;
}

const FIGURES: readonly Figure[] = [
  {
    name: "process_cpu_seconds_total",
    type: "counter",
    help: "User and system processor time.",
    value: ({ cpuUserMs, cpuSystemMs }) => (cpuUserMs + cpuSystemMs) / 1_000,
  },
  {
    name: "process_resident_memory_bytes",
    type: "gauge",
    help: "Resident memory.",
    value: ({ residentSize }) => residentSize,
  },
  {
    name: "process_open_fds",
    type: "gauge",
    help: "Open file descriptors.",
    value: ({ openFiles }) => openFiles,
  },
  {
    name: "process_start_time_seconds",
    type: "gauge",
    help: "When the process started, since the Unix epoch.",
    value: ({ startedMs }) => startedMs / 1_000,
  },
  {
    name: "sluice_heap_bytes",
    type: "gauge",
    help: "Used memory of the JavaScript heap.",
    value: ({ heapSize }) => heapSize,
  },
  {
    name: "sluice_timers",
    type: "gauge",
    help: "Timers that have been set and have not fired.",
    value: ({ pendingTimers }) => pendingTimers,
  },
  {
    name: "sluice_connections",
    type: "gauge",
    help: "Connections that count towards the limit.",
    value: ({ connections }) => connections,
  },
  {
    name: "sluice_sessions_total",
    type: "counter",
    help: "Sessions so far.",
    value: ({ sessionsTotal }) => sessionsTotal,
  },
  {
    name: "sluice_received_bytes_total",
    type: "counter",
    help: "Bytes received over all connections.",
    value: ({ receivedSize }) => receivedSize,
  },
  {
    name: "sluice_sent_bytes_total",
    type: "counter",
    help: "Bytes sent over all connections.",
    value: ({ sentSize }) => sentSize,
  },
  {
    name: "sluice_skips_total",
    type: "counter",
    help: "How often a subscriber fell too far behind and skipped to a key frame.",
    value: ({ drops }) => drops.skips,
  },
  {
    name: "sluice_skipped_bytes_total",
    type: "counter",
    help: "Bytes that subscribers did not get because they skipped.",
    value: ({ drops }) => drops.skippedSize,
  },
  {
    name: "sluice_write_timeouts_total",
    type: "counter",
    help: "Subscribers that were closed because they took nothing for too long.",
    value: ({ drops }) => drops.writeTimeouts,
  },
];

/** A sample of each process, which a label names if there are several. */
export function processFamilies(reports: readonly ProcessReport[]): MetricFamily[] {
  const families = FIGURES.map(({ value, ...family }): MetricFamily => {
    const samples = reports.flatMap((report): MetricSample[] => {
      const figure = value(report);
      return figure === null ? [] : [{ labels: labelsOf(report), value: figure }];
    });
    return { ...family, samples };
  });
  return [...families, connectionsLimit(reports), sessions(reports)];
}

function connectionsLimit(reports: readonly ProcessReport[]): MetricFamily {
  const limits = reports.map((report) => report.connectionsMax);
  return {
    name: "sluice_connections_limit",
    type: "gauge",
    help: "Connections that the server takes at most, over all of its processes; 0 for any number.",
    samples: limits.length === 0 ? [] : [{ labels: {}, value: Math.max(...limits) }],
  };
}

function sessions(reports: readonly ProcessReport[]): MetricFamily {
  return {
    name: "sluice_sessions",
    type: "gauge",
    help: "Sessions by what they do, named as in the HTTP API.",
    samples: reports.flatMap((report) =>
      Object.entries(report.sessions).map(([type, value]) => ({
        labels: { ...labelsOf(report), type },
        value,
      })),
    ),
  };
}

/** Says which process, if there are several. */
export function labelsOf({ role, worker }: ProcessReport): MetricLabels {
  if (role === "single") return {};
  return { worker: worker === null ? role : String(worker) };
}
