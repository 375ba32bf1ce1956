/**
 * `/api/v1/recordings`: what has been recorded; `/api/v1/recordings/{id}` one of them, which DELETE
 * removes, and `/api/v1/recordings/{id}/file` its file. SRS has nothing like it.
 *
 * @module
 */

import { parsePointInTime } from "../../base/date-time.ts";
import { SystemError } from "../../base/errors.ts";
import type { StreamName } from "../../base/stream-name.ts";
import type { HttpResponse } from "../../protocols/http/handler.ts";
import { HttpError } from "../../protocols/http/http-error.ts";
import type { HttpRequest } from "../../protocols/http/request.ts";
import { type ApiAnswer, envelope, notAllowed } from "./answers.ts";
import type { ApiParts } from "./api.ts";
import { isOwnPage } from "./own-page.ts";
import { readPage } from "./paging.ts";
import type { ApiRequest, Router } from "./router.ts";

/** A recording that is complete. */
export interface RecordingEntry {
  readonly id: string;
  readonly url: string;
  readonly name: StreamName;
  readonly path: string;
  readonly format: string;
  /** Milliseconds since the Unix epoch. */
  readonly startedWallMs: number;
  readonly durationMs: number;
  /** Bytes. */
  readonly size: number;
  readonly tracks: readonly { readonly kind: string; readonly codec: string }[];
}

/** Where recordings are; `app` puts it together. Ids are anybody's text. */
export interface RecordingStore {
  /** The newest first. All that is given of the filter must be so. */
  find(filter: {
    readonly vhost: string | undefined;
    readonly app: string | undefined;
    readonly stream: string | undefined;
    /** Recordings that end then or later, and begin then or earlier. */
    readonly fromWallMs: number | undefined;
    readonly toWallMs: number | undefined;
    readonly start: number;
    readonly limit: number;
  }): Promise<readonly RecordingEntry[]>;
  get(id: string): Promise<RecordingEntry | undefined>;
  /** Answers with the file, or a part of it. @returns `undefined` if there is no such recording. */
  serve(request: HttpRequest, id: string): Promise<HttpResponse | undefined>;
  /** Deletes it. @returns Whether there was such a recording. @throws {SystemError} */
  remove(id: string): Promise<boolean>;
}

const PATH = "/api/v1/recordings";
const FILE = "/file";

export function addRecordings(router: Router, { identity, recordings }: ApiParts): void {
  if (recordings === undefined) return;
  router.at(PATH, async ({ method, http }) => {
    if (method !== "GET" && method !== "HEAD") return notAllowed("GET, HEAD");
    const { start, count: limit } = readPage(http);
    const [vhost, app, stream] = ["vhost", "app", "stream"].map((part) => http.parameter(part));
    const [fromWallMs, toWallMs] = [readTime(http, "from"), readTime(http, "to")];
    const filter = { vhost, app, stream, fromWallMs, toWallMs, start, limit };
    const found = await recordings.find(filter);
    return { ...envelope(identity), recordings: found.map(toEntry) };
  });
  const one = async (id: string): Promise<ApiAnswer> => {
    const recording = await recordings.get(id);
    if (recording === undefined) throw notFound();
    return { ...envelope(identity), recording: toEntry(recording) };
  };
  const remove = async (id: string, http: HttpRequest): Promise<ApiAnswer> => {
    if (!isOwnPage(http)) throw new HttpError(403, "Cannot delete it: a page of another site asks");
    try {
      if (await recordings.remove(id)) return envelope(identity);
    } catch (cause) {
      if (!(cause instanceof SystemError)) throw cause;
      throw notDeleted(cause);
    }
    throw notFound();
  };
  router.below(`${PATH}/`, async ({ method, rest, http }: ApiRequest) => {
    const isReading = method === "GET" || method === "HEAD";
    if (rest.endsWith(FILE)) {
      if (!isReading) return notAllowed("GET, HEAD");
      const answer = await recordings.serve(http, rest.slice(0, -FILE.length));
      if (answer === undefined) throw notFound();
      return answer;
    }
    if (isReading) return one(rest);
    return method === "DELETE" ? remove(rest, http) : notAllowed("GET, HEAD, DELETE");
  });
}

function toEntry(recording: RecordingEntry): Readonly<Record<string, unknown>> {
  const { id, url, name, path: file, format, durationMs, size, tracks } = recording;
  return {
    ...{ id, url, vhost: name.vhost, app: name.app, stream: name.stream, file, format },
    started_ms: recording.startedWallMs,
    duration_ms: durationMs,
    bytes: size,
    tracks: tracks.map(({ kind, codec }) => ({ kind, codec })),
  };
}

function notFound(): HttpError {
  return new HttpError(404, "Cannot find such a recording");
}

function notDeleted(cause: SystemError): HttpError {
  return new HttpError(500, `Cannot delete it: the disk says ${cause.code}`, [], { cause });
}

/** @throws {HttpError} 400 if it is no time. */
function readTime(http: HttpRequest, name: string): number | undefined {
  const text = http.parameter(name);
  if (text === undefined || text === "") return undefined;
  const wallMs = parsePointInTime(text);
  if (wallMs !== undefined) return wallMs;
  const expected = "expected seconds since 1970, or a time such as 2026-01-01T12:00:00Z";
  throw new HttpError(400, `Cannot read "${name}": ${expected}`);
}
