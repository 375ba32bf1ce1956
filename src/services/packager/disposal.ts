/**
 * What becomes of a stream when it has ended.
 *
 * @module
 */

/** How long an ended stream is kept in memory whose files are kept for ever. */
const FORGET_MS = 120_000;
const SECOND_MS = 1_000;

export interface Disposal {
  /** How long what there is of an ended stream is kept. */
  readonly afterMs: number;
  /** Its files stay for ever. */
  readonly areFilesKept: boolean;
}

/** @param seconds As in the configuration: files are kept with 0. */
export function createDisposal(seconds: number): Disposal {
  const areFilesKept = seconds === 0;
  return { afterMs: areFilesKept ? FORGET_MS : seconds * SECOND_MS, areFilesKept };
}

/** Of what two need: it is kept for the longer. */
export function joinDisposals(one: Disposal, other: Disposal): Disposal {
  return {
    afterMs: Math.max(one.afterMs, other.afterMs),
    areFilesKept: one.areFilesKept || other.areFilesKept,
  };
}
