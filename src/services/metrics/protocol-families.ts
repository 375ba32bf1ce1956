/**
 * Figures of sessions by the protocol that they speak.
 *
 * @module
 */

import type { ProcessReport, ProtocolReport } from "../../live/reports.ts";
import type { MetricFamily, MetricSample } from "./exposition.ts";
import { histogramSamples } from "./histogram-samples.ts";
import { labelsOf } from "./process-families.ts";

interface Figure {
  readonly name: string;
  readonly help: string;
  readonly value: (report: ProtocolReport) => number;
}

const FIGURES: readonly Figure[] = [
  {
    name: "sluice_protocol_sessions",
    help: "Sessions by protocol.",
    value: ({ sessions }) => sessions,
  },
  {
    name: "sluice_protocol_sessions_total",
    help: "Sessions so far.",
    value: ({ sessionsTotal }) => sessionsTotal,
  },
  {
    name: "sluice_protocol_session_errors_total",
    help: "Sessions that ended by an error or a refusal.",
    value: ({ errors }) => errors,
  },
  {
    name: "sluice_protocol_received_bytes_total",
    help: "Bytes received from sessions.",
    value: ({ receivedSize }) => receivedSize,
  },
  {
    name: "sluice_protocol_sent_bytes_total",
    help: "Bytes sent to sessions.",
    value: ({ sentSize }) => sentSize,
  },
  {
    name: "sluice_protocol_skips_total",
    help: "How often a player fell too far behind and skipped to a key frame.",
    value: ({ skips }) => skips,
  },
  {
    name: "sluice_protocol_skipped_bytes_total",
    help: "Bytes that players did not get because they skipped.",
    value: ({ skippedSize }) => skippedSize,
  },
];

export function protocolFamilies(reports: readonly ProcessReport[]): MetricFamily[] {
  const families = FIGURES.map(({ name, help, value }): MetricFamily => {
    const type = name.endsWith("_total") ? "counter" : "gauge";
    const samples = sample(reports, ({ protocol, report, labels }) => {
      return [{ labels: { ...labels, protocol }, value: value(report) }];
    });
    return { name, type, help, samples };
  });
  return [...families, firstFrames(reports)];
}

function firstFrames(reports: readonly ProcessReport[]): MetricFamily {
  return {
    name: "sluice_first_frame_seconds",
    type: "histogram",
    help: "Time from the request of a player to its first key frame sent.",
    samples: sample(reports, ({ protocol, report: { firstFrame }, labels }) => {
      return firstFrame === null ? [] : histogramSamples(firstFrame, { ...labels, protocol });
    }),
  };
}

interface Part {
  readonly protocol: string;
  readonly report: ProtocolReport;
  readonly labels: Readonly<Record<string, string>>;
}

function sample(
  reports: readonly ProcessReport[],
  toSamples: (part: Part) => MetricSample[],
): MetricSample[] {
  return reports.flatMap((process) => {
    const labels = labelsOf(process);
    return Object.entries(process.protocols).flatMap(([protocol, report]) =>
      toSamples({ protocol, report, labels }),
    );
  });
}
