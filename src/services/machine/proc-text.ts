/**
 * What the texts below /proc have in common: lines of words. Their layout differs between versions of
 * the kernel and containers, so that whatever is not as expected is `undefined`, never a guess.
 *
 * @module
 */

/** A number as /proc writes it, negative ones and fractions included. */
const NUMBER = /^-?\d+(?:\.\d+)?$/;

/** The words of the first line that begins with `first`, without it. */
export function lineOf(text: string, first: string): string[] | undefined {
  for (const line of text.split("\n")) {
    const words = wordsOf(line);
    if (words[0] === first) return words.slice(1);
  }
  return undefined;
}

export function wordsOf(line: string): string[] {
  return line.split(/\s+/).filter((word) => word !== "");
}

export function numberOf(word: string | undefined): number | undefined {
  return word !== undefined && NUMBER.test(word) ? Number(word) : undefined;
}

/** The first `count` words as numbers. */
export function numbersOf(words: readonly string[], count: number): number[] | undefined {
  const numbers: number[] = [];
  for (const word of words.slice(0, count)) {
    const number = numberOf(word);
    if (number === undefined) return undefined;
    numbers.push(number);
  }
  return numbers.length === count ? numbers : undefined;
}

/** The number behind `name` among pairs such as `inuse 40 orphan 0`. */
export function pairOf(words: readonly string[], name: string): number | undefined {
  const at = words.indexOf(name);
  return at < 0 ? undefined : numberOf(words[at + 1]);
}
