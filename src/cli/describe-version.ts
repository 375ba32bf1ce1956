/**
 * What the program says of itself, in one line.
 *
 * @module
 */

import { VERSION } from "../base/version.ts";
import type { Runtime } from "../runtime/runtime.ts";

/**
 * As `sluice 1.2.3 (commit 0123456789ab, bun 1.4.5)`: scripts may rely on it.
 *
 * @param commit Of the build; `-dirty` behind it where its sources were others, `unknown` where nobody
 *   could tell. Absent: the program runs from its sources.
 */
export function describeVersion(
  { name, version }: Pick<Runtime, "name" | "version">,
  commit: string | undefined,
): string {
  const origin = commit === undefined ? "from sources" : `commit ${commit}`;
  return `sluice ${VERSION} (${origin}, ${name} ${version})`;
}
