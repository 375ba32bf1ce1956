/**
 * Caps what a sender without transport-wide feedback may send, by REMB.
 *
 * Spec: draft-alvestrand-rmcat-remb-03 section 2.
 *
 * @module
 */

import type { Remb } from "../../../codec/rtcp/remb.ts";

/** Senders forget a limit that is not said again, and datagrams get lost. */
const PERIOD_MS = 1_000;

export class RembSchedule {
  #bitrateMax: number;
  #lastMs = Number.NEGATIVE_INFINITY;

  /** @param bitrateMax In bit/s. */
  constructor(bitrateMax: number) {
    this.#bitrateMax = bitrateMax;
  }

  /** @param bitrateMax In bit/s; is said with the next call of `take`. */
  configure(bitrateMax: number): void {
    if (bitrateMax === this.#bitrateMax) return;
    this.#bitrateMax = bitrateMax;
    this.#lastMs = Number.NEGATIVE_INFINITY;
  }

  /**
   * @param ssrcs The sources that share the limit.
   * @returns What to send; `undefined` while the last one holds, or there is no source yet.
   */
  take(senderSsrc: number, ssrcs: readonly number[], nowMs: number): Remb | undefined {
    if (ssrcs.length === 0 || nowMs - this.#lastMs < PERIOD_MS) return undefined;
    this.#lastMs = nowMs;
    return { type: "remb", senderSsrc, bitrate: this.#bitrateMax, ssrcs: [...ssrcs] };
  }
}
