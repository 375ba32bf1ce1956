/**
 * `GET /metrics`: what Prometheus is told.
 *
 * @module
 */

import { VERSION } from "../../base/version.ts";
import type { ProcessReport, StreamReport } from "../../live/reports.ts";
import type { ServerView } from "../../live/server-view.ts";
import type { HttpResponse } from "../../protocols/http/handler.ts";
import { createErrorResponse } from "../../protocols/http/http-error.ts";
import type { HttpRequest } from "../../protocols/http/request.ts";
import { EXPOSITION_TYPE, formatMetrics, type MetricFamily } from "./exposition.ts";
import { processFamilies } from "./process-families.ts";
import { streamFamilies } from "./stream-families.ts";

const PATH = "/metrics";

/** Answers requests for the metrics; `undefined` for any other. */
export function createMetrics(
  view: ServerView,
): (request: Pick<HttpRequest, "path" | "method">) => Promise<HttpResponse | undefined> {
  return async ({ path, method }) => {
    if (path !== PATH) return undefined;
    if (method !== "GET" && method !== "HEAD") {
      return createErrorResponse(405, "Method Not Allowed", [["Allow", "GET, HEAD"]]);
    }
    const [processes, streams] = await Promise.all([view.processes(), view.streams()]);
    return {
      status: 200,
      fields: [
        ["Content-Type", EXPOSITION_TYPE],
        ["Cache-Control", "no-store"],
      ],
      body: formatMetrics(collect(processes, streams)),
    };
  };
}

function collect(
  processes: readonly ProcessReport[],
  streams: readonly StreamReport[],
): MetricFamily[] {
  return [
    {
      name: "sluice_build_info",
      type: "gauge",
      help: "Always 1; the version is a label.",
      samples: [{ labels: { version: VERSION }, value: 1 }],
    },
    ...processFamilies(processes),
    ...streamFamilies(streams),
  ];
}
