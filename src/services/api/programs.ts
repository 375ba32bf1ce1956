/**
 * `/api/v1/transcodes` and `/api/v1/ingests`: FFmpeg at work. SRS has nothing like them.
 *
 * @module
 */

import { DEFAULT_VHOST } from "../../base/stream-name.ts";
import type { FfmpegReport, IngestReport, TranscodeReport } from "../../live/reports.ts";
import { HttpError } from "../../protocols/http/http-error.ts";
import { type ApiAnswer, envelope, notAllowed } from "./answers.ts";
import type { ApiParts } from "./api.ts";
import { feedChanger } from "./feed-changes.ts";
import { isOwnPage } from "./own-page.ts";
import type { ApiRequest, Router } from "./router.ts";

const INGESTS = "/api/v1/ingests";

export function addPrograms(router: Router, parts: ApiParts): void {
  const { identity, view } = parts;
  const change = feedChanger(parts, "ingest");
  router.at("/api/v1/transcodes", async ({ method }) => {
    if (method !== "GET" && method !== "HEAD") return notAllowed("GET, HEAD");
    return { ...envelope(identity), transcodes: (await view.transcodes()).map(toTranscode) };
  });
  router.at(INGESTS, async (request) => {
    if (request.method !== "GET" && request.method !== "HEAD") return change(request);
    return { ...envelope(identity), ingests: (await view.ingests()).map(toIngest) };
  });
  const set = async ({ method, http }: ApiRequest, isRunning: boolean): Promise<ApiAnswer> => {
    if (method !== "POST") return notAllowed("POST");
    if (!isOwnPage(http)) {
      throw new HttpError(403, "Cannot start or stop it: a page of another site asks");
    }
    const [vhost, id] = [http.parameter("vhost") ?? DEFAULT_VHOST, http.parameter("id")];
    if (id === undefined) throw new HttpError(400, "Cannot tell which ingester: expected an id");
    if (await view.setIngest(vhost, id, isRunning)) return envelope(identity);
    throw new HttpError(404, "Cannot find such an ingester");
  };
  router.at(`${INGESTS}/start`, (request) => set(request, true));
  router.at(`${INGESTS}/stop`, (request) => set(request, false));
}

function toTranscode(report: TranscodeReport): Readonly<Record<string, unknown>> {
  const { url, block, engine, output } = report;
  return { url, transcode: block, engine, output, ...toRun(report) };
}

function toIngest(report: IngestReport): Readonly<Record<string, unknown>> {
  const { vhost, id, engine, input, output } = report;
  return { vhost, id, engine, input, output, ...toRun(report) };
}

function toRun(
  report: Omit<FfmpegReport, "state"> & { readonly state: string },
): Readonly<Record<string, unknown>> {
  const { state, pid, starts, kills, problem, progress } = report;
  return {
    ...{ state, state_ms: report.stateMs, pid, starts, kills, problem },
    progress: progress && {
      frames: progress.frames,
      fps: progress.fps,
      speed: progress.speed,
      out_time_ms: progress.outTimeMs,
      out_bytes: progress.outSize,
      dropped_frames: progress.droppedFrames,
    },
  };
}
