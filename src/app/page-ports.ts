/**
 * What the built-in pages ask about the server: where else than on the port that they came from it is
 * found.
 *
 * ```text
 * GET /ports.json
 * {"rtmp":1935,"rtmps":443}
 * ```
 *
 * @module
 */

import type { Config } from "../config/config.ts";
import type { Endpoint } from "../config/endpoint.ts";
import type { HttpResponse } from "../protocols/http/handler.ts";

export const PORTS_PATH = "/ports.json";

const ANY_HOSTS = ["0.0.0.0", "::"];

/** A port that the server does not have, or that the system chooses, is left out. */
export function answerPorts({ listen, rtmps }: Pick<Config, "listen" | "rtmps">): HttpResponse {
  const ports = { rtmp: portOf(listen), rtmps: rtmps.enabled ? portOf(rtmps.listen) : undefined };
  return {
    status: 200,
    fields: [
      ["Content-Type", "application/json"],
      ["Cache-Control", "no-cache"], // A reload may change them.
    ],
    body: JSON.stringify(ports),
  };
}

/** One that others than this machine reach, if there is one. */
function portOf(endpoints: readonly Endpoint[]): number | undefined {
  const known = endpoints.filter(({ port }) => port !== 0);
  return (known.find(({ host }) => ANY_HOSTS.includes(host)) ?? known[0])?.port;
}
