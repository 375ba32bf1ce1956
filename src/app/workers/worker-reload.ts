/**
 * A worker's part in a reload: to get ready for a configuration, and to take it on or leave it, as the
 * supervisor says. One step after the other, in the order in which they are ordered.
 *
 * @module
 */

import { SystemError, toError } from "../../base/errors.ts";
import type { Config } from "../../config/config.ts";
import type { PreparedConfig } from "../reload/prepared-config.ts";

export class WorkerReload {
  readonly #prepareConfig: (config: Config) => Promise<PreparedConfig>;
  /** What is ready, or why it is not. */
  #prepared: PreparedConfig | Error = nothing();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(prepareConfig: (config: Config) => Promise<PreparedConfig>) {
    this.#prepareConfig = prepareConfig;
  }

  /** @throws {Error} If the configuration cannot be taken on; then nothing has changed. */
  prepare(config: Config): Promise<void> {
    return this.#inTurn(async () => {
      try {
        this.#prepared = await this.#prepareConfig(config);
      } catch (error) {
        this.#prepared = toError(error);
        throw error;
      }
    });
  }

  /** @throws {Error} Why nothing is prepared. */
  commit(): Promise<void> {
    return this.#inTurn(async () => {
      const prepared = this.#take();
      if (prepared instanceof Error) throw prepared;
      await prepared.commit();
    });
  }

  giveUp(): Promise<void> {
    return this.#inTurn(async () => {
      const prepared = this.#take();
      if (!(prepared instanceof Error)) await prepared.giveUp();
    });
  }

  #take(): PreparedConfig | Error {
    const prepared = this.#prepared;
    this.#prepared = nothing();
    return prepared;
  }

  #inTurn(step: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(step);
    this.#turn = done.catch(() => undefined);
    return done;
  }
}

function nothing(): Error {
  return new SystemError("EWORKER", "Cannot reload: nothing is prepared");
}
