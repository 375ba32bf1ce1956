/**
 * `/api/v1/clients/`: everybody who publishes, plays or waits to; DELETE kicks.
 *
 * @module
 */

import type { SessionReport } from "../../live/reports.ts";
import { type ApiAnswer, ErrorCode, envelope, notAllowed } from "./answers.ts";
import type { ApiParts } from "./api.ts";
import { readPage, takePage } from "./paging.ts";
import type { ApiRequest, Router } from "./router.ts";

const NOT_FOUND = { code: ErrorCode.ClientNotFound };

/** Whether it has said what it wants; before that, SRS does not know of it. */
function isClient({ url, clientType }: SessionReport): boolean {
  return url !== null && clientType !== "unknown";
}

export function addClients(router: Router, { identity, view, entries }: ApiParts): void {
  const idOf = ({ clientId }: SessionReport): string => clientId;
  const get = async ({ rest, http }: ApiRequest): Promise<ApiAnswer> => {
    const reports = (await view.sessions()).filter(isClient);
    if (rest === "") {
      const clients = takePage(reports, idOf, readPage(http)).map((report) =>
        entries.client(report),
      );
      return { ...envelope(identity), clients };
    }
    const report = reports.find(({ clientId }) => clientId === rest);
    if (report === undefined) return NOT_FOUND;
    return { ...envelope(identity), client: entries.client(report) };
  };
  const kick = async ({ rest }: ApiRequest): Promise<ApiAnswer> => {
    const isKicked = rest !== "" && (await view.kick(rest, "kicked_by_api"));
    return isKicked ? envelope(identity) : NOT_FOUND;
  };
  router.below("/api/v1/clients/", (request) => {
    if (request.method === "GET" || request.method === "HEAD") return get(request);
    return request.method === "DELETE" ? kick(request) : notAllowed("GET, HEAD, DELETE");
  });
}
