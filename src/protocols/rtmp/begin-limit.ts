/**
 * How often one connection may begin to publish or play. Each beginning asks the handler, makes or
 * finds a stream, and is logged, and a peer can put thousands into one second.
 *
 * @module
 */

import { ProtocolError } from "../../base/errors.ts";

/** At once: people who switch channels on one connection do so a few times in a row. */
export const BEGINS_MAX = 10;
/** After that, one more each second: faster than anybody watches, or an encoder recovers. */
const BEGIN_PERIOD_MS = 1_000;

export class BeginLimit {
  #left = BEGINS_MAX;
  #refilledMs: number | undefined;

  /** Counts one. @throws {ProtocolError} If there have been too many. */
  take(): void {
    if (this.#left === 0) throw new ProtocolError("Cannot begin to publish or play so often");
    this.#left -= 1;
  }

  /** To be called now and then, every second or so. */
  refill(nowMs: number): void {
    this.#refilledMs ??= nowMs;
    const count = Math.floor((nowMs - this.#refilledMs) / BEGIN_PERIOD_MS);
    this.#refilledMs += count * BEGIN_PERIOD_MS;
    this.#left = Math.min(BEGINS_MAX, this.#left + count);
  }
}
