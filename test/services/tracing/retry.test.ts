/**
 * Goal: a collector in trouble is not asked again too soon, nor by all servers at once.
 *
 * Method: the table of the protocol's specification, and its field Retry-After in both forms.
 */

import { expect, test } from "vitest";
import { isRetryable, retryDelayMs } from "../../../src/services/tracing/retry.ts";

const NOW_MS = Date.parse("2026-01-01T00:00:00Z");

test.each([429, 502, 503, 504])("%i is asked again", (status) => {
  expect(isRetryable(status)).toBe(true);
});

test.each([301, 400, 401, 404, 413, 500, 501])("%i is for good", (status) => {
  expect(isRetryable(status)).toBe(false);
});

test.each([
  [1, 0, 1_000],
  [1, 1, 1_500],
  [3, 0, 4_000],
  [5, 0.5, 20_000],
  [9, 1, 60_000],
])("attempt %i with the chance %f: %i ms", (attempt, chance, delayMs) => {
  expect(retryDelayMs({ attempt, chance, retryAfter: undefined }, NOW_MS)).toBe(delayMs);
});

test.each([
  ["7", 7_000],
  ["0", 0],
  ["86400", 60_000],
  ["Thu, 01 Jan 2026 00:00:09 GMT", 9_000],
  ["Wed, 31 Dec 2025 00:00:00 GMT", 0],
  ["soon", 1_000],
])("Retry-After: %s", (retryAfter, delayMs) => {
  expect(retryDelayMs({ attempt: 1, chance: 0, retryAfter }, NOW_MS)).toBe(delayMs);
});
