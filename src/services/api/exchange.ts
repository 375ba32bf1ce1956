/**
 * `/api/v1/forwards` and `/api/v1/pulls`: streams on their way to other servers, and from them. SRS has
 * nothing like it.
 *
 * @module
 */

import type { ForwardReport, PullReport } from "../../live/reports.ts";
import { envelope, notAllowed } from "./answers.ts";
import type { ApiParts } from "./api.ts";
import { feedChanger } from "./feed-changes.ts";
import type { Endpoint, Router } from "./router.ts";

type Json = Readonly<Record<string, unknown>>;

export function addExchange(router: Router, parts: ApiParts): void {
  const { identity, view } = parts;
  const list = (path: string, entries: () => Promise<Json>, change?: Endpoint): void => {
    router.at(path, async (request) => {
      const { method } = request;
      if (method === "GET" || method === "HEAD") {
        return { ...envelope(identity), ...(await entries()) };
      }
      return change === undefined ? notAllowed("GET, HEAD") : change(request);
    });
  };
  list("/api/v1/forwards", async () => ({ forwards: (await view.forwards()).map(toForward) }));
  list(
    "/api/v1/pulls",
    async () => ({ pulls: (await view.pulls()).map(toPull) }),
    feedChanger(parts, "pull"),
  );
}

function toPull(report: PullReport): Json {
  const { id, url, source, state, problem, connects, failures } = report;
  return {
    id,
    url,
    source,
    state,
    state_ms: report.stateMs,
    connects,
    failures,
    problem: problem === "" ? null : problem,
  };
}

function toForward(report: ForwardReport): Json {
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
