/**
 * A reverse proxy that treats endless responses as badly as some on the way to viewers do.
 *
 * @module
 */

import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What becomes of an endless response: it comes when it has ended, or breaks off after so much. */
export type Roughness = "holds" | { readonly breaksAfterBytes: number };

export interface RoughProxy {
  /** Such as `http://127.0.0.1:20000`. */
  readonly origin: string;
  /** How many endless responses were asked for. */
  readonly endlessCount: number;
  close(): void;
}

/** Stands before the server at `target`; what is no FLV passes as it is. */
export async function startRoughProxy(target: string, roughness: Roughness): Promise<RoughProxy> {
  let endlessCount = 0;
  const server = createServer((incoming, response) => {
    const isEndless = incoming.url?.includes(".flv") === true;
    if (isEndless) endlessCount += 1;
    if (isEndless && roughness === "holds") return;
    const bytesMax = isEndless && roughness !== "holds" ? roughness.breaksAfterBytes : Infinity;
    forward(incoming, response, new URL(incoming.url ?? "/", target), bytesMax);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get endlessCount() {
      return endlessCount;
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function forward(
  incoming: IncomingMessage,
  response: ServerResponse,
  url: URL,
  bytesMax: number,
): void {
  const { method = "GET", headers } = incoming;
  const outgoing = request(url, { method, headers, agent: false }, (answer) => {
    let byteCount = 0;
    const { connection: _, ...fields } = answer.headers;
    response.writeHead(answer.statusCode ?? 502, fields);
    answer.on("data", (bytes: Uint8Array) => {
      byteCount += bytes.length;
      if (byteCount > bytesMax) response.destroy();
    });
    answer.pipe(response);
    answer.on("error", () => response.destroy());
  });
  outgoing.on("error", () => response.destroy());
  response.on("close", () => outgoing.destroy());
  incoming.pipe(outgoing);
}
