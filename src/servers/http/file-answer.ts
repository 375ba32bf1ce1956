/**
 * Answers with a file, or with the part of it, or the word about it, that the client wants.
 *
 * @module
 */

import { formatContentRange, parseByteRange } from "../../codec/http/byte-range.ts";
import type { HttpResponse } from "../../protocols/http/handler.ts";
import { createErrorResponse } from "../../protocols/http/http-error.ts";
import type { HttpRequest } from "../../protocols/http/request.ts";
import {
  checkPreconditions,
  formatHttpDate,
  isRangeWanted,
  type Validators,
} from "./preconditions.ts";

export interface FileContent extends Validators {
  /** Bytes. */
  readonly size: number;
  readonly mediaType: string;
  readonly cacheControl: string;
  /** Clients may ask for a part by `?range=` or `?bytes=` too, as in SRS's addresses. */
  readonly hasRangeQuery?: boolean;
  /** The bytes from `start` to before `end`. */
  read(start: number, end: number): Promise<Uint8Array | ReadableStream<Uint8Array>>;
}

/** Answers GET and HEAD; other methods with 405. */
export async function answerWithFile(
  request: HttpRequest,
  content: FileContent,
): Promise<HttpResponse> {
  const { headers, method } = request;
  if (method !== "GET" && method !== "HEAD") {
    return createErrorResponse(405, undefined, [["Allow", "GET, HEAD"]]);
  }
  const fields = stateFields(content);
  const status = checkPreconditions(headers, content);
  if (status === 304) return { status, fields };
  if (status === 412) return createErrorResponse(status);

  fields.push(["Content-Type", content.mediaType], ["X-Content-Type-Options", "nosniff"]);
  fields.push(["Accept-Ranges", "bytes"]);
  const asked = method === "GET" ? askedRange(request, content) : undefined;
  const range = asked === undefined ? undefined : parseByteRange(asked, content.size);
  if (range === "unsatisfiable") {
    return createErrorResponse(416, undefined, [["Content-Range", `bytes */${content.size}`]]);
  }
  const { start, end } = range ?? { start: 0, end: content.size };
  fields.push(["Content-Length", `${end - start}`]);
  if (range !== undefined) fields.push(["Content-Range", formatContentRange(range, content.size)]);
  if (method === "HEAD") return { status: 200, fields };
  const body = await content.read(start, end);
  return { status: range === undefined ? 200 : 206, fields, body };
}

/** What the client wants to have by the field `Range`, or else by the query, in the field's words. */
function askedRange(request: HttpRequest, content: FileContent): string | undefined {
  const { headers } = request;
  const field = headers.get("range");
  if (field !== undefined) return isRangeWanted(headers, content) ? field : undefined;
  if (content.hasRangeQuery !== true) return undefined;
  const query = request.parameter("range") ?? request.parameter("bytes");
  return query === undefined ? undefined : `bytes=${query}`;
}

function stateFields(content: FileContent): [string, string][] {
  const fields: [string, string][] = [
    ["ETag", content.etag],
    ["Cache-Control", content.cacheControl],
  ];
  if (content.modifiedMs !== undefined) {
    fields.push(["Last-Modified", formatHttpDate(content.modifiedMs)]);
  }
  return fields;
}
