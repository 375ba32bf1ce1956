/**
 * `GET /metrics`: what Prometheus is told.
 *
 * @module
 */

import { VERSION } from "../../base/version.ts";
import type {
  ForwardReport,
  IngestReport,
  ProcessReport,
  PullReport,
  SessionReport,
  TranscodeReport,
} from "../../live/reports.ts";
import type { ServerIdentity } from "../../live/server-identity.ts";
import type { ServerView } from "../../live/server-view.ts";
import type { HttpResponse } from "../../protocols/http/handler.ts";
import { createErrorResponse } from "../../protocols/http/http-error.ts";
import type { HttpRequest } from "../../protocols/http/request.ts";
import { exchangeFamilies } from "./exchange-families.ts";
import { EXPOSITION_TYPE, formatMetrics, type MetricFamily } from "./exposition.ts";
import { hookFamilies } from "./hook-families.ts";
import { processFamilies } from "./process-families.ts";
import { programFamilies } from "./program-families.ts";
import { protocolFamilies } from "./protocol-families.ts";
import { recordingFamilies } from "./recording-families.ts";
import { type SrsLabels, type SrsReports, srsFamilies } from "./srs-families.ts";
import { streamFamilies } from "./stream-families.ts";
import { timeFamilies } from "./time-families.ts";
import { tracingFamilies } from "./tracing-families.ts";
import { transportFamilies } from "./transport-families.ts";

const PATH = "/metrics";

/** SRS's answer where its exporter is off. */
const DISABLED: HttpResponse = {
  status: 200,
  fields: [["Content-Type", "application/json"]],
  body: '{"code":1090}',
};

export interface MetricsPorts {
  readonly view: ServerView;
  readonly identity: ServerIdentity;
  readonly isEnabled: boolean;
  readonly labels: SrsLabels;
}

/** Answers requests for the metrics; `undefined` for any other. */
export function createMetrics(
  ports: MetricsPorts,
): (request: Pick<HttpRequest, "path" | "method">) => Promise<HttpResponse | undefined> {
  const { view } = ports;
  return async ({ path, method }) => {
    if (path !== PATH) return undefined;
    if (!ports.isEnabled) return DISABLED;
    if (method !== "GET" && method !== "HEAD") {
      return createErrorResponse(405, "Method Not Allowed", [["Allow", "GET, HEAD"]]);
    }
    const [processes, streams, machine, forwards, pulls, transcodes, ingests] = await Promise.all([
      view.processes(),
      view.streams(),
      view.machine(),
      view.forwards(),
      view.pulls(),
      view.transcodes(),
      view.ingests(),
    ]);
    // There may be thousands, of which none has such figures.
    const sessions = processes.some(hasWebRtc) ? await view.sessions() : [];
    const reports = { processes, streams, sessions, machine, forwards, pulls, transcodes, ingests };
    return {
      status: 200,
      fields: [
        ["Content-Type", EXPOSITION_TYPE],
        ["Cache-Control", "no-store"],
      ],
      body: formatMetrics(collect(reports, ports)),
    };
  };
}

function hasWebRtc({ protocols }: ProcessReport): boolean {
  return (protocols["webrtc"]?.sessions ?? 0) > 0;
}

interface Reports extends SrsReports {
  readonly sessions: readonly SessionReport[];
  readonly forwards: readonly ForwardReport[];
  readonly pulls: readonly PullReport[];
  readonly transcodes: readonly TranscodeReport[];
  readonly ingests: readonly IngestReport[];
}

function collect(reports: Reports, { identity, labels }: MetricsPorts): MetricFamily[] {
  const { processes, forwards, pulls, transcodes, ingests } = reports;
  return [
    {
      name: "sluice_build_info",
      type: "gauge",
      help: "Always 1; the version is a label.",
      samples: [{ labels: { version: VERSION }, value: 1 }],
    },
    ...processFamilies(processes),
    ...protocolFamilies(processes),
    ...transportFamilies(reports.sessions),
    ...timeFamilies(processes),
    ...hookFamilies(processes),
    ...tracingFamilies(processes),
    ...recordingFamilies(processes),
    ...streamFamilies(reports.streams),
    ...exchangeFamilies(forwards, pulls),
    ...programFamilies(processes, transcodes, ingests),
    ...srsFamilies(reports, identity, labels),
  ];
}
