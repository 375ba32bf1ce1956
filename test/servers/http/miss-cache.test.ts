/**
 * Goal: what was not there is remembered for a second, and no more of it than there is room for.
 *
 * Method: times as values; more paths than the cache takes.
 */

import { expect, test } from "vitest";
import { MissCache } from "../../../src/servers/http/miss-cache.ts";

test("a miss is remembered for a second", () => {
  const misses = new MissCache();
  expect(misses.has("/a", 0)).toBe(false);
  misses.add("/a", 10);
  expect(misses.has("/a", 10)).toBe(true);
  expect(misses.has("/a", 1_009)).toBe(true);
  expect(misses.has("/b", 10)).toBe(false);
  expect(misses.has("/a", 1_010)).toBe(false);
});

test("a miss that happens again is remembered for another second", () => {
  const misses = new MissCache();
  misses.add("/a", 0);
  misses.add("/a", 900);
  expect(misses.has("/a", 1_800)).toBe(true);
});

test("the oldest of too many are forgotten", () => {
  const misses = new MissCache();
  for (let i = 0; i < 1_025; i++) misses.add(`/${i}`, 0);
  expect(misses.has("/0", 0)).toBe(false);
  expect(misses.has("/1", 0)).toBe(true);
  expect(misses.has("/1024", 0)).toBe(true);
  // One that is renewed makes no other go.
  misses.add("/1", 0);
  expect(misses.has("/2", 0)).toBe(true);
});

test("long paths are not remembered", () => {
  const misses = new MissCache();
  const path = `/${"a".repeat(512)}`;
  misses.add(path, 0);
  expect(misses.has(path, 0)).toBe(false);
  misses.add(path.slice(1), 0);
  expect(misses.has(path.slice(1), 0)).toBe(true);
});
