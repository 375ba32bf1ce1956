/**
 * What there is: the answers of `/`, `/api/` and `/api/v1/`, and of all below that is nothing else.
 *
 * @module
 */

import { isSupported } from "../../config/is-supported.ts";
import { envelope } from "./answers.ts";
import type { ApiParts } from "./api.ts";
import type { Router } from "./router.ts";

/** Such as SRS's list, which has `requests`, `perf` and `tcmalloc` without having them. */
const VERSION_1 = {
  versions: "which version this is",
  summaries: "this process and the machine at a glance",
  rusages: "resources used so far",
  self_proc_stats: "what the system tells of this process",
  system_proc_stats: "what the cores have done",
  meminfos: "memory of the machine",
  authors: "licence and authors",
  features: "what this server can do",
  requests: "this list; see tests",
  vhosts: "all vhosts, or one by its id",
  streams: "all streams, or one by its id",
  clients: "all clients, or one by its id; DELETE kicks it",
  raw: "?rpc=raw, reload or reload-fetch: acts on the configuration",
  clusters: "where a stream is published, for servers that look for it",
  perf: "this list",
  tcmalloc: "this list",
} as const;

const TESTS = {
  requests: "what was asked",
  errors: "error 100, always",
  redirects: "a redirect to /api/v1/tests/errors, always",
  "[vhost]": "the same under any host, such as http://error.srs.com:1985/api/v1/tests/errors",
} as const;

const RTC = {
  v1: {
    play: "plays a stream",
    publish: "publishes a stream",
  },
} as const;

export function addIndexes(router: Router, { identity }: ApiParts): void {
  const rtc = isSupported(["rtc_server"]) ? { rtc: RTC } : {};
  const root = { ...envelope(identity), urls: { api: "the API", ...rtc } };
  const api = { ...envelope(identity), urls: { v1: "version 1" } };
  const version1 = { ...envelope(identity), urls: VERSION_1, tests: TESTS };
  router.below("/", () => root);
  router.below("/api/", () => api);
  router.below("/api/v1/", () => version1);
}
