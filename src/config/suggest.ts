/**
 * The nearest known name to one that is not known.
 *
 * @module
 */

/** Longest name worth comparing: the comparison takes time proportional to both lengths. */
const LENGTH_MAX = 64;

/** The candidate that a slip of the keyboard away from `name`, if any is. */
export function suggest(name: string, candidates: Iterable<string>): string | undefined {
  if (name.length > LENGTH_MAX) return undefined;
  // A third of the letters wrong is another word, not a slip.
  let distanceMax = Math.min(3, Math.max(1, Math.floor(name.length / 3)));
  let nearest: string | undefined;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - name.length) > distanceMax) continue;
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance > distanceMax) continue;
    if (nearest !== undefined && distance === distanceMax) continue;
    nearest = candidate;
    distanceMax = distance;
  }
  return nearest;
}

/**
 * How many letters must be inserted, removed, replaced or swapped with their neighbour to make `b`
 * of `a` (optimal string alignment distance).
 */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      let distance = Math.min(
        (last[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (last[j - 1] ?? 0) + (isSame ? 0 : 1),
      );
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isSwap) distance = Math.min(distance, (beforeLast[j - 2] ?? 0) + 1);
      row.push(distance);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
