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

/** @param chosen The number that the system chose for an endpoint. Absent: nothing is open yet. */
export function findServerUrls(config: Config, chosen: ChosenPort = () => undefined): ServerUrls {
  const { httpServer, httpApi, listen } = config;
  const http = (endpoints: readonly Endpoint[], path: string): string | undefined =>
    url({ scheme: "http", usualPort: 80, path }, endpoints, chosen);
  return {
    watch: httpServer.enabled ? http(httpServer.listen, "/") : undefined,
    publish: url({ scheme: "rtmp", usualPort: 1935, path: "/live/livestream" }, listen, chosen),
    api: httpApi.enabled ? http(httpApi.listen, "/api/v1/versions") : undefined,
  };
}

type ChosenPort = (protocol: "rtmp" | "http", endpoint: Endpoint) => number | undefined;

/** Says in the log that the server can be used, and where. */
export function logReady(server: {
  readonly urls: ServerUrls;
  readonly logger: Logger;
  readonly identity: ServerIdentity;
}): void {
  const { serverId, pid } = server.identity;
  server.logger.info("server ready", {
    ...server.urls,
    server: SIGNATURE,
    serverId,
    pid: Number(pid),
  });
}

/** The first endpoint as a URL for this machine. */
function url(
  of: { readonly scheme: "rtmp" | "http"; readonly usualPort: number; readonly path: string },
  [endpoint]: readonly Endpoint[],
  chosen: ChosenPort,
): string | undefined {
  if (endpoint === undefined) return undefined;
  const { scheme, usualPort, path } = of;
  const { host } = endpoint;
  const port = endpoint.port || (chosen(scheme, endpoint) ?? 0);
  const isAny = host === "0.0.0.0" || host === "::";
  const name = isAny ? "localhost" : host.includes(":") ? `[${host}]` : host;
  return `${scheme}://${name}${port === usualPort ? "" : `:${port}`}${path}`;
}
