/**
 * Paths with wildcards: `*` is any text within a level, `**` any text at all.
 *
 * @module
 */

/** Longer than any name of a stream that is worth a pattern. Matching takes time by its square. */
const PATTERN_SIZE_MAX = 1024;

/** Whether all of `path` is as `pattern` says. Takes no longer than both lengths multiplied. */
export function matchesPattern(pattern: string, path: string): boolean {
  if (pattern.length > PATTERN_SIZE_MAX) return false;
  const tokens = pattern.match(/\*\*+|./gsu) ?? [];
  // Which beginnings of the pattern fit what has been read of the path.
  let fits = tokens.map(() => false).concat(false);
  fits[0] = true;
  skipStars(tokens, fits);
  for (const character of path) {
    const next = fits.map(() => false);
    tokens.forEach((token, index) => {
      if (fits[index] !== true) return;
      const isStar = token.startsWith("*");
      const isTaken = isStar ? token.length > 1 || character !== "/" : token === character;
      if (isTaken) next[isStar ? index : index + 1] = true;
    });
    skipStars(tokens, next);
    fits = next;
  }
  return fits[tokens.length] === true;
}

/** A star may stand for nothing. */
function skipStars(tokens: readonly string[], fits: boolean[]): void {
  tokens.forEach((token, index) => {
    if (fits[index] === true && token.startsWith("*")) fits[index + 1] = true;
  });
}
