/**
 * Which worker publishes which stream: the one place where it is decided whether a stream is busy.
 *
 * @module
 */

export interface Claim {
  /** Never used again. */
  readonly id: number;
  readonly url: string;
  readonly worker: number;
}

export class ClaimBook {
  readonly #byUrl = new Map<string, Claim>();
  readonly #byId = new Map<number, Claim>();
  #nextId = 1;

  get size(): number {
    return this.#byId.size;
  }

  values(): IterableIterator<Claim> {
    return this.#byId.values();
  }

  /** Who holds the name. */
  find(url: string): Claim | undefined {
    return this.#byUrl.get(url);
  }

  /** @returns `undefined` if somebody, be it in the same worker, holds the name. */
  claim(url: string, worker: number): Claim | undefined {
    if (this.#byUrl.has(url)) return undefined;
    const claim = { id: this.#nextId++, url, worker };
    this.#byUrl.set(url, claim);
    this.#byId.set(claim.id, claim);
    return claim;
  }

  /** @returns What was released; `undefined` if that worker has no such claim. */
  release(id: number, worker: number): Claim | undefined {
    const claim = this.#byId.get(id);
    if (claim?.worker !== worker) return undefined;
    this.#byId.delete(id);
    this.#byUrl.delete(claim.url);
    return claim;
  }

  /** The worker is gone, and with it all who published there. */
  releaseAll(worker: number): Claim[] {
    const claims = [...this.#byId.values()].filter((claim) => claim.worker === worker);
    for (const { id } of claims) this.release(id, worker);
    return claims;
  }
}
