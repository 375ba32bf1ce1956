/**
 * When a program clock reference (PCR) is due in MPEG-TS, and what it says.
 *
 * A receiver sets its clock by the PCRs, and an access unit must be there when the clock reaches its
 * DTS. So the clock runs a little behind the DTS, which gives the access unit that time to arrive;
 * were it the DTS itself, as in SRS's streams, each picture would be late by its own transmission.
 * A stream that starts near 0 has its first PCRs at 0, as a clock below 0 would wrap to its end.
 *
 * @module
 */

import { PCR_TICKS_PER_PTS_TICK } from "../../codec/mpegts/packet.ts";
import { PTS_TICKS_PER_MS, wrapPts } from "../../codec/mpegts/pes.ts";

/** How far behind the DTS the clock is: a large key frame at twice the stream's rate, or so. */
const DELAY = 100 * PTS_TICKS_PER_MS;
/**
 * Steps back up to this are audio and video that came in another order than that of their times, and
 * the clock waits for them. Larger ones are a publisher's clock that was set.
 */
const REORDERING_MAX = 1_000 * PTS_TICKS_PER_MS;

/** All times are in ticks of 90 kHz, not wrapped, unless they say otherwise. */
export class PcrClock {
  /** The latest reference does not go on from the one before: the packet must say so. */
  isDiscontinuous = false;
  #lastDts: number | undefined;
  #lastValue = 0;

  /** Whether the latest reference is `interval` old at `dts`, or of another time. */
  isDue(dts: number, interval: number): boolean {
    const last = this.#lastDts;
    return last === undefined || dts - last >= interval || last - dts > REORDERING_MAX;
  }

  /** The reference to send with an access unit of this DTS, in ticks of 27 MHz, wrapped. */
  next(dts: number): number {
    const isFirst = this.#lastDts === undefined;
    let value = dts < 0 ? dts - DELAY : Math.max(0, dts - DELAY);
    const isBack = !isFirst && value < this.#lastValue;
    this.isDiscontinuous = isBack && this.#lastValue - value > REORDERING_MAX;
    if (isBack && !this.isDiscontinuous) value = this.#lastValue;
    this.#lastDts = dts;
    this.#lastValue = value;
    return wrapPts(value) * PCR_TICKS_PER_PTS_TICK;
  }
}
