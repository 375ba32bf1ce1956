/**
 * Waiting for what will come.
 *
 * @module
 */

import { vi } from "vitest";

/** Long past anything that is merely slow. */
const PATIENCE_MS = 15_000;

vi.setConfig({ testTimeout: 2 * PATIENCE_MS });

/** Resolves once `condition` holds. Throws, saying what was waited for, if it never does. */
export async function eventually(
  what: string,
  condition: () => boolean,
  patienceMs: number = PATIENCE_MS,
): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`Waited in vain: ${what}`);
    await pass(2);
  }
}

/** Lets the event loop turn for `ms` milliseconds: to see that something does not happen. */
export function pass(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
