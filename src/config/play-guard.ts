/**
 * Whether a vhost lets everybody play who asks.
 *
 * @module
 */

import type { VhostConfig } from "./vhost-config.ts";

/**
 * Whether what the vhost packages is for those alone who have been let play, in memory and on disk. Rules
 * by address and page and backends are asked about players too, but as in SRS who knows the name of a
 * segment may have it: so that a CDN may share segments whose playlists are asked for one by one.
 */
export function isPlayGuarded({ token }: Pick<VhostConfig, "token">): boolean {
  return token.play;
}
