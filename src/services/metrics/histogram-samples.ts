/**
 * A histogram as Prometheus takes it: counts up to each bound, up to any, and the sum.
 *
 * @module
 */

import type { HistogramReport } from "../../live/histogram.ts";
import type { MetricLabels, MetricSample } from "./exposition.ts";

export function histogramSamples(
  { bounds, buckets, sum, count }: HistogramReport,
  labels: MetricLabels,
): MetricSample[] {
  const bucket = (le: string, value: number): MetricSample => {
    return { suffix: "_bucket", labels: { ...labels, le }, value };
  };
  return [
    ...bounds.map((bound, index) => bucket(String(bound), buckets[index] ?? 0)),
    bucket("+Inf", count),
    { suffix: "_sum", labels, value: sum },
    { suffix: "_count", labels, value: count },
  ];
}
