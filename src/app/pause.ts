/**
 * A wait that somebody may end.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";

/** Resolves when `ms` milliseconds have passed, or at once when it is aborted; then no timer is left. */
export async function pause(
  clock: Pick<Clock, "setTimer">,
  ms: number,
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const end = (): void => resolve();
  const timer = clock.setTimer(ms, end);
  signal.addEventListener("abort", end);
  await promise;
  signal.removeEventListener("abort", end);
  timer.cancel();
}
