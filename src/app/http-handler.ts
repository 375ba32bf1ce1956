/**
 * What an HTTP port answers: the API, live streams, files, and the pages that come with the program.
 *
 * @module
 */

import type { FieldList } from "../codec/http/response-head.ts";
import type { HttpAnswer, HttpContext, HttpHandler } from "../protocols/http/handler.ts";
import {
  createErrorResponse,
  createNotFoundResponse,
  toErrorResponse,
} from "../protocols/http/http-error.ts";
import type { HttpRequest } from "../protocols/http/request.ts";
import { addFields } from "../servers/http/cors.ts";
import { redirect } from "../services/api/answers.ts";
import { CONSOLE, isConsolePath } from "./console-path.ts";
import type { HttpRole } from "./http-ports.ts";

/** Answers a request, or says by `undefined` that it is for something else. */
export type PartialHandler = (
  request: HttpRequest,
  context: HttpContext,
) => Promise<HttpAnswer | undefined> | HttpAnswer | undefined;

export interface HttpHandlers {
  /** Answers OPTIONS, whatever it is for. */
  readonly options: PartialHandler;
  /** Answers who asks to publish or to play by WebRTC. */
  readonly webRtc: PartialHandler;
  /** Answers with what has been recorded in a time. */
  readonly recorded: PartialHandler;
  /** Answers with playlists and segments. */
  readonly packaged: PartialHandler;
  /** Answers with streams that are published. */
  readonly published: PartialHandler;
  /** Answers with pictures of streams that are published. */
  readonly pictures: PartialHandler;
  readonly files: PartialHandler;
  /** Answers with the console, where there are no files of it. */
  readonly console: PartialHandler;
  /** Answers with streams that may come, for whose names there are no files. */
  readonly streams: PartialHandler;
  /** Says of which streams there is no picture. */
  readonly missingPictures: PartialHandler;
  /** Answers who may not see the API and the metrics. */
  readonly access: PartialHandler;
  readonly metrics: PartialHandler;
  readonly api: (request: HttpRequest, context: HttpContext) => Promise<HttpAnswer>;
  /** Header fields for every answer: whether pages of other origins may read it. */
  readonly fields: (request: HttpRequest) => FieldList;
}

/** The path that says which server this is; answered on every HTTP port, as SRS does. */
export const VERSIONS_PATH = "/api/v1/versions";

/** Answered to everybody on the ports of the API and of metrics: whether the server does its work. */
export const HEALTH_PATH = "/healthz";

const WELL: HttpAnswer = {
  status: 200,
  fields: [
    ["Content-Type", "application/json"],
    ["Cache-Control", "no-store"],
  ],
  body: '{"code":0}',
};

const METRICS = "/metrics";

/** Puts the handlers of a port's roles into one, in the order of what is asked for most. */
export function createHttpHandler(
  handlers: HttpHandlers,
  roles: ReadonlySet<HttpRole>,
): HttpHandler {
  const hasStreams = roles.has("streams");
  const isApi = apiPaths(roles);
  const parts: PartialHandler[] = [handlers.options];
  if (roles.has("api") || roles.has("exporter")) parts.push(answerHealth);
  if (hasStreams || roles.has("api")) parts.push(handlers.webRtc);
  parts.push((request, context) =>
    isApi(request.path) ? answerApi(handlers, request, context) : undefined,
  );
  if (roles.has("api") && !hasStreams) {
    parts.push(redirectConsole, handlers.files, handlers.console);
  }
  if (hasStreams) {
    const { recorded, packaged, published, pictures, files, streams, missingPictures } = handlers;
    parts.push(recorded, packaged, published, pictures, files);
    if (roles.has("api")) parts.push(handlers.console);
    parts.push(streams, missingPictures);
  }
  return (request, context) => {
    const answer = firstAnswer(parts, request, context);
    return answer instanceof Promise
      ? answer.then((settled) => addFields(settled, handlers.fields(request)))
      : addFields(answer, handlers.fields(request));
  };
}

/** Which paths the API, or what goes with it, answers on a port of those roles. */
function apiPaths(roles: ReadonlySet<HttpRole>): (path: string) => boolean {
  const hasApi = roles.has("api");
  const hasStreams = roles.has("streams");
  const hasMetrics = hasApi || roles.has("exporter");
  if (hasApi && !hasStreams) return (path) => !isConsolePath(path);
  return (path) => {
    if (path === METRICS) return hasMetrics;
    if (!hasStreams) return path === "/";
    return path === VERSIONS_PATH || (hasApi && (path === "/api" || path.startsWith("/api/")));
  };
}

function answerHealth({ path, method }: HttpRequest): HttpAnswer | undefined {
  if (path !== HEALTH_PATH) return undefined;
  if (method === "GET" || method === "HEAD") return WELL;
  return createErrorResponse(405, "Method Not Allowed", [["Allow", "GET, HEAD"]]);
}

function redirectConsole({ path }: HttpRequest): HttpAnswer | undefined {
  return path.startsWith(CONSOLE) ? undefined : redirect(302, CONSOLE);
}

async function answerApi(
  handlers: HttpHandlers,
  request: HttpRequest,
  context: HttpContext,
): Promise<HttpAnswer> {
  return (
    (await handlers.access(request, context)) ??
    (await handlers.metrics(request, context)) ??
    handlers.api(request, context)
  );
}

/** At once where that can be: segments are asked for by the thousand. */
function firstAnswer(
  parts: readonly PartialHandler[],
  request: HttpRequest,
  context: HttpContext,
  from = 0,
): Promise<HttpAnswer> | HttpAnswer {
  try {
    for (let i = from; i < parts.length; i++) {
      const answer = parts[i]?.(request, context);
      if (answer instanceof Promise) {
        return answer.then(
          (settled) => settled ?? firstAnswer(parts, request, context, i + 1),
          toAnswer,
        );
      }
      if (answer !== undefined) return answer;
    }
  } catch (error) {
    return toAnswer(error);
  }
  return createNotFoundResponse(`Cannot find "${request.path}"`);
}

/** A page of another origin is to see why it was refused, as it sees every other answer. */
function toAnswer(error: unknown): HttpAnswer {
  const answer = toErrorResponse(error);
  if (answer === undefined) throw error;
  return answer;
}
