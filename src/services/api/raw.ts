/**
 * `/api/v1/raw`: the part of the API that acts on the server, which is off unless `raw_api` allows it.
 *
 * @module
 */

import { formatEndpoint } from "../../config/endpoint.ts";
import { HttpError } from "../../protocols/http/http-error.ts";
import type { HttpRequest } from "../../protocols/http/request.ts";
import { type ApiAnswer, ErrorCode } from "./answers.ts";
import type { ApiParts } from "./api.ts";
import { isOwnPage } from "./own-page.ts";
import type { Router } from "./router.ts";

const DISABLED = { code: ErrorCode.RawApiDisabled };

/** Whether a request of that API would have the configuration reloaded, by whatever method. */
export function isReload(request: Pick<HttpRequest, "parameter">): boolean {
  return request.parameter("rpc") === "reload";
}

export function addRaw(router: Router, { config, reload }: ApiParts): void {
  const { enabled, listen, rawApi } = config.httpApi;
  const raw = {
    code: 0,
    http_api: {
      enabled,
      listen: listen.map(formatEndpoint).join(" "),
      crossdomain: config.httpServer.crossdomain,
      raw_api: {
        enabled: rawApi.enabled,
        allow_reload: rawApi.allowReload,
        allow_query: false,
        allow_update: false,
      },
    },
  };
  const start = async (request: HttpRequest): Promise<ApiAnswer> => {
    if (!isOwnPage(request)) throw new HttpError(403, "Cannot reload: a page of another site asks");
    if (!rawApi.allowReload || reload === undefined) return DISABLED;
    await reload.reload();
    return { code: 0 };
  };
  const fetch = async (): Promise<ApiAnswer> => {
    if (reload === undefined) return DISABLED;
    const { error, message, stage, id } = await reload.last();
    return { code: 0, data: { err: error, msg: message, state: stage, rid: id } };
  };
  router.at("/api/v1/raw", ({ http }) => {
    const rpc = http.parameter("rpc");
    if (rpc === "raw") return raw;
    if (!rawApi.enabled) return DISABLED;
    if (isReload(http)) return start(http);
    return rpc === "reload-fetch" ? fetch() : { code: ErrorCode.RawApiUnknown };
  });
}
