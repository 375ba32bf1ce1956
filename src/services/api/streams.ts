/**
 * `/api/v1/streams/`.
 *
 * @module
 */

import type { StreamReport } from "../../live/reports.ts";
import { isInUse } from "../../live/vhost-report.ts";
import { ErrorCode, envelope } from "./answers.ts";
import type { ApiParts } from "./api.ts";
import { readPage, takePage } from "./paging.ts";
import type { Endpoint, Router } from "./router.ts";

export function addStreams(router: Router, { identity, view, clock, entries }: ApiParts): void {
  const idOf = ({ url }: StreamReport): string => entries.streamId(url);
  const list: Endpoint = async ({ http }) => {
    const page = takePage((await view.streams()).filter(isInUse), idOf, readPage(http));
    const nowMs = clock.wallMs();
    const streams = page.map((report) => entries.stream(report, nowMs));
    return { ...envelope(identity), streams };
  };
  const one: Endpoint = async ({ rest }) => {
    const reports = await view.streams();
    const report = reports.find((candidate) => idOf(candidate) === rest && isInUse(candidate));
    if (report === undefined) return { code: ErrorCode.StreamNotFound };
    return { ...envelope(identity), stream: entries.stream(report, clock.wallMs()) };
  };
  router.list("/api/v1/streams/", list, one);
}
