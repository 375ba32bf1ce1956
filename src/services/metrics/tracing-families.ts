/**
 * What has become of traces, where sessions are traced.
 *
 * @module
 */

import type { ProcessReport, TracingReport } from "../../live/reports.ts";
import type { MetricFamily } from "./exposition.ts";
import { labelsOf } from "./process-families.ts";

export function tracingFamilies(reports: readonly ProcessReport[]): MetricFamily[] {
  const family = (
    name: string,
    help: string,
    value: (report: TracingReport) => number,
  ): MetricFamily => ({
    name,
    type: name.endsWith("_total") ? "counter" : "gauge",
    help,
    samples: reports.flatMap((report) => {
      const { tracing } = report;
      return tracing === null ? [] : [{ labels: labelsOf(report), value: value(tracing) }];
    }),
  });
  return [
    family("sluice_trace_spans_sent_total", "Spans that a collector took.", ({ sent }) => sent),
    family("sluice_trace_spans_dropped_total", "Spans that were lost.", ({ dropped }) => dropped),
    family("sluice_trace_queue_length", "Spans to be sent.", ({ queueLength }) => queueLength),
  ];
}
