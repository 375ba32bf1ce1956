/**
 * Which worker has which session of WebRTC. Where workers can share a UDP port, each has those that it
 * has opened; elsewhere the first has all of them, and the others hand on whatever comes.
 *
 * @module
 */

import type { Peer } from "../../services/cluster/peer.ts";
import { ufragPrefix, workerOfUfrag } from "../../services/cluster/sharing/session-owner.ts";
import type { WorkerPeers } from "../../services/cluster/sharing/worker-peers.ts";
import { workerName } from "./coordinator.ts";
import type { Membership } from "./membership.ts";
import { SUPERVISOR_NAME } from "./messages.ts";

export class RtcWorkers implements WorkerPeers {
  readonly #membership: Pick<Membership, "worker" | "workerCount" | "directory">;
  /** Workers can share a UDP port. */
  readonly isShared: boolean;

  constructor(
    membership: Pick<Membership, "worker" | "workerCount" | "directory">,
    isShared: boolean,
  ) {
    this.#membership = membership;
    this.isShared = isShared;
  }

  /** Whether this worker has sessions, and the ports of UDP. */
  get hasSessions(): boolean {
    return this.isShared || this.#membership.worker === 0;
  }

  list(): readonly Peer[] {
    return this.#membership.directory.list().filter(({ name }) => name !== SUPERVISOR_NAME);
  }

  newUfrag(): string {
    return ufragPrefix(this.isShared ? this.#membership.worker : 0);
  }

  isOwn(ufrag: string): boolean {
    return this.#ownerOf(ufrag) === this.#membership.worker;
  }

  ownerOf(ufrag: string): Peer | undefined {
    const owner = workerName(this.#ownerOf(ufrag));
    return this.#membership.directory.list().find(({ name }) => name === owner);
  }

  #ownerOf(ufrag: string): number {
    return this.isShared ? workerOfUfrag(ufrag, this.#membership.workerCount) : 0;
  }
}
