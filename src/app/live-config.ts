/**
 * The configuration as it is at present: a reload puts another in its place.
 *
 * @module
 */

import type { Config } from "../config/config.ts";

/** Who acts for as long as the server runs asks anew each time. */
export interface ConfigSource {
  readonly current: Config;
}

export class LiveConfig implements ConfigSource {
  current: Config;

  constructor(config: Config) {
    this.current = config;
  }
}
