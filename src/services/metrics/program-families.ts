/**
 * Programs that run beside the server. What they work on is for the API to tell: names of streams are no
 * labels here.
 *
 * @module
 */

import type {
  IngestReport,
  ProcessReport,
  ProgramsReport,
  TranscodeReport,
} from "../../live/reports.ts";
import type { MetricFamily, MetricSample } from "./exposition.ts";
import { labelsOf } from "./process-families.ts";

const STATES = ["starting", "running", "pausing"] as const;

export function programFamilies(
  processes: readonly ProcessReport[],
  transcodes: readonly TranscodeReport[],
  ingests: readonly IngestReport[],
): MetricFamily[] {
  const samples = (pick: (programs: ProgramsReport) => number): MetricSample[] =>
    processes.flatMap((report) =>
      report.programs === null ? [] : [{ labels: labelsOf(report), value: pick(report.programs) }],
    );
  return [
    {
      name: "sluice_programs",
      type: "gauge",
      help: "Programs that run beside the server.",
      samples: samples(({ running }) => running),
    },
    {
      name: "sluice_programs_limit",
      type: "gauge",
      help: "How many programs may run.",
      samples: samples(({ runningMax }) => runningMax),
    },
    {
      name: "sluice_program_starts_total",
      type: "counter",
      help: "Programs started so far.",
      samples: samples(({ starts }) => starts),
    },
    {
      name: "sluice_program_failures_total",
      type: "counter",
      help: "Programs that ended though they were wanted, or could not be started.",
      samples: samples(({ failures }) => failures),
    },
    {
      name: "sluice_program_kills_total",
      type: "counter",
      help: "Programs ended by force.",
      samples: samples(({ kills }) => kills),
    },
    {
      name: "sluice_program_refusals_total",
      type: "counter",
      help: "Programs that were to run once, and were left out for want of room.",
      samples: samples(({ refusals }) => refusals),
    },
    {
      name: "sluice_transcodes",
      type: "gauge",
      help: "Encoders of published streams, by what they do.",
      samples: byState(transcodes, STATES),
    },
    {
      name: "sluice_ingests",
      type: "gauge",
      help: "Ingesters, by what they do.",
      samples: byState(ingests, [...STATES, "stopped"]),
    },
  ];
}

function byState(
  reports: readonly { readonly state: string }[],
  states: readonly string[],
): MetricSample[] {
  if (reports.length === 0) return [];
  return states.map((state) => ({
    labels: { state },
    value: reports.filter((report) => report.state === state).length,
  }));
}
