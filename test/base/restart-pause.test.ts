/**
 * Goal: a worker that dies, say, is back at once; one that keeps dying does not keep a core busy.
 *
 * Method: the pauses written out.
 */

import { expect, test } from "vitest";
import { RestartPause } from "../../src/base/restart-pause.ts";

const MINUTE_MS = 60_000;

test("is nothing at first, then doubles up to half a minute", () => {
  const pause = new RestartPause();
  const pauses = Array.from({ length: 9 }, () => pause.next(MINUTE_MS - 1));
  expect(pauses).toEqual([0, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
});

test("ends at another bound where one is set", () => {
  const pause = new RestartPause(3_000);
  expect(Array.from({ length: 5 }, () => pause.next(0))).toEqual([0, 1_000, 2_000, 3_000, 3_000]);
});

test("starts anew once a worker has run for a minute", () => {
  const pause = new RestartPause();
  for (let i = 0; i < 5; i++) pause.next(10);
  expect(pause.next(MINUTE_MS)).toBe(0);
  expect(pause.next(10)).toBe(1_000);
});
