/**
 * Where each stream is published: the truth that relays go by.
 *
 * @module
 */

import type { Peer } from "./peer.ts";

/** Another process in which somebody publishes a stream. */
export interface StreamOwner {
  readonly peer: Peer;
  /** Tells one publication of the stream from the next, also at the same peer. */
  readonly claimId: number;
}

export interface StreamDirectory {
  /** `undefined` if nobody publishes the stream, or this process does. */
  owner(url: string): StreamOwner | undefined;
  /** Calls back with the URL whenever what `owner` says of it has changed. */
  onChange(listener: (url: string) => void): void;
}
