/**
 * What is said against letting somebody do something.
 *
 * @module
 */

import type { Action } from "./address-rules.ts";

export interface Objection {
  /**
   * `wrong`: what only somebody sends who guesses, or does not know; it is counted.
   * `stale`: it was good, or will be. `missing`: nothing was shown. `forbidden`: it is good for
   * something else. `unknown`: it cannot be judged at present, and may be good.
   */
  readonly kind: "wrong" | "stale" | "missing" | "forbidden" | "unknown";
  /** Follows on `Cannot play: `. Tells nothing of a secret. */
  readonly why: string;
}

/** What somebody wants to do, from where and when. */
export interface Wish {
  readonly action: Action;
  /** The stream's, see `formatStreamUrl`. */
  readonly streamUrl: string;
  readonly address: string;
  /** Since the Unix epoch. */
  readonly nowSeconds: number;
}
