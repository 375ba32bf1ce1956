/**
 * Chance that is the same on every run and runtime.
 *
 * @module
 */

/** @returns Whole numbers from 0 to before `limit`. */
export function createRandom(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state * 48_271) % 0x7fff_ffff; // Lehmer, "minimal standard" (Park and Miller, 1993).
    return state % limit;
  };
}
