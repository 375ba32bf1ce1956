/**
 * What all workers have come to since the server started. Those that are gone count on: a counter that
 * falls would be taken for one that began anew, and counted twice.
 *
 * @module
 */

import { NO_TOTALS, type TotalsReport } from "../../live/totals.ts";

export class WorkerTotals {
  #sum = NO_TOTALS;

  get sum(): TotalsReport {
    return this.#sum;
  }

  /** A process says what it has come to, having said `before` until now. */
  grow(before: TotalsReport, after: TotalsReport): void {
    const sum = this.#sum;
    this.#sum = {
      sessionsTotal: sum.sessionsTotal + after.sessionsTotal - before.sessionsTotal,
      errors: sum.errors + after.errors - before.errors,
      receivedSize: sum.receivedSize + after.receivedSize - before.receivedSize,
      sentSize: sum.sentSize + after.sentSize - before.sentSize,
    };
  }
}
