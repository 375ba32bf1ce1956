/**
 * Goal: a stream has one publisher in the whole server; a name is free again the moment it is let go,
 * or its worker dies.
 *
 * Method: claims and releases in all orders that can meet.
 */

import { describe, expect, test } from "vitest";
import { ClaimBook } from "../../../src/app/workers/claim-book.ts";

describe("ClaimBook", () => {
  test("gives a name to whoever comes first, be the second in the same worker or not", () => {
    const book = new ClaimBook();
    expect(book.claim("/live/a", 0)).toEqual({ id: 1, url: "/live/a", worker: 0 });
    expect(book.claim("/live/a", 1)).toBeUndefined();
    expect(book.claim("/live/a", 0)).toBeUndefined();
    expect(book.claim("/live/b", 1)).toEqual({ id: 2, url: "/live/b", worker: 1 });
    expect(book.size).toBe(2);
  });

  test("gives it to the next once it is released, under another id", () => {
    const book = new ClaimBook();
    book.claim("/live/a", 0);
    expect(book.release(1, 0)).toMatchObject({ url: "/live/a" });
    expect(book.claim("/live/a", 1)).toEqual({ id: 2, url: "/live/a", worker: 1 });
  });

  test("ignores a release that comes twice, too late, or from another worker", () => {
    const book = new ClaimBook();
    book.claim("/live/a", 0);
    expect(book.release(1, 1)).toBeUndefined();
    expect(book.release(1, 0)).toBeDefined();
    expect(book.release(1, 0)).toBeUndefined();
    book.claim("/live/a", 1);
    expect(book.release(1, 0)).toBeUndefined();
    expect(book.claim("/live/a", 0)).toBeUndefined();
  });

  test("releases all that a worker held, and nothing else", () => {
    const book = new ClaimBook();
    for (const url of ["/live/a", "/live/b"]) book.claim(url, 0);
    book.claim("/live/c", 1);
    expect(book.releaseAll(0).map(({ url }) => url)).toEqual(["/live/a", "/live/b"]);
    expect([...book.values()].map(({ url }) => url)).toEqual(["/live/c"]);
    expect(book.releaseAll(0)).toEqual([]);
    expect(book.claim("/live/a", 1)).toBeDefined();
  });
});
