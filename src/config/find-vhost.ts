/**
 * The vhost that serves a host name.
 *
 * @module
 */

import { DEFAULT_VHOST } from "../base/stream-name.ts";
import type { Config } from "./config.ts";
import type { VhostConfig } from "./vhost-config.ts";

/**
 * Finds the vhost of that name, else the default one. It may be disabled, which is for the caller
 * to refuse; `undefined` if there is none, as under a configuration in SRS's format.
 */
export function findVhost(config: Config, name: string): VhostConfig | undefined {
  return config.vhosts[name] ?? config.vhosts[DEFAULT_VHOST];
}
