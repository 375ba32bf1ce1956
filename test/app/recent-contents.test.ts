/**
 * Goal: what was asked for is at hand until the next sweep, as far as there is room for it, by count
 * and by bytes.
 */

import { expect, test } from "vitest";
import { RecentContents } from "../../src/app/recent-contents.ts";
import type { BytesContent } from "../../src/servers/http/file-answer.ts";

const MIB = 1024 * 1024;

function contentOf(size: number): BytesContent {
  const bytes = new Uint8Array(size);
  return { bytes, size, mediaType: "", cacheControl: "", etag: "", modifiedMs: undefined };
}

/** How many of `count` contents of that size are kept. */
function keptOf(recent: RecentContents, count: number, size: number): number {
  const content = contentOf(size);
  const keys = Array.from({ length: count }, (_, index) => `${size} ${index}`);
  for (const key of keys) recent.add(key, content);
  return keys.filter((key) => recent.get(key) === content).length;
}

test("a content is kept until the sweep", () => {
  const recent = new RecentContents();
  const content = contentOf(3);
  recent.add("a", content);
  expect([recent.get("a"), recent.get("b")]).toEqual([content, undefined]);
  recent.clear();
  expect(recent.get("a")).toBeUndefined();
});

test("the first content of a name stays, and is counted once", () => {
  const recent = new RecentContents();
  const first = contentOf(MIB);
  for (let i = 0; i < 100; i++) recent.add("a", i === 0 ? first : contentOf(MIB));
  expect(recent.get("a")).toBe(first);
  expect(keptOf(recent, 100, MIB)).toBe(63);
});

test("there is room for 1,024 contents, and for 64 MiB, at a time", () => {
  const recent = new RecentContents();
  expect(keptOf(recent, 2_000, 1)).toBe(1_024);
  recent.clear();
  expect(keptOf(recent, 20, 8 * MIB)).toBe(8);
  recent.clear();
  expect(keptOf(recent, 20, 7 * MIB)).toBe(9);
  expect(keptOf(recent, 20, MIB)).toBe(1);
});
