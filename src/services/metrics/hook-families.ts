/**
 * Figures of callbacks to backends, where there are any.
 *
 * @module
 */

import type { HookEventReport, HooksReport, ProcessReport } from "../../live/reports.ts";
import type { MetricFamily, MetricLabels, MetricSample } from "./exposition.ts";
import { histogramSamples } from "./histogram-samples.ts";
import { labelsOf } from "./process-families.ts";

export function hookFamilies(reports: readonly ProcessReport[]): MetricFamily[] {
  return [
    {
      name: "sluice_hook_calls_total",
      type: "counter",
      help: "Callbacks that have ended, by event and outcome.",
      samples: ofEvents(reports, ({ calls }, labels) =>
        Object.entries(calls).map(([outcome, value]) => ({
          labels: { ...labels, outcome },
          value,
        })),
      ),
    },
    {
      name: "sluice_hook_seconds",
      type: "histogram",
      help: "Time that callbacks took, by event.",
      samples: ofEvents(reports, ({ calls, buckets, seconds }, labels, { bounds }) => {
        const count = Object.values(calls).reduce((sum, value) => sum + value, 0);
        return histogramSamples({ bounds, buckets, sum: seconds, count }, labels);
      }),
    },
    {
      name: "sluice_hook_lost_total",
      type: "counter",
      help: "What backends were not told as it could not be delivered, by event.",
      samples: ofEvents(reports, ({ lost }, labels) => [{ labels, value: lost }]),
    },
    {
      name: "sluice_hook_queue_length",
      type: "gauge",
      help: "What backends are still to be told.",
      samples: reports.flatMap((report) => {
        if (report.hooks === null) return [];
        return [{ labels: labelsOf(report), value: report.hooks.queueLength }];
      }),
    },
  ];
}

function ofEvents(
  reports: readonly ProcessReport[],
  toSamples: (report: HookEventReport, labels: MetricLabels, hooks: HooksReport) => MetricSample[],
): MetricSample[] {
  return reports.flatMap((report) => {
    const { hooks } = report;
    if (hooks === null) return [];
    return hooks.events.flatMap((one) =>
      toSamples(one, { ...labelsOf(report), event: one.event }, hooks),
    );
  });
}
