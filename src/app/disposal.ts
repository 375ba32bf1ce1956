/**
 * What has been opened, to be closed in the opposite order.
 *
 * @module
 */

import type { Logger } from "../base/logger.ts";

type Close = () => void | Promise<void>;

export class Disposal {
  readonly #logger: Logger;
  readonly #closes: { readonly name: string; readonly close: Close }[] = [];
  #closing: Promise<void> | undefined;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Remembers how to close what has just been opened. */
  add(name: string, close: Close): void {
    this.#closes.push({ name, close });
  }

  /**
   * Closes everything, the latest first. What fails is logged and holds up nothing. Whoever calls it
   * while that goes on waits for the same end.
   */
  async closeAll(): Promise<void> {
    this.#closing ??= this.#closeAll();
    await this.#closing;
    this.#closing = undefined;
  }

  async #closeAll(): Promise<void> {
    for (let last = this.#closes.pop(); last !== undefined; last = this.#closes.pop()) {
      try {
        await last.close();
      } catch (error) {
        this.#logger.error("close failed", { what: last.name, error });
      }
    }
  }
}
