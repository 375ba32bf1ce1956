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

  pick<Item>(items: readonly Item[]): Item | undefined {
    return items.length === 0 ? undefined : items[this.integer(items.length)];
  }

  bytes(size: number): Buffer {
    return Buffer.from(Array.from({ length: size }, () => this.integer(256)));
  }
}
