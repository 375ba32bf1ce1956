/**
 * `/api/v1/forwards`: streams on their way to other servers. SRS has nothing like it.
 *
 * @module
 */

import type { ForwardReport } from "../../live/reports.ts";
import { envelope, notAllowed } from "./answers.ts";
import type { ApiParts } from "./api.ts";
import type { Router } from "./router.ts";

export function addForwards(router: Router, { identity, view }: ApiParts): void {
  router.at("/api/v1/forwards", async ({ method }) => {
    if (method !== "GET" && method !== "HEAD") return notAllowed("GET, HEAD");
    return { ...envelope(identity), forwards: (await view.forwards()).map(toEntry) };
  });
}

function toEntry(report: ForwardReport): Readonly<Record<string, unknown>> {
  const { url, destination, state, problem, connects, failures, skips } = report;
  return {
    url,
    destination,
    state,
    state_ms: report.stateMs,
    connects,
    failures,
    problem: problem === "" ? null : problem,
    send_bytes: report.sentSize,
    lag_ms: report.lagMs,
    skips,
  };
}
