/**
 * Goal: pages are told apart as SRS does.
 *
 * Method: the pages that were tried on SRS 7.0 with `all good.com`, and a few more.
 */

import { expect, test } from "vitest";
import { isPageAllowed } from "../../../src/services/access/refer-rules.ts";

test.each([
  ["", false],
  ["http://good.com/x", true],
  ["http://www.good.com/x", true],
  ["http://notgood.com/p", true],
  ["http://good.com.evil/", false],
  ["good.com", true],
  ["http://evil.com/good.com", false],
  ["http://good.com:8080/", true],
  ["http://GOOD.com/", false],
  ["evil.com/http://good.com", true],
  ["http://", false],
])("good.com and %j: %j", (pageUrl, expected) => {
  expect(isPageAllowed(["good.com"], pageUrl)).toBe(expected);
});

test("one of several sites is enough", () => {
  expect(isPageAllowed(["a.example", "b.example"], "https://b.example/")).toBe(true);
});

test("without sites every page will do, and none", () => {
  expect(isPageAllowed([], "")).toBe(true);
});
