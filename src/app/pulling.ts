/**
 * Pulling as a part of the server.
 *
 * @module
 */

import { splitStreamPath } from "../base/stream-name.ts";
import type { Config } from "../config/config.ts";
import { type PullSettings, Pulls, type PullsPorts } from "../services/pull/pulls.ts";

export interface PullingOptions extends Omit<PullsPorts, "settings"> {
  /** As it is now. */
  readonly config: () => Config;
  /** Another process does it. */
  readonly isOthers: boolean;
}

export function createPulls(options: PullingOptions): Pulls {
  const { config, isOthers } = options;
  return new Pulls({ ...options, settings: () => (isOthers ? [] : settingsOf(config())) });
}

function settingsOf({ vhosts }: Config): PullSettings[] {
  return Object.entries(vhosts).flatMap(([vhost, { enabled, pull }]) => {
    if (!enabled) return [];
    return Object.entries(pull).flatMap(([id, one]): PullSettings[] => {
      const path = splitStreamPath(one.stream);
      if (!one.enabled || path === undefined) return [];
      const tls = { isVerified: one.tlsVerify, authoritiesPath: one.tlsCa };
      return [{ id, name: { vhost, ...path }, url: one.url, tls }];
    });
  });
}
