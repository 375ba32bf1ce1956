/**
 * Which files recordings are on disk.
 *
 * @module
 */

import type { StoredFiles } from "../../base/stored-files.ts";
import { isPlayGuarded } from "../../config/play-guard.ts";
import type { VhostConfig } from "../../config/vhost-config.ts";
import { RecordingNames } from "./recording-names.ts";

/**
 * Those of a vhost's streams. Where players have to show a token also if nothing is recorded at present:
 * it may have been before, or be when somebody asks for it.
 */
export function listRecordedFiles(
  vhost: string,
  config: VhostConfig,
  isUtc: boolean,
): StoredFiles[] {
  const { enabled, dvrPath } = config.dvr;
  const isGuarded = isPlayGuarded(config);
  if (!enabled && !isGuarded) return [];
  const names = new RecordingNames(dvrPath, isUtc);
  const has = (path: string): boolean => {
    const match = names.match(path);
    // Where names do not tell vhosts apart it may be any one's.
    return match !== undefined && (match.vhost ?? vhost) === vhost;
  };
  return [{ vhost, folder: names.root, isGuarded, form: `recording ${dvrPath}`, has }];
}
