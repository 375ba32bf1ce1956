/**
 * Goal: ranges are understood as RFC 9110, section 14, has them.
 *
 * Method: its examples (of a representation of 10,000 bytes), bounds, and what is to be ignored.
 */

import { describe, expect, test } from "vitest";
import { formatContentRange, parseByteRange } from "../../../src/codec/http/byte-range.ts";

describe("parseByteRange()", () => {
  test.each([
    ["bytes=0-499", 10_000, { start: 0, end: 500 }],
    ["bytes=500-999", 10_000, { start: 500, end: 1_000 }],
    ["bytes=-500", 10_000, { start: 9_500, end: 10_000 }],
    ["bytes=9500-", 10_000, { start: 9_500, end: 10_000 }],
    ["bytes=0-0", 10_000, { start: 0, end: 1 }],
    ["bytes=-1", 10_000, { start: 9_999, end: 10_000 }],
    ["Bytes= 0-0 ", 10_000, { start: 0, end: 1 }],
    ["bytes=0-", 10_000, { start: 0, end: 10_000 }],
    ["bytes=9999-", 10_000, { start: 9_999, end: 10_000 }],
    ["bytes=9000-20000", 10_000, { start: 9_000, end: 10_000 }],
    ["bytes=-20000", 10_000, { start: 0, end: 10_000 }],
    ["bytes=0-999999999999999", 10, { start: 0, end: 10 }],
    ["bytes=10000-", 10_000, "unsatisfiable"],
    ["bytes=10000-10001", 10_000, "unsatisfiable"],
    ["bytes=-0", 10_000, "unsatisfiable"],
    ["bytes=0-", 0, "unsatisfiable"],
    ["bytes=-5", 0, "unsatisfiable"],
    ["bytes=0-0,-1", 10_000, undefined],
    ["bytes=5-4", 10_000, undefined],
    ["bytes=-", 10_000, undefined],
    ["bytes=", 10_000, undefined],
    ["bytes=a-b", 10_000, undefined],
    ["bytes=1-2-3", 10_000, undefined],
    ["bytes=--1", 10_000, undefined],
    ["bytes 0-1", 10_000, undefined],
    ["lines=0-1", 10_000, undefined],
    ["bytes=1234567890123456-", 10_000, undefined],
    ["", 10_000, undefined],
  ])("understands %j of %s bytes as %j", (field, size, range) => {
    expect(parseByteRange(field, size)).toEqual(range);
  });
});

describe("formatContentRange()", () => {
  test("writes the last byte's number, not the one behind it", () => {
    expect(formatContentRange({ start: 42, end: 1_234 }, 1_234)).toBe("bytes 42-1233/1234");
  });
});
