/**
 * The answers that other processes are giving at the moment. Viewers ask for a part in the moment in
 * which it is announced, by the thousand: those who ask for the same share what the first one gets.
 *
 * @module
 */

import { HeaderFields } from "../../codec/http/header-fields.ts";
import type { HttpResponse } from "../../protocols/http/handler.ts";

/** A segment of 4 s at 16 Mbps. A larger one is handed on as it comes, to each for itself. */
const SHARED_SIZE_MAX = 8 * 1024 * 1024;
/** What is read at the same time. What would exceed it is handed on as it comes too. */
const READING_SIZE_MAX = 64 * 1024 * 1024;

export interface AnswerSource {
  ask(): Promise<HttpResponse>;
  /** What is answered when there is no answer, or only the first part of one. */
  failed(error: unknown): HttpResponse;
}

export class ForwardedAnswers {
  readonly #pending = new Map<string, Promise<HttpResponse>>();
  /** Bytes of the answers that are being read. */
  #readingSize = 0;

  /**
   * Nobody's leaving ends what others wait for.
   *
   * @param key Requests with the same one are the same; absent for one that is like no other.
   */
  async answer(key: string | undefined, source: AnswerSource): Promise<HttpResponse> {
    if (key === undefined) return handOn(source);
    const pending = this.#pending.get(key);
    if (pending === undefined) return this.#begin(key, source);
    const answer = await pending;
    // What is handed on as it comes can be read but once.
    return answer.body instanceof ReadableStream ? handOn(source) : answer;
  }

  #begin(key: string, source: AnswerSource): Promise<HttpResponse> {
    const pending = this.#read(source).finally(() => this.#pending.delete(key));
    this.#pending.set(key, pending);
    return pending;
  }

  async #read(source: AnswerSource): Promise<HttpResponse> {
    const answer = await handOn(source);
    const { body } = answer;
    const size = sharedSize(answer);
    if (!(body instanceof ReadableStream) || size === undefined) return answer;
    if (this.#readingSize + size > READING_SIZE_MAX) return answer;
    this.#readingSize += size;
    try {
      return { ...answer, body: new Uint8Array(await new Response(body).arrayBuffer()) };
    } catch (error) {
      return source.failed(error);
    } finally {
      this.#readingSize -= size;
    }
  }
}

async function handOn(source: AnswerSource): Promise<HttpResponse> {
  try {
    return await source.ask();
  } catch (error) {
    return source.failed(error);
  }
}

/** How many bytes an answer has that is the same for all; `undefined` if it is not, or too large. */
function sharedSize({ status, fields }: HttpResponse): number | undefined {
  const given = new HeaderFields(fields);
  // What says how long it may be kept is nobody's own. Who waits in vain need not wait once more.
  const isForAll = status >= 500 || given.get("cache-control")?.includes("max-age=") === true;
  const size = Number(given.get("content-length") ?? Number.POSITIVE_INFINITY);
  return isForAll && size <= SHARED_SIZE_MAX ? size : undefined;
}
