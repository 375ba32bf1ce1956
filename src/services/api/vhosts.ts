/**
 * `/api/v1/vhosts/`: those that have had a stream, as in SRS.
 *
 * @module
 */

import type { VhostReport } from "../../live/reports.ts";
import { ErrorCode, envelope } from "./answers.ts";
import type { ApiParts } from "./api.ts";
import { readPage, takePage } from "./paging.ts";
import type { Endpoint, Router } from "./router.ts";

export function addVhosts(router: Router, { identity, view, config, entries }: ApiParts): void {
  const idOf = ({ name }: VhostReport): string => entries.vhostId(name);
  const toEntry = (report: VhostReport) => entries.vhost(report, config.vhosts[report.name]);
  const list: Endpoint = async ({ http }) => {
    const page = takePage(await view.vhosts(), idOf, readPage(http));
    return { ...envelope(identity), vhosts: page.map(toEntry) };
  };
  const one: Endpoint = async ({ rest }) => {
    const report = (await view.vhosts()).find((candidate) => idOf(candidate) === rest);
    if (report === undefined) return { code: ErrorCode.VhostNotFound };
    return { ...envelope(identity), vhost: toEntry(report) };
  };
  router.list("/api/v1/vhosts/", list, one);
}
