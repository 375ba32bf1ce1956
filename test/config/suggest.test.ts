/**
 * Goal: a slip of the keyboard is recognized, and another word is not taken for one.
 *
 * Method: distances by hand; names with slips of each kind.
 */

import { describe, expect, test } from "vitest";
import { editDistance, suggest } from "../../src/config/suggest.ts";

describe("editDistance()", () => {
  test.each([
    ["", "", 0],
    ["abc", "abc", 0],
    ["", "abc", 3],
    ["abc", "ab", 1],
    ["abc", "abxc", 1],
    ["abc", "axc", 1],
    ["abc", "acb", 1],
    ["kitten", "sitting", 3],
    ["ca", "abc", 3], // 2 if swapped letters could be edited again.
  ])("%s to %s is %i", (a, b, expected) => {
    expect(editDistance(a, b)).toBe(expected);
    expect(editDistance(b, a)).toBe(expected);
  });
});

describe("suggest()", () => {
  const names = ["gop_cache", "gop_cache_max_frames", "queue_length", "atc", "atc_auto", "listen"];

  test.each([
    ["gop_cahce", "gop_cache"],
    ["gopcache", "gop_cache"],
    ["GOP_CACHE", "gop_cache"],
    ["queue_lenght", "queue_length"],
    ["queuelenght", "queue_length"],
    ["at", "atc"],
    ["lisen", "listen"],
    ["foo", undefined],
    ["xyz", undefined],
    ["queue", undefined],
    ["", undefined],
    ["x".repeat(100_000), undefined],
  ])("%.20s", (name, expected) => {
    expect(suggest(name, names)).toBe(expected);
  });
});
