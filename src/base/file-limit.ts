/**
 * How many files a process may open.
 *
 * Spec: proc_pid_limits(5).
 *
 * @module
 */

/** @param text Of `/proc/self/limits`. @returns `undefined` if it does not say. */
export function parseFileLimit(text: string): number | undefined {
  const limit = /^Max open files\s+(\d+|unlimited)/m.exec(text)?.[1];
  if (limit === undefined) return undefined;
  return limit === "unlimited" ? Number.POSITIVE_INFINITY : Number(limit);
}
