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

/** Connections of the other processes of this server, as far as it is known. */
export interface ConnectionsElsewhere {
  readonly count: number;
  from(address: string): number;
}

const NONE_ELSEWHERE: ConnectionsElsewhere = { count: 0, from: () => 0 };

export class ConnectionLimit {
  /** They count as this process's own do. */
  elsewhere: ConnectionsElsewhere = NONE_ELSEWHERE;
  /**
   * Called when a connection has come or gone, with how many there are now from its address, if that
   * is limited.
   */
  changed: ((address: string, ofAddress: number | undefined) => void) | undefined;
  /** Called when there are too many for another one from that address. */
  refused: ((address: string) => void) | undefined;
  #limits: ConnectionLimits;
  #count = 0;
  #toldCount = 0;
  readonly #byAddress = new Map<string, number>();

  constructor(limits: ConnectionLimits) {
    this.#limits = limits;
  }

  /** Those who are connected stay. */
  configure(limits: ConnectionLimits): void {
    this.#limits = limits;
  }

  /** 0: no limit. */
  get connectionsMax(): number {
    return this.#limits.connectionsMax;
  }

  get count(): number {
    return this.#count;
  }

  /** Counts a connection in. @throws {RefusedError} `too_many_connections` */
  enter(address: string): void {
    const { connectionsMax, connectionsPerAddressMax } = this.#limits;
    const count = this.#count + this.elsewhere.count;
    if (connectionsMax > 0 && count >= connectionsMax) {
      this.refused?.(address);
      throw tooMany(`server has ${count} connections`);
    }
    const ownOfAddress = this.#byAddress.get(address) ?? 0;
    const ofAddress = ownOfAddress + this.elsewhere.from(address);
    if (connectionsPerAddressMax > 0 && ofAddress >= connectionsPerAddressMax) {
      this.refused?.(address);
      throw tooMany(`address has ${ofAddress} connections`);
    }
    this.retake(address);
  }

  /** Counts in a connection that has changed hands and was just counted out, whatever the limits are now. */
  retake(address: string): void {
    this.#byAddress.set(address, (this.#byAddress.get(address) ?? 0) + 1);
    this.#count += 1;
    this.#tellChange(address);
  }

  /** Counts it out. */
  leave(address: string): void {
    this.#count -= 1;
    const ofAddress = this.#byAddress.get(address) ?? 0;
    if (ofAddress > 1) this.#byAddress.set(address, ofAddress - 1);
    else this.#byAddress.delete(address);
    this.#tellChange(address);
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

  #tellChange(address: string): void {
    if (this.changed === undefined) return;
    const isLimited = this.#limits.connectionsPerAddressMax > 0;
    this.changed(address, isLimited ? (this.#byAddress.get(address) ?? 0) : undefined);
  }
}

function tooMany(state: string): RefusedError {
  return new RefusedError("too_many_connections", `Cannot take connection: ${state}`);
}
