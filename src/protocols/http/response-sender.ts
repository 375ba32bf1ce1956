/**
 * Writes answers: those that are at hand in one piece, the others as they come.
 *
 * Spec: RFC 9112, sections 6 (body) and 7.1 (chunks); RFC 9110, section 9.3.2 (HEAD).
 *
 * @module
 */

import { encodeChunk, encodeLastChunk } from "../../codec/http/chunked.ts";
import { encodeLatin1 } from "../../codec/http/latin1.ts";
import type { FieldList } from "../../codec/http/response-head.ts";
import { isBodiless } from "../../codec/http/status.ts";
import type { HttpExchange } from "./exchange.ts";
import type { HttpResponse } from "./handler.ts";
import type { SocketOutput } from "./socket-output.ts";

/** Up to it a copy is cheaper than the system call that a second write costs. */
const JOINED_SIZE_MAX = 64 * 1024;
/** A stream that is at hand, as of a string, gives all it has within so many turns of microtasks. */
const TURNS_MAX = 16;

const TEXT_ENCODER = new TextEncoder();
const EMPTY = new Uint8Array();

/** Status and fields, sorted out. */
interface Outline {
  readonly status: number;
  readonly fields: [string, string][];
  /** What the handler says about the body's size. */
  readonly declaredSize: number | undefined;
}

/** @returns `undefined` if all has been handed to `output`, else a promise of that. */
export function sendResponse(
  response: HttpResponse | Response,
  exchange: HttpExchange,
  output: SocketOutput,
): Promise<void> | undefined {
  const isWeb = response instanceof Response;
  const outline = outlineOf(response.status, isWeb ? response.headers : response.fields, exchange);
  const body: HttpResponse["body"] | null = response.body;
  if (!(body instanceof ReadableStream)) {
    sendWhole(outline, toBytes(body ?? ""), exchange, output);
    return undefined;
  }
  if (!exchange.isHeadRequest && !isBodiless(response.status)) {
    return sendStream(outline, body, exchange, output);
  }
  ignoreFailure(body.cancel());
  const size = isBodiless(response.status) ? undefined : outline.declaredSize;
  writeHead(outline, lengthField(size), EMPTY, { exchange, output });
  return undefined;
}

/** Lets go of the body of an answer that nobody will get. */
export function dropResponse(response: HttpResponse | Response): void {
  if (response.body instanceof ReadableStream) ignoreFailure(response.body.cancel());
}

function outlineOf(status: number, given: FieldList = [], exchange: HttpExchange): Outline {
  const fields: [string, string][] = [];
  let declaredSize: number | undefined;
  for (const [name, value] of given) {
    switch (name.toLowerCase()) {
      case "content-length":
        declaredSize = Number(value);
        break;
      case "connection":
        if (value.toLowerCase() === "close") exchange.isLast = true;
        else fields.push([name, value]);
        break;
      case "transfer-encoding":
      case "keep-alive":
      case "server":
      case "date":
        break; // The connection's own affair.
      default:
        fields.push([name, value]);
    }
  }
  if (exchange.isLast) fields.push(["Connection", "close"]);
  return { status, fields, declaredSize };
}

function toBytes(body: string | Uint8Array): Uint8Array {
  if (body === "") return EMPTY;
  return typeof body === "string" ? TEXT_ENCODER.encode(body) : body;
}

function sendWhole(
  outline: Outline,
  body: Uint8Array,
  exchange: HttpExchange,
  output: SocketOutput,
): void {
  const isOfHead = exchange.isHeadRequest && body.length === 0;
  const size = isOfHead ? outline.declaredSize : body.length;
  const framing = isBodiless(outline.status) ? [] : lengthField(size);
  writeHead(outline, framing, isBodiless(outline.status) ? EMPTY : body, { exchange, output });
}

function lengthField(size: number | undefined): [string, string][] {
  return size === undefined ? [] : [["Content-Length", `${size}`]];
}

/** Writes the head and what of the body is at hand. */
function writeHead(
  outline: Outline,
  framing: [string, string][],
  body: Uint8Array,
  { exchange, output }: { readonly exchange: HttpExchange; readonly output: SocketOutput },
): void {
  outline.fields.push(...framing);
  const text = exchange.heads.format(outline.status, outline.fields);
  const bodySize = exchange.isHeadRequest ? 0 : body.length;
  const isJoined = bodySize <= JOINED_SIZE_MAX;
  const bytes = new Uint8Array(text.length + (isJoined ? bodySize : 0));
  encodeLatin1(text, bytes);
  if (isJoined && bodySize > 0) bytes.set(body, text.length);
  exchange.isAnswered = true;
  output.write(bytes);
  if (!isJoined) output.write(body);
}

