/**
 * Which files are pieces of streams that are for those alone who have been let in: on disk they look like
 * any other file, and whoever serves files must not give them to anybody.
 *
 * @module
 */

import { isCmafName } from "./cmaf/cmaf-names.ts";
import type { CmafPaths } from "./cmaf/cmaf-paths.ts";
import type { VhostPackaging } from "./vhost-packaging.ts";

export interface GuardedOutput {
  /** As it is configured. */
  readonly folder: string;
  /** Whether a file is a piece of a stream. @param name Below the folder. */
  matches(name: string): boolean;
}

/** As the files are called that are not complete. */
const UNFINISHED = /\.tmp$/;

/** What a vhost puts on disk that is not for everybody. */
export function guardedOutputs({ isGuarded, ts, cmaf, dash }: VhostPackaging): GuardedOutput[] {
  if (!isGuarded) return [];
  const outputs: GuardedOutput[] = [];
  if (ts !== undefined && ts.config.hlsStorage !== "memory") {
    const { names, config } = ts;
    outputs.push({ folder: config.hlsPath, matches: (name) => names.match(name) !== undefined });
  }
  if (cmaf !== undefined && cmaf.config.storage !== "memory") {
    const { paths, config } = cmaf;
    outputs.push({ folder: config.path, matches: (name) => isOfCmaf(paths, name) });
  }
  if (dash !== undefined && dash.config.dashStorage !== "memory") {
    const { paths, config } = dash;
    outputs.push({ folder: config.dashPath, matches: (name) => isOfCmaf(paths, name) });
  }
  return outputs.map(({ folder, matches }) => ({
    folder,
    matches: (name) => matches(name.replace(UNFINISHED, "")),
  }));
}

function isOfCmaf(paths: CmafPaths, name: string): boolean {
  if (paths.matchEntry(name) !== undefined) return true;
  const file = paths.matchFile(name)?.file;
  return file !== undefined && isCmafName(file);
}
