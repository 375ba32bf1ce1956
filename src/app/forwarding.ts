/**
 * Forwarding as a part of the server.
 *
 * @module
 */

import type { Config } from "../config/config.ts";
import { findVhost } from "../config/find-vhost.ts";
import {
  type ForwardSettings,
  Forwards,
  type ForwardsPorts,
} from "../services/forward/forwards.ts";

export interface ForwardingOptions extends Omit<ForwardsPorts, "settingsOf"> {
  /** As it is now. */
  readonly config: () => Config;
}

export function createForwards(options: ForwardingOptions): Forwards {
  return new Forwards({ ...options, settingsOf: (vhost) => settingsOf(options.config(), vhost) });
}

function settingsOf(config: Config, name: string): ForwardSettings | undefined {
  const { enabled, forward } = findVhost(config, name) ?? {};
  if (enabled !== true || forward?.enabled !== true) return undefined;
  return {
    destinations: forward.destination,
    backend: forward.backend,
    tls: { isVerified: forward.tlsVerify, authoritiesPath: forward.tlsCa },
  };
}
