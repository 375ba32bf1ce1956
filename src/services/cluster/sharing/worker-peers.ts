/**
 * The other workers, as the owners of WebRTC sessions.
 *
 * @module
 */

import type { Peer } from "../peer.ts";

export interface WorkerPeers {
  /** Those that can be reached, without this process and without the supervisor. */
  list(): readonly Peer[];
  /** How a session may be called that is to be opened by whoever opens sessions that come here. */
  newUfrag(): string;
  /** Whether sessions of that name for ICE are this process's. */
  isOwn(ufrag: string): boolean;
  /** Whose they are otherwise; `undefined` if it cannot be reached. */
  ownerOf(ufrag: string): Peer | undefined;
}
