/**
 * What the server does, as a line for people.
 *
 * @module
 */

/** @param who What is counted: `viewer`, or where that is not known `connection`. */
export function describeServing(streamCount: number, count: number, who: string): string {
  return `Serving ${countOf(streamCount, "stream")}, ${countOf(count, who)}`;
}

/** Such as `1 stream` and `2 streams`. */
export function countOf(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
