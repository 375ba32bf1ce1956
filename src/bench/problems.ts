/**
 * What is wrong with a run: what the server did not do, and what makes the figures doubtful.
 *
 * @module
 */

import { CLOCK_SKEW_US_MAX, type PlayerTotals } from "./player-totals.ts";
import type { ClientsReport, MeterReport, PlayersReport, PublishersReport } from "./report.ts";

/** A meter as busy as this, or kept from looking for as long, measures itself. */
const METER_CPU_PERCENT_MAX = 90;
const METER_DELAY_MS_MAX = 250;

/** Clients that were not served as they should be. None: the run is a success. */
export function serviceProblems(
  publishers: PublishersReport | undefined,
  healthy: PlayersReport,
): string[] {
  const problems: string[] = [];
  if (publishers !== undefined) problems.push(...clientProblems("publishers", publishers));
  problems.push(...clientProblems("healthy players", healthy));
  const silentCount = healthy.wanted - healthy.failed - healthy.withFirstFrame;
  if (silentCount > 0) {
    problems.push(`${silentCount} of ${healthy.wanted} healthy players got no key frame`);
  }
  return problems;
}

function clientProblems(name: string, clients: ClientsReport): string[] {
  const { wanted, failed, failures, lost, losses } = clients;
  const why = (reports: ClientsReport["failures"]): string =>
    reports.map(({ reason, count }) => `${count} x ${reason}`).join("; ");
  const problems: string[] = [];
  if (failed > 0) problems.push(`${failed} of ${wanted} ${name} failed: ${why(failures)}`);
  if (lost > 0) problems.push(`${lost} of ${wanted} ${name} were cut off: ${why(losses)}`);
  return problems;
}

/** Publishers and players on machines whose clocks do not agree. */
export function clockProblem({
  negativeLatencyCount,
  latencyUsMin,
}: Pick<PlayerTotals, "negativeLatencyCount" | "latencyUsMin">): string | undefined {
  if (latencyUsMin >= -CLOCK_SKEW_US_MAX) return undefined;
  const ms = (-latencyUsMin / 1_000).toFixed(1);
  return `clocks differ: ${negativeLatencyCount} pictures came up to ${ms} ms before they were sent; no latency`;
}

/** The meter's own part in what it measured. */
export function meterProblems({ cpuPercent, delayMsMax }: MeterReport): string[] {
  const problems: string[] = [];
  if (cpuPercent > METER_CPU_PERCENT_MAX) {
    problems.push(`the meter itself was busy for ${cpuPercent} % of the time: use several`);
  }
  if (delayMsMax > METER_DELAY_MS_MAX) {
    problems.push(
      `the meter itself was held up for ${delayMsMax} ms: times may be too long by that`,
    );
  }
  return problems;
}
