/**
 * Which files pictures are on disk.
 *
 * @module
 */

import { createStoredFiles, type StoredFiles } from "../../base/stored-files.ts";
import { isPlayGuarded } from "../../config/play-guard.ts";
import type { VhostConfig } from "../../config/vhost-config.ts";

/** Those of a vhost's streams. */
export function listPictureFiles(vhost: string, config: VhostConfig): StoredFiles[] {
  const { enabled, path } = config.snapshot;
  if (!enabled || path === "") return [];
  const [fixed = ""] = path.split("[");
  const slash = fixed.lastIndexOf("/");
  const root = slash < 0 ? "." : fixed.slice(0, Math.max(1, slash));
  const isGuarded = isPlayGuarded(config);
  return [createStoredFiles({ vhost, isGuarded, root, template: path.slice(slash + 1) })];
}
