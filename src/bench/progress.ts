/**
 * How a run is going: a line a second.
 *
 * @module
 */

import { formatRate } from "./format.ts";

export type Phase = "ramp" | "warm-up" | "measuring" | "done";

export interface BenchProgress {
  readonly phase: Phase;
  readonly seconds: number;
  readonly publishersConnected: number;
  readonly publishersWanted: number;
  readonly playersConnected: number;
  readonly playersWanted: number;
  readonly receivedBitsPerSecond: number;
  readonly sentBitsPerSecond: number;
  readonly failed: number;
  readonly lost: number;
  readonly stalls: number;
  readonly gaps: number;
}

/** One line without its end. */
export function formatProgress(progress: BenchProgress): string {
  const { phase, seconds, failed, lost, stalls, gaps } = progress;
  const parts = [`${phase} ${seconds.toFixed(0)} s`];
  if (progress.publishersWanted > 0) {
    const { publishersConnected, publishersWanted, sentBitsPerSecond } = progress;
    const rate = formatRate(sentBitsPerSecond);
    parts.push(`publishers ${publishersConnected}/${publishersWanted}, ${rate}`);
  }
  if (progress.playersWanted > 0) {
    const { playersConnected, playersWanted, receivedBitsPerSecond } = progress;
    parts.push(
      `players ${playersConnected}/${playersWanted}, ${formatRate(receivedBitsPerSecond)}`,
    );
  }
  for (const [name, count] of Object.entries({ failed, lost, stalls, gaps })) {
    if (count > 0) parts.push(`${count} ${name}`);
  }
  return parts.join(" | ");
}
