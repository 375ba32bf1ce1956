/**
 * Chance that can be repeated.
 *
 * @module
 */

export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = (Math.trunc(seed) % 0x7fff_fffe) + 1;
  }

  /** From 0 to `count` - 1. */
  integer(count: number): number {
    this.#state = (this.#state * 48_271) % 0x7fff_ffff; // Lehmer, "minimal standard".
    return this.#state % count;
  }

  /** Another one, whose numbers are its own: for what goes on at the same time. */
  fork(): Random {
    let seed = this.integer(0x7fff_ffff); // Mixed, or both would go on in step.
    seed = Math.imul(seed ^ (seed >>> 16), 0x7feb_352d);
    seed = Math.imul(seed ^ (seed >>> 15), 0x846c_a68b);
    return new Random((seed ^ (seed >>> 16)) >>> 0);
  }

  pick<Item>(items: readonly Item[]): Item | undefined {
    return items.length === 0 ? undefined : items[this.integer(items.length)];
  }

  bytes(size: number): Buffer {
    return Buffer.from(Array.from({ length: size }, () => this.integer(256)));
  }
}
