/**
 * A worker's connections as the others are told of them, and theirs as they count here.
 *
 * @module
 */

import type { Clock, Timer } from "../../base/clock.ts";
import type { ConnectionLimit, ConnectionsElsewhere } from "../../live/connection-limit.ts";
import { ADDRESSES_MAX, type AddressCounts, COUNTS_MS } from "./messages.ts";

export class ConnectionCounts implements ConnectionsElsewhere {
  readonly #clock: Clock;
  readonly #tell: (connections: number, addresses: AddressCounts) => void;
  #limit: ConnectionLimit | undefined;
  readonly #changed = new Map<string, number>();
  #timer: Timer | undefined;
  #elsewhere = 0;
  readonly #elsewhereFrom = new Map<string, number>();

  /** @param tell Sends the count of all connections, and of the addresses that have changed. */
  constructor(clock: Clock, tell: (connections: number, addresses: AddressCounts) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  /** Counts for `limit` from now on, and for the others what enters there. */
  join(limit: ConnectionLimit): void {
    this.#limit = limit;
    limit.elsewhere = this;
    limit.changed = (address, ofAddress) => {
      if (ofAddress !== undefined) this.#changed.set(address, ofAddress);
      this.#timer ??= this.#clock.setTimer(COUNTS_MS, () => this.#tellChanges());
    };
  }

  /** Takes what the others have. */
  setElsewhere(connections: number, addresses: AddressCounts): void {
    this.#elsewhere = connections;
    for (const [address, count] of Object.entries(addresses)) {
      if (count > 0) this.#elsewhereFrom.set(address, count);
      else this.#elsewhereFrom.delete(address);
    }
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#limit !== undefined) this.#limit.changed = undefined;
  }

  // ConnectionsElsewhere ----------------------------------------------------------------------------

  get count(): number {
    return this.#elsewhere;
  }

  from(address: string): number {
    return this.#elsewhereFrom.get(address) ?? 0;
  }

  #tellChanges(): void {
    this.#timer = undefined;
    const connections = this.#limit?.count ?? 0;
    const changed = [...this.#changed];
    this.#changed.clear();
    do {
      this.#tell(connections, Object.fromEntries(changed.splice(0, ADDRESSES_MAX)));
    } while (changed.length > 0);
  }
}
