/**
 * Goal: a point in time is understood as RFC 3339 and Unix have it, on each runtime alike, and nothing that
 * is none.
 */

import { describe, expect, test } from "vitest";
import { formatDateTime, parsePointInTime } from "../../src/base/date-time.ts";

describe("a point in time", () => {
  test.each([
    ["2026-01-01T00:00:00Z", "2026-01-01T00:00:00.000Z"],
    ["2026-01-01t00:00:00.25z", "2026-01-01T00:00:00.250Z"],
    ["2026-01-01 00:00:00Z", "2026-01-01T00:00:00.000Z"],
    ["2026-01-01T00:00:00.1234567Z", "2026-01-01T00:00:00.123Z"],
    ["2026-01-01T01:30:00+01:30", "2026-01-01T00:00:00.000Z"],
    // As it comes out of a query.
    ["2026-01-01T01:30:00 01:30", "2026-01-01T00:00:00.000Z"],
    ["2025-12-31T22:00:00-02:00", "2026-01-01T00:00:00.000Z"],
    ["2024-02-29T23:59:59Z", "2024-02-29T23:59:59.000Z"],
    ["1767225600", "2026-01-01T00:00:00.000Z"],
    ["1767225600.25", "2026-01-01T00:00:00.250Z"],
    ["0", "1970-01-01T00:00:00.000Z"],
  ])("%s is %s", (text, expected) => {
    expect(formatDateTime(parsePointInTime(text) ?? Number.NaN)).toBe(expected);
  });

  test.each([
    ...["", " ", "now", "-1", "1e9", "0x10", "NaN", "Infinity", "1.", ".5", "9999999999999"],
    ...["2026-01-01", "2026-01-01T00:00", "2026-01-01T00:00:00", "2026-13-01T00:00:00Z"],
    ...["2026-02-29T00:00:00Z", "2026-00-10T00:00:00Z", "2026-01-00T00:00:00Z"],
    ...["2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01T00:00:60Z"],
    ...["2026-01-01T00:00:00+0100", "2026-01-01T00:00:00Z ", "Thu, 01 Jan 2026 00:00:00 GMT"],
  ])("%j is none", (text) => {
    expect(parsePointInTime(text)).toBeUndefined();
  });
});
