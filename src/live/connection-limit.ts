/**
 * How many connections the server takes, over all of its ports.
 *
 * @module
 */

import { RefusedError } from "../base/errors.ts";

export interface ConnectionLimits {
  /** 0: no limit. */
  readonly connectionsMax: number;
  /** 0: no limit. */
  readonly connectionsPerAddressMax: number;
}

/**
 * So many connections beyond the limit are still told that the server is full, in their protocol's
 * way; further ones are cut off. Bounds what a flood costs.
 */
const TOLD_MAX = 64;

export class ConnectionLimit {
  readonly #limits: ConnectionLimits;
  #count = 0;
  #toldCount = 0;
  readonly #byAddress = new Map<string, number>();

  constructor(limits: ConnectionLimits) {
    this.#limits = limits;
  }

  get count(): number {
    return this.#count;
  }

  /** Counts a connection in. @throws {RefusedError} `too_many_connections` */
  enter(address: string): void {
    const { connectionsMax, connectionsPerAddressMax } = this.#limits;
    if (connectionsMax > 0 && this.#count >= connectionsMax) {
      throw tooMany(`server has ${this.#count} connections`);
    }
    if (connectionsPerAddressMax > 0) {
      const ofAddress = this.#byAddress.get(address) ?? 0;
      if (ofAddress >= connectionsPerAddressMax) {
        throw tooMany(`address has ${ofAddress} connections`);
      }
      this.#byAddress.set(address, ofAddress + 1);
    }
    this.#count += 1;
  }

  /** Counts it out. */
  leave(address: string): void {
    this.#count -= 1;
    const ofAddress = this.#byAddress.get(address);
    if (ofAddress === undefined) return;
    if (ofAddress > 1) this.#byAddress.set(address, ofAddress - 1);
    else this.#byAddress.delete(address);
  }

  /** Whether a connection that was refused may stay until it has been told. */
  enterTold(): boolean {
    if (this.#toldCount >= TOLD_MAX) return false;
    this.#toldCount += 1;
    return true;
  }

  leaveTold(): void {
    this.#toldCount -= 1;
  }
}

function tooMany(state: string): RefusedError {
  return new RefusedError("too_many_connections", `Cannot take connection: ${state}`);
}
