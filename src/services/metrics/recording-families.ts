/**
 * What is being recorded, and what has become of it.
 *
 * @module
 */

import type { ProcessReport, RecordingsReport } from "../../live/reports.ts";
import type { MetricFamily } from "./exposition.ts";
import { labelsOf } from "./process-families.ts";

export function recordingFamilies(reports: readonly ProcessReport[]): MetricFamily[] {
  const family = (
    name: string,
    help: string,
    value: (report: RecordingsReport) => number,
  ): MetricFamily => ({
    name: `sluice_recording_${name}`,
    type: name.endsWith("_total") ? "counter" : "gauge",
    help,
    samples: reports.flatMap((report) => {
      const { recordings } = report;
      return recordings === null ? [] : [{ labels: labelsOf(report), value: value(recordings) }];
    }),
  });
  return [
    family("streams", "Streams that are being recorded.", ({ streams }) => streams),
    family("failing", "Those of them for which the disk fails.", ({ failing }) => failing),
    family("files_total", "Files that are complete.", ({ finished }) => finished),
    family("bytes_total", "Bytes in them.", ({ finishedSize }) => finishedSize),
    family("failures_total", "Files that ended as the disk failed.", ({ failed }) => failed),
    family(
      "frames_left_out_total",
      "Frames in no file, as files would have begun too often.",
      ({ framesLeftOut }) => framesLeftOut,
    ),
    family("queue_bytes", "Bytes that wait for the disk.", ({ waitingSize }) => waitingSize),
  ];
}
