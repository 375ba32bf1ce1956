/**
 * Waiting for what must come, however slow the machine is.
 *
 * @module
 */

/** Far longer than anything takes that works, so that only a fault runs into it. */
export const PATIENCE_MS = 20_000;

const POLL_MS = 20;

/**
 * Waits until `look` returns something other than `undefined` or `false`, and returns that.
 *
 * @throws {Error} If it does not, naming `what` was waited for.
 */
export async function waitFor<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  patienceMs: number = PATIENCE_MS,
): Promise<T> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    if (performance.now() > deadline) throw new Error(`Waited in vain for ${what}`);
    await sleep(POLL_MS);
  }
}

/** Waits for a promise, but not for ever. */
export async function within<T>(
  what: string,
  promise: Promise<T>,
  patienceMs: number = PATIENCE_MS,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Waited in vain for ${what}`)), patienceMs);
  });
  try {
    return await Promise.race([promise, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
