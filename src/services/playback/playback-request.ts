/**
 * What a request for recordings asks for: `GET /live/show.mp4?from=2026-01-01T12:00:00Z&duration=60`.
 *
 * @module
 */

import { parsePointInTime } from "../../base/date-time.ts";
import { isSafeAppName, isSafeStreamName } from "../../base/stream-name.ts";
import { HttpError } from "../../protocols/http/http-error.ts";
import type { HttpRequest } from "../../protocols/http/request.ts";
import type { AnswerExtension } from "./answer-format.ts";

const PATH = /^\/(.+)\/([^/]+)\.(flv|mp4|ts)$/;
const SECONDS = /^\d{1,9}(?:\.\d{1,9})?$/;
/** An answer is of a day at most. */
export const DURATION_SECONDS_MAX = 86_400;

/** Which recordings are meant, as far as the path says. */
export interface PlaybackTarget {
  readonly app: string;
  readonly stream: string;
  readonly extension: AnswerExtension;
}

export interface PlaybackTimes {
  /** In milliseconds since the Unix epoch. */
  readonly fromMs: number;
  readonly endMs: number;
}

/** @returns `undefined` if the request is for something else. */
export function findPlaybackTarget(request: HttpRequest): PlaybackTarget | undefined {
  // Nearly all requests are for something else, and shall not pay for it.
  if (!request.query.includes("from=") || request.parameter("from") === undefined) return undefined;
  const [, app = "", stream = "", extension = ""] = PATH.exec(request.path) ?? [];
  if (!isSafeAppName(app) || !isSafeStreamName(stream)) return undefined;
  return { app, stream, extension: extension as AnswerExtension };
}

/** @throws {HttpError} 400, with what is wrong. */
export function readPlaybackTimes(request: HttpRequest): PlaybackTimes {
  const fromMs = parsePointInTime(request.parameter("from") ?? "");
  if (fromMs === undefined) {
    throw new HttpError(
      400,
      "Cannot play recordings: from is to be a time such as 2026-01-01T12:00:00Z, or Unix seconds",
    );
  }
  const duration = request.parameter("duration");
  if (duration === undefined) return { fromMs, endMs: fromMs + DURATION_SECONDS_MAX * 1_000 };
  const seconds = SECONDS.test(duration) ? Number(duration) : 0;
  if (seconds <= 0 || seconds > DURATION_SECONDS_MAX) {
    throw new HttpError(
      400,
      `Cannot play recordings: duration is to be seconds, up to ${DURATION_SECONDS_MAX}`,
    );
  }
  return { fromMs, endMs: fromMs + seconds * 1_000 };
}
