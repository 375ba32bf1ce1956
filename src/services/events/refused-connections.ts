/**
 * Connections that were too many, as events: a flood of them is one event a second.
 *
 * @module
 */

import type { TellEvent } from "../../live/server-event.ts";

const PERIOD_MS = 1_000;

export class RefusedConnections {
  readonly #tell: TellEvent;
  #count = 0;
  #address = "";
  #toldMs = Number.NEGATIVE_INFINITY;

  constructor(tell: TellEvent) {
    this.#tell = tell;
  }

  /** There were too many for one from there. */
  refused(address: string): void {
    this.#count += 1;
    this.#address = address;
  }

  /** Call every second or so. */
  sweep(nowMs: number): void {
    if (this.#count === 0 || nowMs - this.#toldMs < PERIOD_MS) return;
    this.#tell({ type: "connection.refused", address: this.#address, count: this.#count });
    this.#count = 0;
    this.#toldMs = nowMs;
  }
}
