/**
 * Pages of a list: `?start=20&count=10`, as in SRS.
 *
 * @module
 */

import type { HttpRequest } from "../../protocols/http/request.ts";

export interface Page {
  /** How many come before it. */
  readonly start: number;
  readonly count: number;
}

/** In SRS both what is meant by no count and the least there is. */
const COUNT_MIN = 10;
/** Bounds the answer to some 5 MB; who wants more asks for the next page. */
const COUNT_MAX = 10_000;

export function readPage(request: Pick<HttpRequest, "parameter">): Page {
  const start = Math.max(0, readInteger(request.parameter("start")));
  const count = Math.min(COUNT_MAX, Math.max(COUNT_MIN, readInteger(request.parameter("count"))));
  return { start, count };
}

/** The entries of the page, in the order of their ids. */
export function takePage<Entry>(
  entries: readonly Entry[],
  idOf: (entry: Entry) => string,
  { start, count }: Page,
): Entry[] {
  const sorted = entries.map((entry) => ({ id: idOf(entry), entry }));
  sorted.sort((a, b) => (a.id < b.id ? -1 : Number(a.id > b.id)));
  return sorted.slice(start, start + count).map(({ entry }) => entry);
}

/** The digits at the start, as C's atoi does; 0 if there are none. */
function readInteger(text: string | undefined): number {
  const value = Number.parseInt(text ?? "", 10);
  return Number.isNaN(value) ? 0 : value;
}
