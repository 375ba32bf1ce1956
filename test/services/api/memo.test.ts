/**
 * Goal: what has been made of a text is made once, and what publishers choose cannot fill the memory.
 *
 * Method: texts that are asked for again, more of them than are kept, and one that is too long.
 */

import { expect, test } from "vitest";
import { Memo } from "../../../src/services/api/memo.ts";

function setUp() {
  const made: string[] = [];
  const memo = new Memo<number>();
  const get = (text: string): number =>
    memo.get(text, () => {
      made.push(text);
      return text.length;
    });
  return { made, get };
}

test("each text is looked at once", () => {
  const { made, get } = setUp();
  expect([get("a"), get("bc"), get("a"), get("bc")]).toEqual([1, 2, 1, 2]);
  expect(made).toEqual(["a", "bc"]);
});

test("long texts are not kept", () => {
  const { made, get } = setUp();
  const text = "x".repeat(1_025);
  expect([get(text), get(text)]).toEqual([1_025, 1_025]);
  expect(made).toHaveLength(2);
});

test("of too many texts, none is kept", () => {
  const { made, get } = setUp();
  for (let index = 0; index <= 10_000; index++) get(String(index));
  const count = made.length;
  get("10000");
  expect(made).toHaveLength(count);
  get("0");
  expect(made).toHaveLength(count + 1);
});
