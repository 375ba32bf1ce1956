/**
 * Goal: of thousands of sessions a page shows a hundred, those that were asked for, in the order that
 * was asked for.
 *
 * Method: a list whose ids and keys run against each other.
 */

import { describe, expect, test } from "vitest";
import { arrange, PAGE_LENGTH } from "../../../web/console/list-view.js";

const ITEMS = Array.from({ length: 10_000 }, (_, i) => ({
  id: `c${String(9_999 - i).padStart(4, "0")}`,
  search: `live/s${i % 10} 192.0.2.${i % 256} webrtc plays`,
  keys: { age: i, stream: `live/s${i % 10}` },
}));

const STATE = { filter: "", sortKey: "age", isDescending: false, page: 0 };

describe("arrange()", () => {
  test("shows one page", () => {
    const { items, ...place } = arrange(ITEMS, { ...STATE, page: 2 });
    expect(items.map(({ keys }) => keys.age)).toEqual(
      Array.from({ length: PAGE_LENGTH }, (_, i) => 200 + i),
    );
    expect(place).toEqual({ page: 2, pageCount: 100, start: 200, matchCount: 10_000 });
  });

  test("sorts numbers as such, both ways", () => {
    expect(arrange(ITEMS, STATE).items[10]?.keys.age).toBe(10);
    const { items } = arrange(ITEMS, { ...STATE, isDescending: true });
    expect(items[0]?.keys.age).toBe(9_999);
  });

  test("sorts what is the same by id, whichever way", () => {
    for (const isDescending of [false, true]) {
      const { items } = arrange(ITEMS, { ...STATE, sortKey: "stream", isDescending });
      const ids = items.map(({ id }) => id);
      expect(ids).toEqual(ids.toSorted());
    }
  });

  test("finds what has all words, whatever their case and order", () => {
    const { items, matchCount } = arrange(ITEMS, { ...STATE, filter: " 192.0.2.7  LIVE/s7 " });
    expect(matchCount).toBeGreaterThan(0);
    expect(items.every(({ search }) => /live\/s7 192\.0\.2\.7/.test(search))).toBe(true);
    expect(arrange(ITEMS, { ...STATE, filter: "live/s7 nobody" }).matchCount).toBe(0);
  });

  test("shows the last page in place of one that is gone, and an empty one of nothing", () => {
    expect(arrange(ITEMS.slice(0, 150), { ...STATE, page: 7 })).toMatchObject({
      page: 1,
      pageCount: 2,
      start: 100,
    });
    expect(arrange([], { ...STATE, page: 3 })).toEqual({
      ...{ items: [], page: 0, pageCount: 1, start: 0, matchCount: 0 },
    });
  });
});
