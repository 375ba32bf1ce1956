/**
 * Goal: ten at once, then one a second, however irregularly time is told.
 *
 * Method: chosen times.
 */

import { expect, test } from "vitest";
import { ProtocolError } from "../../../src/base/errors.ts";
import { BEGINS_MAX, BeginLimit } from "../../../src/protocols/rtmp/begin-limit.ts";

/** How many may begin now. */
function count(limit: BeginLimit): number {
  for (let taken = 0; taken < 100; taken++) {
    try {
      limit.take();
    } catch (error) {
      expect(error).toBeInstanceOf(ProtocolError);
      return taken;
    }
  }
  return 100;
}

test("BeginLimit lets a few begin at once, then one each second", () => {
  const limit = new BeginLimit();
  expect(count(limit)).toBe(BEGINS_MAX);
  limit.refill(500_000);
  expect(count(limit)).toBe(0);
  limit.refill(500_999);
  expect(count(limit)).toBe(0);
  limit.refill(501_500);
  expect(count(limit)).toBe(1);
  limit.refill(502_000); // The half second was not lost.
  expect(count(limit)).toBe(1);
  limit.refill(504_100);
  limit.refill(504_100);
  expect(count(limit)).toBe(2);
  limit.refill(900_000);
  expect(count(limit)).toBe(BEGINS_MAX);
});
