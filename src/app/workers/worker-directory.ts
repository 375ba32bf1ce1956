/**
 * What a worker knows of the others: who they are, and which streams they publish.
 *
 * @module
 */

import type { Peer, Peers } from "../../services/cluster/peer.ts";
import type { StreamDirectory, StreamOwner } from "../../services/cluster/stream-directory.ts";

export class WorkerDirectory implements StreamDirectory, Peers {
  readonly #peers = new Map<string, Peer>();
  readonly #owners = new Map<string, { readonly peer: string; readonly claimId: number }>();
  readonly #listeners: ((url: string) => void)[] = [];

  /** @param path The peer's local socket; `null`: it cannot be reached any more. */
  setPeer(name: string, path: string | null): void {
    if (path === null) this.#peers.delete(name);
    else this.#peers.set(name, { name, address: { kind: "local", path } });
  }

  /** @param peer Who publishes the stream; `null`: nobody else does. */
  setOwner(url: string, peer: string | null, claimId: number): void {
    if (peer === null) this.#owners.delete(url);
    else this.#owners.set(url, { peer, claimId });
    for (const listener of this.#listeners) listener(url);
  }

  owner(url: string): StreamOwner | undefined {
    const owner = this.#owners.get(url);
    const peer = owner === undefined ? undefined : this.#peers.get(owner.peer);
    return owner === undefined || peer === undefined ? undefined : { peer, claimId: owner.claimId };
  }

  onChange(listener: (url: string) => void): void {
    this.#listeners.push(listener);
  }

  list(): readonly Peer[] {
    return [...this.#peers.values()];
  }
}
