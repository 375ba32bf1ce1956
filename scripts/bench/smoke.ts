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
    const { subject, failed, stalls, gaps, lostFrames, megabitsPerSecond, problems } = summary;
    const isFlowing = megabitsPerSecond > 0;
    if (failed + stalls + gaps + lostFrames === 0 && isFlowing) return [];
    const counts = `${failed} failed, ${stalls} stalls, ${gaps} gaps, ${lostFrames} lost, ${megabitsPerSecond} Mbps`;
    return [`${id}, ${subject}: ${counts}. ${problems.join(". ")}`];
  });
  return ours.length === 0 ? [`${id}: nothing was measured`, ...faults] : faults;
}

/** Whether there are stalls and nothing else is wrong: a machine that is busy with other tests has them. */
export function isHeldUp(summaries: readonly Summary[]): boolean {
  const ours = summaries.filter(({ subject }) => subject.startsWith("Sluice"));
  return (
    ours.some(({ stalls }) => stalls > 0) &&
    ours.every(({ failed, gaps, lostFrames, megabitsPerSecond }) => {
      return failed + gaps + lostFrames === 0 && megabitsPerSecond > 0;
    })
  );
}
