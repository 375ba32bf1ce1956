/**
 * `/api/v1/clusters`: an origin says whether it has a stream's publisher, to another origin that has a
 * player for it and would send him there.
 *
 * @module
 */

import { DEFAULT_VHOST, formatStreamUrl } from "../../base/stream-name.ts";
import { formatEndpoint } from "../../config/endpoint.ts";
import type { ApiParts } from "./api.ts";
import type { Router } from "./router.ts";

type Json = Readonly<Record<string, unknown>>;

export function addClusters(router: Router, parts: ApiParts): void {
  const { config, view } = parts;
  router.at("/api/v1/clusters", async ({ http }) => {
    const [ip = "", vhost = "", app = "", stream = ""] = ["ip", "vhost", "app", "stream"].map(
      (name) => http.parameter(name),
    );
    const known = Object.hasOwn(config.vhosts, vhost) ? vhost : DEFAULT_VHOST;
    const url = formatStreamUrl({ vhost: known, app, stream });
    const reports = stream === "" ? [] : await view.streams();
    const isHere = reports.some(
      (report) => report.url === url && (report.publisher !== null || report.isRelayed),
    );
    const coworker = http.parameter("coworker") ?? "";
    const origin = isHere ? describeOrigin(parts, known, coworker) : null;
    return { code: 0, data: { query: { ip, vhost, app, stream }, origin } };
  });
}

/** @param coworker The address by which whoever asks knows this server; empty if it does not say. */
function describeOrigin({ config, runtime }: ApiParts, vhost: string, coworker: string): Json {
  const own = runtime.host.addresses()[config.stats.network]?.address ?? "";
  const ip = coworker === "" ? own : coworker.replace(/:\d*$/, "");
  const [endpoint] = config.httpApi.listen;
  const isAny = endpoint?.host === "0.0.0.0" || endpoint?.host === "::";
  const api =
    endpoint === undefined ? "" : formatEndpoint(isAny ? { ...endpoint, host: ip } : endpoint);
  return { ip, port: config.listen[0]?.port ?? 0, vhost, api, routers: [api] };
}
