/**
 * Figures of the processes and of the machine: `summaries`, `rusages`, `self_proc_stats`,
 * `system_proc_stats`, `meminfos`.
 *
 * @module
 */

import type { Config } from "../../config/config.ts";
import { envelope } from "./answers.ts";
import type { ApiParts } from "./api.ts";
import { toMemory, toProcessStats, toResourceUse, toSystemStats } from "./proc-entries.ts";
import type { Router } from "./router.ts";
import { toSummary } from "./summaries.ts";

export function addMachine(router: Router, { identity, view, clock, config }: ApiParts): void {
  const start = envelope(identity);
  const pid = Number(identity.pid);
  router.at("/api/v1/summaries", async () => {
    const [processes, machine] = await Promise.all([view.processes(), view.machine()]);
    const summary = toSummary(processes, machine, pid, clock.wallMs());
    return { ...start, data: { ...summary, sluice: { pages: toPages(config) } } };
  });
  router.at("/api/v1/rusages", async () => {
    return { ...start, data: toResourceUse(await view.processes(), clock.wallMs()) };
  });
  router.at("/api/v1/self_proc_stats", async () => {
    return { ...start, data: toProcessStats(await view.processes(), pid, clock.wallMs()) };
  });
  router.at("/api/v1/system_proc_stats", async () => {
    return { ...start, data: toSystemStats(await view.machine()) };
  });
  router.at("/api/v1/meminfos", async () => {
    return { ...start, data: toMemory(await view.machine()) };
  });
}

/** The ports that have the built-in pages. */
function toPages({ httpServer }: Pick<Config, "httpServer">): Readonly<Record<string, number[]>> {
  const { enabled, page, listen, https } = httpServer;
  const isServed = enabled && page;
  return {
    http: isServed ? listen.map(({ port }) => port) : [],
    https: isServed && https.enabled ? https.listen.map(({ port }) => port) : [],
  };
}
