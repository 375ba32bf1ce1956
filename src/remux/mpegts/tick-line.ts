/**
 * Ticks of 33 bits, counted on over their wraps: one line of time for all that is played together.
 *
 * @module
 */

import { ptsDistance, wrapPts } from "../../codec/mpegts/pes.ts";

export class TickLine {
  #last: number | undefined;

  /** @param ticks Within 33 bits. @returns Of 90 kHz; near the one before it, whatever the order. */
  unwrap(ticks: number): number {
    const last = this.#last ?? ticks;
    const unwrapped = last + ptsDistance(wrapPts(last), ticks);
    this.#last = unwrapped;
    return unwrapped;
  }
}
