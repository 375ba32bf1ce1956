/**
 * What a process, or a server of several, has come to: figures that only grow.
 *
 * @module
 */

export interface TotalsReport {
  readonly sessionsTotal: number;
  /** Sessions that ended by an error or a refusal. */
  readonly errors: number;
  /** Over all connections. */
  readonly receivedSize: number;
  readonly sentSize: number;
}

export const NO_TOTALS: TotalsReport = {
  sessionsTotal: 0,
  errors: 0,
  receivedSize: 0,
  sentSize: 0,
};
