/**
 * Which HTTP ports there are, and what each of them serves. Where the API and the streams are
 * configured to one port, that port serves both, with the certificate of the streams; metrics likewise.
 *
 * @module
 */

import type { Config, HttpsConfig } from "../config/config.ts";
import type { Endpoint } from "../config/endpoint.ts";

/** Something to be served. */
export type HttpRole = "api" | "streams" | "exporter";

export interface HttpPort {
  readonly endpoint: Endpoint;
  readonly roles: ReadonlySet<HttpRole>;
  /** Where the certificate is, for HTTPS. */
  readonly tls: TlsFiles | undefined;
}

/** Paths of PEM files. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

export function httpPorts({ httpApi, httpServer, exporter }: Config): HttpPort[] {
  const ports = new Map<string, HttpPort & { readonly roles: Set<HttpRole> }>();
  const add = (role: HttpRole, listen: readonly Endpoint[], tls: TlsFiles | undefined): void => {
    for (const endpoint of listen) {
      const key = `${endpoint.host}:${endpoint.port}`;
      const known = ports.get(key);
      known?.roles.add(role);
      if (known === undefined) ports.set(key, { endpoint, roles: new Set([role]), tls });
    }
  };
  const addBoth = (role: HttpRole, listen: readonly Endpoint[], https: HttpsConfig): void => {
    add(role, listen, undefined);
    if (https.enabled) add(role, https.listen, { cert: https.cert, key: https.key });
  };
  if (httpServer.enabled) addBoth("streams", httpServer.listen, httpServer.https);
  if (httpApi.enabled) addBoth("api", httpApi.listen, httpApi.https);
  if (exporter.enabled) add("exporter", exporter.listen, undefined);
  return [...ports.values()];
}
