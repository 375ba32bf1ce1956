/**
 * The vhost that serves a host name.
 *
 * @module
 */

import type { Config } from "./config.ts";
import type { VhostConfig } from "./vhost-config.ts";

/** The vhost for addresses and for names that are not listed. */
export const DEFAULT_VHOST = "__defaultVhost__";

/**
 * Finds the vhost of that name, else the default one. It may be disabled, which is for the caller
 * to refuse; `undefined` if there is none, as under a configuration in SRS's format.
 */
export function findVhost(config: Config, name: string): VhostConfig | undefined {
  return config.vhosts[name] ?? config.vhosts[DEFAULT_VHOST];
}
