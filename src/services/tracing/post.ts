/**
 * One request to a collector, which can be given up.
 *
 * @module
 */

import { ByteWriter } from "../../base/byte-writer.ts";
import type { ResponseHead } from "../../codec/http/response-head.ts";
import type { HttpClient } from "../../protocols/http/client.ts";
import type { HttpClientRequest } from "../../protocols/http/client-request.ts";

export interface PostAnswer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly body: Uint8Array;
}

export interface Post {
  /** Rejects with what went wrong, or with `reason` of `abort`. */
  readonly answer: Promise<PostAnswer>;
  abort(reason: Error): void;
}

/** Answers are a few dozen bytes; of a longer one, the rest is dropped. */
const BODY_SIZE_MAX = 16 * 1024;

export function post(http: Pick<HttpClient, "request">, request: HttpClientRequest): Post {
  const { promise, resolve, reject } = Promise.withResolvers<PostAnswer>();
  let head: ResponseHead | undefined;
  const body = new ByteWriter();
  const exchange = http.request(request, {
    head: (given) => {
      head = given;
    },
    data: (bytes) => {
      if (body.size + bytes.length <= BODY_SIZE_MAX) body.writeBytes(bytes);
    },
    end: () => {
      const retryAfter = head?.fields.get("retry-after");
      resolve({ status: head?.status ?? 0, retryAfter, body: body.view() });
    },
    fail: reject,
  });
  return {
    answer: promise,
    abort: (reason) => {
      exchange.abort();
      reject(reason);
    },
  };
}
