/**
 * Answers with a file, or with the part of it, or the word about it, that the client wants.
 *
 * @module
 */

import { formatContentRange, parseByteRange } from "../../codec/http/byte-range.ts";
import type { HttpResponse } from "../../protocols/http/handler.ts";
import { createErrorResponse } from "../../protocols/http/http-error.ts";
import type { HttpRequest } from "../../protocols/http/request.ts";
import type { FileStat } from "../../runtime/runtime.ts";
import {
  checkPreconditions,
  formatHttpDate,
  isRangeWanted,
  type Validators,
} from "./preconditions.ts";

/** What there is to know of a file but for its content. */
export interface FileFacts extends Validators {
  /** Bytes. */
  readonly size: number;
  readonly mediaType: string;
  readonly cacheControl: string;
  /** Clients may ask for a part by `?range=` or `?bytes=` too, as in SRS's addresses. */
  readonly hasRangeQuery?: boolean;
}

export interface FileContent extends FileFacts {
  /** The bytes from `start` to before `end`. */
  read(start: number, end: number): Promise<Uint8Array | ReadableStream<Uint8Array>>;
}

/** A file that is at hand. */
export interface BytesContent extends FileFacts {
  readonly bytes: Uint8Array;
}

/** An answer without its body, and which part of the file that is to be, if it has one. */
interface Outline {
  readonly response: HttpResponse;
  readonly part: { readonly start: number; readonly end: number } | undefined;
}

/** Answers GET and HEAD; other methods with 405. */
export async function answerWithFile(
  request: HttpRequest,
  content: FileContent,
): Promise<HttpResponse> {
  const { response, part } = outlineAnswer(request, content);
  if (part === undefined) return response;
  return { ...response, body: await content.read(part.start, part.end) };
}

/** Likewise, at once. */
export function answerWithBytes(request: HttpRequest, content: BytesContent): HttpResponse {
  const { response, part } = outlineAnswer(request, content);
  if (part === undefined) return response;
  const { bytes } = content;
  const isWhole = part.end - part.start === bytes.length;
  return { ...response, body: isWhole ? bytes : bytes.subarray(part.start, part.end) };
}

function outlineAnswer(request: HttpRequest, content: FileFacts): Outline {
  const { headers, method } = request;
  if (method !== "GET" && method !== "HEAD") {
    return whole(createErrorResponse(405, undefined, [["Allow", "GET, HEAD"]]));
  }
  const fields = stateFields(content);
  const status = checkPreconditions(headers, content);
  if (status === 304) return whole({ status, fields });
  if (status === 412) return whole(createErrorResponse(status));

  fields.push(["Content-Type", content.mediaType], ["X-Content-Type-Options", "nosniff"]);
  fields.push(["Accept-Ranges", "bytes"]);
  const asked = method === "GET" ? askedRange(request, content) : undefined;
  const range = asked === undefined ? undefined : parseByteRange(asked, content.size);
  if (range === "unsatisfiable") {
    const field: [string, string] = ["Content-Range", `bytes */${content.size}`];
    return whole(createErrorResponse(416, undefined, [field]));
  }
  const part = range ?? { start: 0, end: content.size };
  fields.push(["Content-Length", `${part.end - part.start}`]);
  if (range !== undefined) fields.push(["Content-Range", formatContentRange(range, content.size)]);
  if (method === "HEAD") return whole({ status: 200, fields });
  return { response: { status: range === undefined ? 200 : 206, fields }, part };
}

function whole(response: HttpResponse): Outline {
  return { response, part: undefined };
}

/** What the client wants to have by the field `Range`, or else by the query, in the field's words. */
function askedRange(request: HttpRequest, content: FileFacts): string | undefined {
  const { headers } = request;
  const field = headers.get("range");
  if (field !== undefined) return isRangeWanted(headers, content) ? field : undefined;
  if (content.hasRangeQuery !== true) return undefined;
  const query = request.parameter("range") ?? request.parameter("bytes");
  return query === undefined ? undefined : `bytes=${query}`;
}

function stateFields(content: FileFacts): [string, string][] {
  const fields: [string, string][] = [
    ["ETag", content.etag],
    ["Cache-Control", content.cacheControl],
  ];
  if (content.modifiedMs !== undefined) {
    fields.push(["Last-Modified", formatHttpDate(content.modifiedMs)]);
  }
  return fields;
}

/** Weak: two writes within a tick of the file system's clock look the same. */
export function etagOf({ size, modifiedMs }: Pick<FileStat, "size" | "modifiedMs">): string {
  return `W/"${size.toString(16)}-${Math.floor(modifiedMs).toString(16)}"`;
}
