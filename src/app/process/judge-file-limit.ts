/**
 * Whether the process may open as many files as the configuration lets connections in.
 *
 * @module
 */

import { parseFileLimit } from "../../base/file-limit.ts";
import type { Config } from "../../config/config.ts";
import type { Files } from "../../runtime/runtime.ts";

/** What a server has open beside connections: files it writes and reads, its event loop, its log. */
const FILES_RESERVED = 128;

export interface FileLimitVerdict {
  readonly isEnough: boolean;
  /** In plain words, with what to do. */
  readonly text: string;
}

/**
 * Each of the runtimes raises its own limit as far as it may when it begins (the soft limit of
 * setrlimit(2) to the hard one), so that what is left is for the operator to raise.
 *
 * @returns `undefined` where the system does not tell.
 */
export async function judgeFileLimit(
  { maxConnections }: Pick<Config, "maxConnections">,
  files: Pick<Files, "readText">,
): Promise<FileLimitVerdict | undefined> {
  const limit = parseFileLimit(await files.readText("/proc/self/limits").catch(() => ""));
  if (limit === undefined) return undefined;
  const needed = maxConnections + FILES_RESERVED;
  const told = `A process may open ${Number.isFinite(limit) ? limit : "any number of"} files`;
  if (limit >= needed) {
    return { isEnough: true, text: `${told}, enough for ${maxConnections} connections` };
  }
  const how = `raise it to ${needed} (ulimit -n, LimitNOFILE= of systemd, --ulimit of a container)`;
  const text = `${told}, too few for max_connections: ${maxConnections}`;
  return { isEnough: false, text: `${text}: ${how}, or lower max_connections` };
}