// Streams -----------------------------------------------------------------------------------------

/** The part of the stream's reader that the types of all runtimes agree upon. */
interface BodyReader {
  read(): Reading;
  cancel(reason?: unknown): Promise<void>;
}

type Reading = Promise<{ done: false; value: Uint8Array } | { done: true }>;

async function sendStream(
  outline: Outline,
  stream: ReadableStream<Uint8Array>,
  exchange: HttpExchange,
  output: SocketOutput,
): Promise<void> {
  const reader: BodyReader = stream.getReader();
  exchange.stopBody = () => ignoreFailure(reader.cancel());
  try {
    const { body, next } = await readAtHand(reader);
    if (next === undefined) {
      sendWhole(outline, body, exchange, output);
      return;
    }
    const framing = framingOf(outline, exchange);
    writeHead(outline, framing.fields, framing.frame(body), { exchange, output });
    for (let result = await next; !result.done; result = await reader.read()) {
      const framed = framing.frame(result.value);
      if (framed.length > 0) output.write(framed);
      await output.whenDrained();
    }
    await output.whenDrained(); // Throws if it is the peer's leaving that has ended the stream.
    const end = framing.end();
    if (end.length > 0) output.write(end);
  } catch (error) {
    ignoreFailure(reader.cancel(error));
    throw error;
  } finally {
    exchange.stopBody = undefined;
  }
}

/** Reads what the stream has at hand, and the reading that would have had to wait, if there is one. */
async function readAtHand(
  reader: BodyReader,
): Promise<{ body: Uint8Array; next: Reading | undefined }> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  let next = reader.read();
  while (size < JOINED_SIZE_MAX) {
    const result = await settledSoon(next);
    if (result === undefined) break;
    if (result.done) return { body: join(pieces, size), next: undefined };
    pieces.push(result.value);
    size += result.value.length;
    next = reader.read();
  }
  return { body: join(pieces, size), next };
}

/** The promise, if it settles within a few turns, else `undefined`. */
async function settledSoon<Result>(promise: Promise<Result>): Promise<Result | undefined> {
  let isSettled = false;
  const settle = (): void => {
    isSettled = true;
  };
  promise.then(settle, settle);
  for (let i = 0; i < TURNS_MAX && !isSettled; i++) await undefined;
  return isSettled ? promise : undefined;
}

interface Framing {
  readonly fields: [string, string][];
  frame(data: Uint8Array): Uint8Array;
  end(): Uint8Array;
}

function framingOf(outline: Outline, exchange: HttpExchange): Framing {
  if (outline.declaredSize !== undefined) return new CountedFraming(outline.declaredSize);
  // To HTTP/1.0 the end of the connection is the end of the body.
  if (exchange.versionMinor === 0) {
    return { fields: [], frame: (data) => data, end: () => EMPTY };
  }
  return {
    fields: [["Transfer-Encoding", "chunked"]],
    frame: (data) => (data.length === 0 ? EMPTY : encodeChunk(data)),
    end: encodeLastChunk,
  };
}

/** Sees to it that a body has the size that its head says: the peer would take the next for it. */
class CountedFraming implements Framing {
  readonly fields: [string, string][];
  #missingSize: number;

  constructor(size: number) {
    this.fields = lengthField(size);
    this.#missingSize = size;
  }

  frame(data: Uint8Array): Uint8Array {
    this.#missingSize -= data.length;
    if (this.#missingSize < 0) throw new Error("Cannot send body: it exceeds its Content-Length");
    return data;
  }

  end(): Uint8Array {
    if (this.#missingSize > 0) throw new Error("Cannot send body: it ends before Content-Length");
    return EMPTY;
  }
}

function join(pieces: readonly Uint8Array[], size: number): Uint8Array {
  const [first] = pieces;
  if (first === undefined) return EMPTY;
  if (pieces.length === 1) return first;
  const joined = new Uint8Array(size);
  let offset = 0;
  for (const piece of pieces) {
    joined.set(piece, offset);
    offset += piece.length;
  }
  return joined;
}

/** Of a stream that is given up: that it cannot even be cancelled changes nothing. */
function ignoreFailure(cancelled: Promise<void>): void {
  cancelled.catch(() => undefined);
}
