/**
 * What a request asks for: path and query of its target, made safe to look up once and for all.
 *
 * Spec: RFC 9112, section 3.2 (forms); RFC 3986, sections 2.1 (percent-encoding), 5.2.4 and 6.2.2
 * (dot segments).
 *
 * @module
 */

import { HttpMalformedError } from "./http-malformed-error.ts";

export interface RequestTarget {
  /**
   * Decoded once, without dot segments and empty segments in the middle, and without control
   * characters; `*` for a question to the server as a whole. An encoded slash stays `%2F`: decoded
   * it would move the border between segments.
   */
  readonly path: string;
  /** The path as sent. */
  readonly rawPath: string;
  /** As sent, without the question mark; bytes above ASCII are percent-encoded. */
  readonly query: string;
  /** Host and port, if the target is a whole URL, as clients send to proxies. */
  readonly authority: string | undefined;
}

const ABSOLUTE_FORM = /^https?:\/\/([A-Za-z0-9\-._~!$&'()*+,;=%:[\]]+)((?:[/?][^#]*)?)$/i;
/** A percent sign, a byte above ASCII, an empty or a dot segment: what the path must be freed of. */
const NEEDS_WORK = /[%\x80-\xff]|\/\/|\/\./;
const ENCODED_SLASH = /%2f/gi;
const NON_ASCII = /[\x80-\xff]/g;

/** @throws {HttpMalformedError} If the target has none of the forms, or cannot be decoded. */
export function parseRequestTarget(method: string, target: string): RequestTarget {
  if (target.startsWith("/")) return parseOriginForm(target, undefined);
  if (target === "*" && method === "OPTIONS") {
    return { path: "*", rawPath: "*", query: "", authority: undefined };
  }
  const match = ABSOLUTE_FORM.exec(target);
  if (match === null) throw malformed("it has an unknown form");
  const rest = match[2] ?? "";
  return parseOriginForm(rest.startsWith("/") ? rest : `/${rest}`, match[1]);
}

/** Encodes a path as `parseRequestTarget` gives it, for use in a URL. */
export function encodePath(path: string): string {
  return encodeURI(path)
    .replaceAll("%252F", "%2F")
    .replaceAll("?", "%3F")
    .replaceAll("#", "%23")
    .replaceAll("[", "%5B")
    .replaceAll("]", "%5D");
}

function parseOriginForm(target: string, authority: string | undefined): RequestTarget {
  if (target.includes("#")) throw malformed("it has a fragment");
  const mark = target.indexOf("?");
  const rawPath = mark < 0 ? target : target.slice(0, mark);
  const query = mark < 0 ? "" : target.slice(mark + 1).replace(NON_ASCII, encodeByte);
  const path = NEEDS_WORK.test(rawPath) ? resolveDots(decodePath(rawPath)) : rawPath;
  return { path, rawPath, query, authority };
}

function decodePath(rawPath: string): string {
  const encoded = rawPath.replace(NON_ASCII, encodeByte).replace(ENCODED_SLASH, "%252F");
  let path: string;
  try {
    path = decodeURIComponent(encoded);
  } catch (cause) {
    throw malformed("its percent-encoding is not UTF-8", cause);
  }
  for (let i = 0; i < path.length; i++) {
    const code = path.charCodeAt(i);
    if (code < 0x20 || code === 0x7f) throw malformed("it has an encoded control character");
  }
  return path;
}

/** Players send paths in their user's script without encoding them: take it for UTF-8. */
function encodeByte(character: string): string {
  return `%${character.charCodeAt(0).toString(16)}`;
}

function resolveDots(path: string): string {
  const segments: string[] = [];
  const parts = path.split("/");
  for (const part of parts) {
    if (part === "..") segments.pop();
    else if (part !== "." && part !== "") segments.push(part);
  }
  const last = parts.at(-1);
  const isFolder = last === "" || last === "." || last === "..";
  const resolved = `/${segments.join("/")}`;
  return isFolder && segments.length > 0 ? `${resolved}/` : resolved;
}

function malformed(why: string, cause?: unknown): HttpMalformedError {
  return new HttpMalformedError(400, `Cannot read request target: ${why}`, 0, { cause });
}
