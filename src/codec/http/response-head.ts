/**
 * The head of a response.
 *
 * Spec: RFC 9112, sections 4 (status line) and 6.3 (body).
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import { isFieldValue, isToken } from "./characters.ts";
import { HeadReader } from "./head-reader.ts";
import type { HeaderFields } from "./header-fields.ts";
import { HttpMalformedError } from "./http-malformed-error.ts";
import { encodeLatin1 } from "./latin1.ts";
import { type BodySize, parseContentLength } from "./request-head.ts";
import { isBodiless, reasonPhrase } from "./status.ts";

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: (.*))?$/;

/** Names and values; a name may occur more than once. */
export type FieldList = Iterable<readonly [string, string]>;

export interface ResponseHead {
  readonly status: number;
  readonly reason: string;
  readonly versionMinor: 0 | 1;
  readonly fields: HeaderFields;
  /** `"endless"`: the body goes on until the connection closes. */
  readonly bodySize: BodySize | "endless";
}

/**
 * Encodes a status line of HTTP/1.1, the fields as they are, and the empty line.
 *
 * Names and values are the program's own. That what a peer sent has found its way into one of them
 * unchecked, with a line end that would split the answer, is a bug, and ends in an assertion.
 */
export function encodeResponseHead(status: number, fields: FieldList): Uint8Array {
  return toBytes(formatResponseHead(status, fields));
}

/**
 * The same as text of one byte a character, to be encoded together with what follows.
 *
 * @param lines Further fields, each from `formatField`.
 */
export function formatResponseHead(status: number, fields: FieldList, lines = ""): string {
  let text = `HTTP/1.1 ${status} ${reasonPhrase(status)}\r\n${lines}`;
  for (const [name, value] of fields) text += formatField(name, value);
  return `${text}\r\n`;
}

/** One line of a head. */
export function formatField(name: string, value: string): string {
  assert(isToken(name) && isFieldValue(value), "header fields are of one line");
  return `${name}: ${value}\r\n`;
}

function toBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  encodeLatin1(text, bytes);
  return bytes;
}

/** Reads the heads of responses, each of which may arrive in pieces. */
export class ResponseHeadReader {
  #reader: HeadReader = new HeadReader(false);

  /**
   * Takes the bytes from `offset` on.
   *
   * @param method Of the request, since answers to HEAD have no body.
   * @returns The head and the offset behind it, or `undefined` if all was taken and more is needed.
   * @throws {HttpMalformedError}
   */
  read(input: Uint8Array, offset: number, method: string): [ResponseHead, number] | undefined {
    const result = this.#reader.read(input, offset);
    if (result === undefined) return undefined;
    this.#reader = new HeadReader(false);
    const [{ startLine, fields }, end] = result;
    const match = STATUS_LINE.exec(startLine);
    if (match === null) throw malformed("the status line is none");
    const status = Number(match[2]);
    const bodySize = method === "HEAD" || isBodiless(status) ? 0 : parseBodySize(fields);
    const versionMinor = match[1] === "0" ? 0 : 1;
    return [{ status, reason: match[3] ?? "", versionMinor, fields, bodySize }, end];
  }
}

function parseBodySize(fields: HeaderFields): BodySize | "endless" {
  const encoding = fields.get("transfer-encoding");
  const lengths = fields.getAll("content-length");
  if (encoding === undefined) return parseContentLength(lengths) ?? "endless";
  if (lengths.length > 0) throw malformed("both Content-Length and Transfer-Encoding");
  if (encoding.toLowerCase() !== "chunked") throw malformed("unknown transfer coding");
  return "chunked";
}

function malformed(why: string): HttpMalformedError {
  return new HttpMalformedError(400, `Cannot read response: ${why}`, 0);
}
