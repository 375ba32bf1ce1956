/**
 * What is shown of a list: what the filter leaves, in an order, one page of it. However long the list,
 * the page is what the browser has to draw.
 *
 * @module
 */

/** Rows of a page. */
export const PAGE_LENGTH = 100;

/**
 * @typedef {object} ListItem
 * @property {string} id
 * @property {string} search What a filter looks in, in small letters.
 * @property {Record<string, string | number>} keys What it is sorted by, by column.
 */

/**
 * @typedef {object} ListState
 * @property {string} filter Words, all of which are to be found.
 * @property {string} sortKey
 * @property {boolean} isDescending
 * @property {number} page From 0.
 */

/**
 * @template {ListItem} Item
 * @param {readonly Item[]} items
 * @param {ListState} state
 * @returns {{ items: Item[], page: number, pageCount: number, start: number, matchCount: number }}
 *   `page` is the last one if there is none of that number any more.
 */
export function arrange(items, { filter, sortKey, isDescending, page }) {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const matches = items.filter(({ search }) => words.every((word) => search.includes(word)));
  const sign = isDescending ? -1 : 1;
  // By id where all else is the same: rows are not to change places for nothing.
  matches.sort((a, b) => sign * compare(a.keys[sortKey], b.keys[sortKey]) || compare(a.id, b.id));
  const pageCount = Math.max(1, Math.ceil(matches.length / PAGE_LENGTH));
  const shown = Math.min(Math.max(0, page), pageCount - 1);
  const start = shown * PAGE_LENGTH;
  return {
    items: matches.slice(start, start + PAGE_LENGTH),
    page: shown,
    pageCount,
    start,
    matchCount: matches.length,
  };
}

function compare(a, b) {
  return a < b ? -1 : Number(a > b);
}
