/**
 * Where people find the server.
 *
 * @module
 */

import type { Logger } from "../base/logger.ts";
import { SIGNATURE } from "../base/version.ts";
import type { Config } from "../config/config.ts";
import type { Endpoint } from "../config/endpoint.ts";
import type { ServerIdentity } from "../live/server-identity.ts";

/** `undefined` for what is not served. */
export interface ServerUrls {
  readonly watch: string | undefined;
  readonly publish: string | undefined;
  readonly api: string | undefined;
}

export function findServerUrls(config: Config): ServerUrls {
  const { httpServer, httpApi, listen } = config;
  return {
    watch: httpServer.enabled ? url("http", httpServer.listen, 80, "/") : undefined,
    publish: url("rtmp", listen, 1935, "/live/livestream"),
    api: httpApi.enabled ? url("http", httpApi.listen, 80, "/api/v1/versions") : undefined,
  };
}

/** Says in the log that the server can be used, and where. */
export function logReady(server: {
  readonly config: Config;
  readonly logger: Logger;
  readonly identity: ServerIdentity;
}): void {
  const { serverId, pid } = server.identity;
  server.logger.info("server ready", {
    ...findServerUrls(server.config),
    server: SIGNATURE,
    serverId,
    pid: Number(pid),
  });
}

/** The first endpoint as a URL for this machine. */
function url(
  scheme: string,
  [endpoint]: readonly Endpoint[],
  usualPort: number,
  path: string,
): string | undefined {
  if (endpoint === undefined) return undefined;
  const { host, port } = endpoint;
  const isAny = host === "0.0.0.0" || host === "::";
  const name = isAny ? "localhost" : host.includes(":") ? `[${host}]` : host;
  return `${scheme}://${name}${port === usualPort ? "" : `:${port}`}${path}`;
}
