/**
 * `/api/v1/dvrs`: streams that are being recorded; POST begins, DELETE ends. SRS has nothing like it.
 *
 * @module
 */

import { parseStreamUrl, type StreamName } from "../../base/stream-name.ts";
import type { RecordingProblem, RecordingReport } from "../../live/reports.ts";
import { HttpError } from "../../protocols/http/http-error.ts";
import { type ApiAnswer, envelope, notAllowed } from "./answers.ts";
import type { ApiParts } from "./api.ts";
import { isOwnPage } from "./own-page.ts";
import type { ApiRequest, Router } from "./router.ts";
import { streamOfBody, streamOfQuery } from "./stream-of-request.ts";

const PROBLEMS: Readonly<Record<RecordingProblem, readonly [status: number, message: string]>> = {
  not_published: [404, "Cannot record: nobody publishes such a stream here"],
  vhost_not_served: [404, "Cannot record: the vhost is not served"],
  recorded_already: [409, "Cannot record: the stream is being recorded already"],
  not_recorded: [404, "Cannot stop: the stream is not being recorded"],
};

export function addDvrs(router: Router, { identity, view, config }: ApiParts): void {
  const list = async (): Promise<ApiAnswer> => ({
    ...envelope(identity),
    dvrs: (await view.dvrs()).map(toDvr),
  });
  const set = async (name: StreamName, isRunning: boolean): Promise<ApiAnswer> => {
    const vhost = Object.hasOwn(config.vhosts, name.vhost) ? config.vhosts[name.vhost] : undefined;
    const isServed = vhost?.enabled === true;
    const problem =
      isRunning && !isServed ? "vhost_not_served" : await view.setDvr(name, isRunning);
    if (problem === undefined) return envelope(identity);
    throw new HttpError(...PROBLEMS[problem]);
  };
  router.at("/api/v1/dvrs", async ({ method, http }: ApiRequest) => {
    if (method === "GET" || method === "HEAD") return list();
    if (method !== "POST" && method !== "DELETE") return notAllowed("GET, HEAD, POST, DELETE");
    if (!isOwnPage(http)) throw new HttpError(403, "Cannot do it: a page of another site asks");
    return method === "POST"
      ? set(await streamOfBody(http), true)
      : set(streamOfQuery(http), false);
  });
}

function toDvr(report: RecordingReport): Readonly<Record<string, unknown>> {
  const { url, file, format, plan } = report;
  const { vhost = "", app = "", stream = "" } = parseStreamUrl(url) ?? {};
  return {
    ...{ url, vhost, app, stream, file, format, plan },
    started_ms: report.startedWallMs === null ? null : Math.round(report.startedWallMs),
    duration_ms: report.durationMs,
    bytes: report.size,
    asked_for: report.isAskedFor,
    waiting: report.isWaiting,
    failing: report.isFailing,
  };
}
