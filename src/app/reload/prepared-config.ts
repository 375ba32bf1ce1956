/**
 * A configuration that can be taken on without fail, and need not be.
 *
 * @module
 */

export interface PreparedConfig {
  /** Takes it on. */
  commit(): Promise<void>;
  /** Leaves everything as it was. */
  giveUp(): Promise<void>;
}
