/**
 * Reads the configuration anew and has the server take it on.
 *
 * A configuration that cannot be read, or whose ports cannot be had, changes nothing.
 *
 * @module
 */

import { ClosedError, ConfigError, RefusedError, SystemError, toError } from "../../base/errors.ts";
import type { Logger } from "../../base/logger.ts";
import type { Config } from "../../config/config.ts";
import { type ConfigChange, diffConfig } from "../../config/diff-config.ts";
import type { LoadedConfig } from "../../config/load-config.ts";
import type { TellEvent } from "../../live/server-event.ts";

/** How far a reload is. As SRS numbers it, which tells of it by its API. */
export const ReloadState = { Init: 0, Parsing: 10, Applying: 30, Finished: 90 } as const;
export type ReloadState = (typeof ReloadState)[keyof typeof ReloadState];

/** The latest reload. */
export interface ReloadReport {
  /** Unlike that of any other; empty before the first. */
  readonly id: string;
  readonly state: ReloadState;
  /** Why nothing has changed; `undefined` if all went well so far. */
  readonly problem: string | undefined;
  /** What has changed, and when that takes effect. */
  readonly changes: readonly ConfigChange[];
}

export interface ReloaderPorts {
  /** @throws {ConfigError | SystemError} */
  readonly load: () => LoadedConfig;
  /** @throws {Error} If it cannot be taken on; then nothing has changed. */
  readonly apply: (config: Config) => Promise<void>;
  readonly logger: Logger;
  readonly createId: () => string;
  readonly tell: TellEvent;
  /** Told when a reload begins, and when it has ended, however it went. */
  readonly began?: () => void;
  readonly ended?: () => void;
}

/** What says all by its message: the operator's doing, and a server that stops. */
const EXPECTED = [ConfigError, SystemError, RefusedError, ClosedError];
/** An event is to stay small; the log has all of them. */
const TOLD_PATHS_MAX = 100;

const NEVER: ReloadReport = {
  id: "",
  state: ReloadState.Init,
  problem: undefined,
  changes: [],
};

/** Who has the server reload its configuration, and sees how that went. */
export interface ReloadControl {
  /** @param cause Goes into the log. */
  reload(cause: string): Promise<ReloadReport>;
  latest(): Promise<ReloadReport>;
}

export class Reloader implements ReloadControl {
  readonly #ports: ReloaderPorts;
  #config: Config;
  #latest = NEVER;
  #running: Promise<ReloadReport> | undefined;
  /** Asked for while one was running, which may have read the file too early. */
  #next: Promise<ReloadReport> | undefined;

  /** @param config The one that the server has begun with. */
  constructor(config: Config, ports: ReloaderPorts) {
    this.#config = config;
    this.#ports = ports;
  }

  latest(): Promise<ReloadReport> {
    return Promise.resolve(this.#latest);
  }

  /** Reloads; who asks while a reload goes on gets the one after it. */
  reload(cause: string): Promise<ReloadReport> {
    if (this.#running === undefined) {
      this.#running = this.#reload(cause).finally(() => {
        this.#running = undefined;
      });
      return this.#running;
    }
    this.#next ??= this.#running.then(() => {
      this.#next = undefined;
      return this.reload(cause);
    });
    return this.#next;
  }

  async #reload(cause: string): Promise<ReloadReport> {
    const { load, apply, logger, createId } = this.#ports;
    this.#latest = { ...NEVER, id: createId(), state: ReloadState.Parsing };
    this.#ports.began?.();
    try {
      const { config, warnings } = load();
      for (const warning of warnings) logger.warn("configuration warning", { warning });
      const changes = diffConfig(this.#config, config);
      this.#latest = { ...this.#latest, state: ReloadState.Applying, changes };
      await apply(config);
      this.#config = config;
      this.#latest = { ...this.#latest, state: ReloadState.Finished };
      this.#tell(cause, changes);
    } catch (error) {
      const problem = toError(error).message;
      this.#latest = { ...this.#latest, problem, changes: [] };
      const isOperators = EXPECTED.some((one) => error instanceof one);
      logger.error("configuration not reloaded", { cause, error: isOperators ? problem : error });
      this.#ports.tell({ type: "configuration.refused", cause, problem });
    }
    this.#ports.ended?.();
    return this.#latest;
  }

  #tell(cause: string, changes: readonly ConfigChange[]): void {
    const { logger, tell } = this.#ports;
    const pathsOf = (isLater: boolean): string[] =>
      changes
        .filter(({ takesEffect }) => (takesEffect === "restart") === isLater)
        .map(({ path }) => path);
    logger.info("configuration reloaded", { cause, changed: pathsOf(false) });
    const later = pathsOf(true);
    if (later.length > 0) logger.warn("restart to apply all changes", { changed: later });
    tell({
      type: "configuration.reloaded",
      cause,
      changed: pathsOf(false).slice(0, TOLD_PATHS_MAX),
      needsRestart: later.slice(0, TOLD_PATHS_MAX),
    });
  }
}
