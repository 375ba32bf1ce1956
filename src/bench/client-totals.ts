/**
 * What players and publishers have in common: they start, connect, fail, or are cut off.
 *
 * @module
 */

import { Failures } from "./failures.ts";
import { Histogram } from "./histogram.ts";

/** Counters that clients add to directly, since there are thousands of them. */
export class ClientTotals {
  readonly wantedCount: number;
  startedCount = 0;
  /** Connected now, and at most at once. */
  connectedCount = 0;
  connectedCountMax = 0;
  /** Have ever been connected. */
  joinedCount = 0;
  /** Never got connected, with the reasons. */
  readonly failures: Failures = new Failures();
  /** Were connected and are no more, though the run went on. */
  readonly losses: Failures = new Failures();
  readonly connectTime: Histogram = new Histogram();

  constructor(wantedCount: number) {
    this.wantedCount = wantedCount;
  }
}
