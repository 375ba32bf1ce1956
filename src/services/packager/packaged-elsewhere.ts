/**
 * What other processes of this server package: a stream is packaged where it is published.
 *
 * @module
 */

import type { HttpResponse } from "../../protocols/http/handler.ts";
import type { HttpRequest } from "../../protocols/http/request.ts";
import type { LadderVariant } from "./hls/ladder.ts";

export interface VariantQuestion {
  /** The stream's URL. */
  readonly url: string;
  readonly format: "cmaf" | "ts";
  /** The name of the playlist that is to offer it. */
  readonly base: string;
}

export interface PackagedElsewhere {
  /** Somebody else publishes the stream. */
  has(url: string): boolean;
  /** Has a request answered there; `undefined` if nobody else publishes the stream. */
  forward(request: HttpRequest, url: string): Promise<HttpResponse | undefined>;
  /** The stream as a variant of a programme; `undefined` if it is none. */
  variant(question: VariantQuestion): Promise<LadderVariant | undefined>;
}

/** For a server that is one process. */
export const NOTHING_ELSEWHERE: PackagedElsewhere = {
  has: () => false,
  forward: () => Promise.resolve(undefined),
  variant: () => Promise.resolve(undefined),
};
