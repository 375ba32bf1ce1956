/**
 * How long the processes take: for a flush, and before they get to do what they mean to.
 *
 * @module
 */

import type { ProcessReport } from "../../live/reports.ts";
import type { MetricFamily } from "./exposition.ts";
import { histogramSamples } from "./histogram-samples.ts";
import { labelsOf } from "./process-families.ts";

export function timeFamilies(reports: readonly ProcessReport[]): MetricFamily[] {
  return [
    {
      name: "sluice_flush_seconds",
      type: "histogram",
      help: "Time to hand a block of a stream to all of its subscribers, by output format.",
      samples: reports.flatMap((report) =>
        Object.entries(report.flushes).flatMap(([format, histogram]) =>
          histogramSamples(histogram, { ...labelsOf(report), format }),
        ),
      ),
    },
    {
      name: "sluice_event_loop_delay_seconds",
      type: "histogram",
      help: "How late a timer came that is set ten times a second.",
      samples: reports.flatMap((report) =>
        histogramSamples(report.eventLoopDelay, labelsOf(report)),
      ),
    },
  ];
}
