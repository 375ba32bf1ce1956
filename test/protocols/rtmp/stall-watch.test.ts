/**
 * Goal: a stall is measured from the first look that saw no move.
 *
 * Method: looks at chosen times.
 */

import { expect, test } from "vitest";
import { StallWatch } from "../../../src/protocols/rtmp/stall-watch.ts";

test("StallWatch measures since the last move it saw", () => {
  const watch = new StallWatch();
  expect(watch.stalledMs(0, 5000)).toBe(0);
  expect(watch.stalledMs(0, 6000)).toBe(1000);
  expect(watch.stalledMs(1, 7000)).toBe(0);
  expect(watch.stalledMs(1, 9000)).toBe(2000);
  watch.reset();
  expect(watch.stalledMs(1, 10_000)).toBe(0);
});
