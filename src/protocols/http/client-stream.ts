/**
 * An answer whose body is handed on as it comes, no faster than it is taken.
 *
 * @module
 */

import type { ResponseHead } from "../../codec/http/response-head.ts";
import type { HttpClient, HttpClientExchange } from "./client.ts";
import type { HttpClientRequest } from "./client-request.ts";

export interface StreamedResponse {
  readonly head: ResponseHead;
  readonly body: ReadableStream<Uint8Array>;
}

/** So much of a body may wait to be taken; then the server is held back. Bytes. */
const WAITING_SIZE_MAX = 256 * 1024;

/**
 * Resolves with the head of the answer. Cancelling the body closes the connection.
 *
 * @throws What `ResponseReceiver.fail` is told before the head.
 */
export function fetchStream(
  client: HttpClient,
  request: HttpClientRequest,
): Promise<StreamedResponse> {
  return new Promise((resolve, reject) => {
    let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
    const body = new ReadableStream<Uint8Array>(
      {
        start: (given) => {
          controller = given;
        },
        pull: () => exchange.resume(),
        cancel: () => exchange.abort(),
      },
      new ByteLengthQueuingStrategy({ highWaterMark: WAITING_SIZE_MAX }),
    );
    const exchange: HttpClientExchange = client.request(request, {
      head: (head) => resolve({ head, body }),
      data: (bytes) => {
        controller?.enqueue(bytes);
        if ((controller?.desiredSize ?? 1) <= 0) exchange.pause();
      },
      end: () => controller?.close(),
      fail: (error) => {
        reject(error); // Does nothing behind the head.
        controller?.error(error);
      },
    });
  });
}
