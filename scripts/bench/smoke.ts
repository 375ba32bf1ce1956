/**
 * A short run that shows that everything works, and says nothing of speed.
 *
 * @module
 */

import type { Summary } from "./report.ts";
import { SCENARIOS, type Scenario } from "./scenarios.ts";

const IDS = ["http-flv-1000", "rtmp-1000", "publishers-1000", "latency-500"];
const PLAYERS = 30;
const SUBJECTS = ["bare loop", "Sluice on bun", "Sluice on node", "Sluice on deno"];

export const SMOKE_SCENARIOS: readonly Scenario[] = SCENARIOS.filter(({ id }) =>
  IDS.includes(id),
).map((scenario) => ({
  ...scenario,
  title: `smoke, ${PLAYERS} players`,
  subjects: scenario.subjects.filter((name) => SUBJECTS.includes(name)),
  load: {
    ...scenario.load,
    players: PLAYERS,
    publishers: Math.min(scenario.load.publishers, PLAYERS),
    settleSeconds: 1,
    rampSeconds: 1,
    warmupSeconds: 0.5,
    seconds: 1.5,
  },
  rounds: 1,
}));

/** What is wrong, in words. */
export function checkSmoke({ id }: Scenario, summaries: readonly Summary[]): string[] {
  const ours = summaries.filter(({ subject }) => subject.startsWith("Sluice"));
  const faults = ours.flatMap((summary) => {
    const { subject, failed, gaps, lostFrames, megabitsPerSecond, problems } = summary;
    const isFlowing = megabitsPerSecond > 0;
    // Stalls are not asked for: a machine that is busy with other tests has them.
    if (failed + gaps + lostFrames === 0 && isFlowing) return [];
    const counts = `${failed} failed, ${gaps} gaps, ${lostFrames} lost, ${megabitsPerSecond} Mbps`;
    return [`${id}, ${subject}: ${counts}. ${problems.join(". ")}`];
  });
  return ours.length === 0 ? [`${id}: nothing was measured`, ...faults] : faults;
}
