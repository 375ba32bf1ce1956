/**
 * Requests and bodies for tests of HTTP.
 *
 * @module
 */

import { RequestHeadReader } from "../../src/codec/http/request-head.ts";
import type { HttpHandler } from "../../src/protocols/http/handler.ts";
import { HttpRequest } from "../../src/protocols/http/request.ts";
import { createSocketPair } from "../../src/runtime/memory.ts";

/** When `ManualClock` starts. */
const DATE = "Thu, 01 Jan 2026 00:00:00 GMT";
const COMMON = `Server: Sluice/1.2.3\r\nDate: ${DATE}\r\n`;

export const HELLO: HttpHandler = () => ({
  status: 200,
  fields: [["Content-Type", "text/plain"]],
  body: "hello",
});

export const HELLO_ANSWER: string = `HTTP/1.1 200 OK\r\n${COMMON}Content-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello`;

export function get(path: string, fields = ""): string {
  return `GET ${path} HTTP/1.1\r\nHost: a\r\n${fields}\r\n`;
}

/** The request whose head `text` is, as a handler gets it; without a body. */
export function createRequest(text: string): HttpRequest {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  const result = new RequestHeadReader().read(bytes, 0);
  if (result === undefined) throw new Error("the head is incomplete");
  return new HttpRequest(result[0], createSocketPair()[0], undefined);
}

/** The status of each answer. */
export function statuses(text: string): number[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map((match) => Number(match[1]));
}

export function streamOf(...pieces: string[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece));
      controller.close();
    },
  });
}

/** A stream that goes on when a test says so. */
export function openStream(): {
  stream: ReadableStream<Uint8Array>;
  push: (text: string) => void;
  close: () => void;
  fail: (error: Error) => void;
  isCancelled: () => boolean;
} {
  let controller: ReadableStreamDefaultController<Uint8Array>;
  let isCancelled = false;
  const stream = new ReadableStream<Uint8Array>({
    start(given) {
      controller = given;
    },
    cancel() {
      isCancelled = true;
    },
  });
  return {
    stream,
    push: (text) => controller.enqueue(new TextEncoder().encode(text)),
    close: () => controller.close(),
    fail: (error) => controller.error(error),
    isCancelled: () => isCancelled,
  };
}
