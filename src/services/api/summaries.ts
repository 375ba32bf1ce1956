/**
 * `GET /api/v1/summaries`: the server at a glance, with those of SRS's figures that there are. The
 * machine's own (memory, disks, network) are left out, not made up.
 *
 * @module
 */

import { VERSION } from "../../base/version.ts";
import type { ProcessReport } from "../../live/reports.ts";

/** @param processes All of the server's; their figures are added up. */
export function toSummary(
  processes: readonly ProcessReport[],
  pid: number,
  nowMs: number,
): Readonly<Record<string, unknown>> {
  const sum = (value: (report: ProcessReport) => number): number =>
    processes.reduce((total, report) => total + value(report), 0);
  const uptimeMs = Math.max(0, ...processes.map((report) => report.uptimeMs));
  return {
    ok: true,
    now_ms: Math.round(nowMs),
    self: {
      version: VERSION,
      pid,
      mem_kbyte: Math.round(sum((report) => report.residentSize) / 1024),
      cpu_percent: Math.round(sum((report) => report.cpuLoad) * 100) / 100,
      srs_uptime: Math.floor(uptimeMs / 1_000),
    },
    system: {
      srs_sample_time: Math.round(nowMs),
      srs_recv_bytes: sum((report) => report.receivedSize),
      srs_send_bytes: sum((report) => report.sentSize),
      conn_srs: sum((report) => report.connections),
    },
  };
}
