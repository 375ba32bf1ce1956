/**
 * What `sluice bench --json` says of a load, as far as a soak test reads it.
 *
 * @module
 */

export interface LoadReport {
  readonly schema: number;
  readonly isOk: boolean;
  readonly problems: readonly string[];
  readonly players: readonly {
    readonly class: string;
    readonly players: { readonly connectedMax: number };
  }[];
  /** Of all players that read. */
  readonly healthy: {
    readonly stalls: { readonly count: number };
    readonly gaps: { readonly count: number };
    /** Absent from the reports of load generators that do not count them. */
    readonly lostFrames?: number;
  };
}

const SCHEMA = 1;

/** @returns `undefined` if it is no such report, as of a load that broke. */
export function parseLoadReport(output: string): LoadReport | undefined {
  try {
    const report = JSON.parse(output) as LoadReport;
    return report.schema === SCHEMA ? report : undefined;
  } catch {
    return undefined;
  }
}

/** @returns What players that read have suffered; nothing if they were served as they must be. */
export function judgeLoad({ isOk, problems, healthy }: LoadReport): string[] {
  const { stalls, gaps, lostFrames = 0 } = healthy;
  const faults: string[] = isOk ? [] : problems.map((one) => `Not served: ${one}`);
  if (!isOk && problems.length === 0) faults.push("Not served, and no reason given");
  if (stalls.count > 0) faults.push(`Players that read stood still ${stalls.count} times`);
  if (gaps.count > 0) faults.push(`Players that read missed something ${gaps.count} times`);
  if (lostFrames > 0) faults.push(`Players that read lost ${lostFrames} frames`);
  return faults;
}

/** How many players had to be served, and were connected. */
export function countServed({ players: groups }: LoadReport): number {
  const healthy = groups.filter((group) => group.class === "healthy");
  return healthy.reduce((sum, { players }) => sum + players.connectedMax, 0);
}
