/**
 * The head of a request, and what it says about the body behind it.
 *
 * Spec: RFC 9112, sections 3 (request line), 6 (body) and 9.3 (persistence); RFC 9110, sections 7.2
 * (Host) and 10.1.1 (Expect).
 *
 * @module
 */

import { isToken, trimBlanks } from "./characters.ts";
import { HeadReader, URI_SIZE_MAX } from "./head-reader.ts";
import type { HeaderFields } from "./header-fields.ts";
import { HttpMalformedError } from "./http-malformed-error.ts";

/** Registered methods have at most 18 characters. */
const METHOD_SIZE_MAX = 32;
/** 15 digits are exact in a number, and no body has as many bytes. */
const CONTENT_LENGTH_DIGITS_MAX = 15;
/** `uri-host [ ":" port ]`; whatever else it holds could be read as a path or as user information. */
const HOST = /^[A-Za-z0-9\-._~!$&'()*+,;=%:[\]]*$/;
const VERSION = /^HTTP\/(\d)\.(\d)$/;

/** How many bytes the body has, or that it comes in chunks. */
export type BodySize = number | "chunked";

export interface RequestHead {
  readonly method: string;
  /** As sent: bytes above 0x7f are characters of the same number. */
  readonly target: string;
  /** 1 for HTTP/1.1, 0 for HTTP/1.0. */
  readonly versionMinor: 0 | 1;
  readonly fields: HeaderFields;
  readonly bodySize: BodySize;
}

/** Reads the heads of requests, each of which may arrive in pieces. */
export class RequestHeadReader {
  #reader: HeadReader = new HeadReader(true);

  /** Whether anything of the next head has come. */
  get isStarted(): boolean {
    return this.#reader.isStarted;
  }

  /**
   * Takes the bytes from `offset` on.
   *
   * @returns The head and the offset behind it, or `undefined` if all was taken and more is needed.
   * @throws {HttpMalformedError}
   */
  read(input: Uint8Array, offset: number): [RequestHead, number] | undefined {
    const result = this.#reader.read(input, offset);
    if (result === undefined) return undefined;
    this.#reader = new HeadReader(true);
    const [head, end] = result;
    return [interpret(head.startLine, head.fields), end];
  }
}

function interpret(startLine: string, fields: HeaderFields): RequestHead {
  const methodEnd = startLine.indexOf(" ");
  const targetEnd = startLine.indexOf(" ", methodEnd + 1);
  const method = startLine.slice(0, Math.max(0, methodEnd));
  const target = startLine.slice(methodEnd + 1, targetEnd);
  if (!isToken(method)) throw malformed("the request line has no method");
  if (method.length > METHOD_SIZE_MAX) {
    throw new HttpMalformedError(501, "Cannot read request: the method is too long", 0);
  }
  if (targetEnd < 0 || target === "" || target.includes("\t")) {
    throw malformed("the request line has no target");
  }
  if (target.length > URI_SIZE_MAX) {
    throw new HttpMalformedError(414, "Cannot read request: the target is too long", 0);
  }
  const versionMinor = parseVersion(startLine.slice(targetEnd + 1));
  checkHost(versionMinor, fields);
  return { method, target, versionMinor, fields, bodySize: parseBodySize(versionMinor, fields) };
}

function parseVersion(text: string): 0 | 1 {
  const match = VERSION.exec(text);
  if (match === null) throw malformed("the request line has no version");
  if (match[1] !== "1") {
    throw new HttpMalformedError(505, `Cannot read request: ${text} is not spoken here`, 0);
  }
  return match[2] === "0" ? 0 : 1;
}

function checkHost(versionMinor: 0 | 1, fields: HeaderFields): void {
  const hosts = fields.getAll("host");
  const [host] = hosts;
  if (hosts.length > 1) throw malformed("Host is there more than once");
  if (host === undefined && versionMinor === 1) throw malformed("Host is missing");
  if (host !== undefined && !HOST.test(host)) throw malformed("Host is not a host");
}

function parseBodySize(versionMinor: 0 | 1, fields: HeaderFields): BodySize {
  const encoding = fields.get("transfer-encoding");
  const lengths = fields.getAll("content-length");
  if (encoding === undefined) return parseContentLength(lengths) ?? 0;
  // Which of the two a proxy in front believed is unknown, so where the next request starts is too.
  if (lengths.length > 0) throw malformed("both Content-Length and Transfer-Encoding");
  if (versionMinor === 0) throw malformed("Transfer-Encoding in HTTP/1.0");
  checkTransferEncoding(encoding);
  return "chunked";
}

/**
 * The one value of all Content-Length fields, `undefined` if there is none.
 *
 * @throws {HttpMalformedError} If they differ or are not numbers.
 */
export function parseContentLength(values: readonly string[]): number | undefined {
  const [first] = values;
  if (first === undefined) return undefined;
  if (values.some((value) => value !== first)) throw malformed("Content-Length differs");
  for (let i = 0; i < first.length; i++) {
    const digit = first.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) throw malformed("Content-Length is not a number");
  }
  if (first === "") throw malformed("Content-Length is empty");
  if (first.length > CONTENT_LENGTH_DIGITS_MAX) {
    throw new HttpMalformedError(413, "Cannot read request: the body is too large", 0);
  }
  return Number(first);
}

function checkTransferEncoding(encoding: string): void {
  const codings = encoding.split(",").map((coding) => trimBlanks(coding).toLowerCase());
  const chunkedIndex = codings.indexOf("chunked");
  if (chunkedIndex !== codings.length - 1) throw malformed("chunked is not the last coding");
  if (chunkedIndex > 0) {
    throw new HttpMalformedError(501, "Cannot read request: unknown transfer coding", 0);
  }
}

function malformed(why: string): HttpMalformedError {
  return new HttpMalformedError(400, `Cannot read request: ${why}`, 0);
}
