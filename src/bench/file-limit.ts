/**
 * How many connections this process may have.
 *
 * @module
 */

import { parseFileLimit } from "../base/file-limit.ts";
import type { Files } from "../runtime/runtime.ts";

/** What a process has open beside connections: its program, its event loop, its output. */
const FILES_RESERVED = 32;

/** How many files this process may open; `undefined` where the system does not say. */
export async function readFileLimit(files: Files): Promise<number | undefined> {
  return parseFileLimit(await files.readText("/proc/self/limits").catch(() => ""));
}

/**
 * What to tell if so many clients cannot have been served for want of files. Not every runtime says so
 * by itself: Bun reports a refused connection.
 */
export function fileLimitProblem(
  clientCount: number,
  limit: number | undefined,
): string | undefined {
  if (limit === undefined || clientCount + FILES_RESERVED <= limit) return undefined;
  return `this process may open ${limit} files: raise "ulimit -n" for ${clientCount} clients`;
}
