/**
 * Goal: what older versions of Node are given behaves as what newer ones have.
 *
 * Method: one beside the other.
 */

import { expect, test } from "vitest";
import {
  completeOlderNode,
  parseUrl,
  toSorted,
  toWellFormed,
  withResolvers,
} from "../../src/runtime/node-compat/older-node.ts";

test("promises are settled from outside", async () => {
  const one = withResolvers<number>();
  one.resolve(1);
  await expect(one.promise).resolves.toBe(1);
  const other = withResolvers<number>();
  other.reject(new Error("no"));
  await expect(other.promise).rejects.toThrow("no");
});

test.each([[[3, 1, 2]], [[]]])("%j is sorted into another array", (values) => {
  const compare = (a: number, b: number): number => b - a;
  expect(toSorted.call(values, compare as never)).toEqual(values.toSorted(compare));
  expect(toSorted.call(values)).not.toBe(values);
});

test.each(["", "a\ud800", "\udc00b", "\ud83d\ude00 ok", "\ud83d\ud83d\ude00"])(
  "%j is made whole",
  (text) => {
    expect(toWellFormed.call(text)).toBe(text.toWellFormed());
  },
);

test.each([
  ["http://a/b", undefined],
  ["/c", "http://a/b"],
  ["c", undefined],
  ["", undefined],
])("%j at %j is read", (text, base) => {
  expect(parseUrl(text, base)?.href).toBe(URL.parse(text, base)?.href);
});

test("what is there is kept", () => {
  const { parse } = URL;
  const { withResolvers: own } = Promise;
  completeOlderNode();
  expect(URL.parse).toBe(parse);
  expect(Promise.withResolvers).toBe(own);
});
