/**
 * Where the server listens, by what for.
 *
 * @module
 */

import type { Config } from "../../config/config.ts";
import { formatEndpoint } from "../../config/endpoint.ts";

/** As SRS has them: each endpoint as it would be configured, nothing of what is off. */
export function portLists({ listen, httpServer, httpApi }: Config): Record<string, string[]> {
  return {
    rtmp: listen.map(formatEndpoint),
    ...(httpServer.enabled ? { http: httpServer.listen.map(formatEndpoint) } : {}),
    ...(httpApi.enabled ? { api: httpApi.listen.map(formatEndpoint) } : {}),
  };
}
