/**
 * One HTTP request on a connection of its own, which is gone afterwards: where the server counts its
 * connections, one that is kept alive would count too.
 *
 * @module
 */

import { get, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { within } from "./wait.ts";

export interface HttpResult {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** @throws {Error} If there is no connection, or no whole answer. */
export async function httpGet(url: string): Promise<HttpResult> {
  const response = await within(
    `an answer of ${url}`,
    new Promise<IncomingMessage>((resolve, reject) => {
      get(url, { agent: false }, resolve).once("error", reject);
    }),
  );
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) text += chunk;
  return { status: response.statusCode ?? 0, headers: response.headers, text };
}
