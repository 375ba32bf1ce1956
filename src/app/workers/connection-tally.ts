/**
 * How many connections the workers have, so that each of them knows how many the others have.
 *
 * @module
 */

interface WorkerTally {
  connections: number;
  readonly byAddress: Map<string, number>;
}

export class ConnectionTally {
  readonly #workers = new Map<number, WorkerTally>();
  #connections = 0;
  readonly #byAddress = new Map<string, number>();

  /** Takes a worker's count of all connections, and those of the addresses that have changed. */
  update(worker: number, connections: number, addresses: Readonly<Record<string, number>>): void {
    const tally = this.#tallyOf(worker);
    this.#connections += connections - tally.connections;
    tally.connections = connections;
    for (const [address, count] of Object.entries(addresses)) {
      add(this.#byAddress, address, count - (tally.byAddress.get(address) ?? 0));
      add(tally.byAddress, address, count - (tally.byAddress.get(address) ?? 0));
    }
  }

  /** The worker is gone. @returns The addresses from which there are fewer connections now. */
  remove(worker: number): string[] {
    const tally = this.#tallyOf(worker);
    const addresses = [...tally.byAddress.keys()];
    this.update(worker, 0, Object.fromEntries(addresses.map((address) => [address, 0])));
    this.#workers.delete(worker);
    return addresses;
  }

  /** Connections of all workers. */
  get total(): number {
    return this.#connections;
  }

  /** Connections of the other workers. */
  elsewhere(worker: number): number {
    return this.#connections - (this.#workers.get(worker)?.connections ?? 0);
  }

  /** The same from one address. */
  elsewhereFrom(worker: number, address: string): number {
    const own = this.#workers.get(worker)?.byAddress.get(address) ?? 0;
    return (this.#byAddress.get(address) ?? 0) - own;
  }

  /** From where there are connections. */
  addresses(): IterableIterator<string> {
    return this.#byAddress.keys();
  }

  #tallyOf(worker: number): WorkerTally {
    let tally = this.#workers.get(worker);
    if (tally === undefined) {
      tally = { connections: 0, byAddress: new Map() };
      this.#workers.set(worker, tally);
    }
    return tally;
  }
}

function add(counts: Map<string, number>, address: string, change: number): void {
  const count = (counts.get(address) ?? 0) + change;
  if (count > 0) counts.set(address, count);
  else counts.delete(address);
}
