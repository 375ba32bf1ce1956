/**
 * What fetches streams from elsewhere and publishes them here, added while the server runs.
 *
 * @module
 */

/** FFmpeg does it, or the server itself; called as in the configuration. */
export type FeedKind = "ingest" | "pull";

export interface FeedChange {
  readonly kind: FeedKind;
  readonly vhost: string;
  /** Told apart by it within a vhost. */
  readonly id: string;
  /** JSON, in the words of the configuration; `null`: it is to be fetched no more. */
  readonly settings: string | null;
}

/** Why a change is not made. */
export type FeedProblem = "wrong" | "configured" | "unknown" | "too_many";

export interface FeedAnswer {
  /** `null`: it is done. */
  readonly problem: FeedProblem | null;
  /** For whoever has asked; empty if it is done. */
  readonly reason: string;
}
