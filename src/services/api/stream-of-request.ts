/**
 * Which stream a request is about, that says so by its query or by JSON.
 *
 * @module
 */

import {
  DEFAULT_VHOST,
  isSafeAppName,
  isSafeStreamName,
  type StreamName,
} from "../../base/stream-name.ts";
import { HttpError } from "../../protocols/http/http-error.ts";
import type { HttpRequest } from "../../protocols/http/request.ts";

/** Three names, escaped. */
const BODY_SIZE_MAX = 16 * 1024;

const PARTS = ["vhost", "app", "stream"] as const;

/** @throws {HttpError} 400 if it names none. */
export function streamOfQuery(request: Pick<HttpRequest, "parameter">): StreamName {
  const [vhost, app, stream] = PARTS.map((part) => request.parameter(part));
  return expectName(vhost, app, stream);
}

/** The stream that the body's JSON names, or the query if there is no body. @throws {HttpError} 400, 413. */
export async function streamOfBody(request: HttpRequest): Promise<StreamName> {
  const text = await request.text(BODY_SIZE_MAX);
  if (text.trim() === "") return streamOfQuery(request);
  const { vhost, app, stream } = Object(parseJson(text)) as Readonly<Record<string, unknown>>;
  return expectName(vhost, app, stream);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw toHttpError(cause);
  }
}

function toHttpError(cause: unknown): HttpError {
  return new HttpError(400, "Cannot read the body: it is no JSON", [], { cause });
}

function expectName(vhost: unknown = DEFAULT_VHOST, app: unknown, stream: unknown): StreamName {
  const isName = typeof vhost === "string" && typeof app === "string" && typeof stream === "string";
  if (!isName) {
    throw new HttpError(400, "Cannot tell which stream: expected an app and a stream");
  }
  if (isSafeStreamName(vhost) && isSafeAppName(app) && isSafeStreamName(stream)) {
    return { vhost, app, stream };
  }
  throw new HttpError(400, "Cannot tell which stream: no stream can have such a name");
}
