/**
 * Goal: who waits is answered once, also by what has ended.
 *
 * Method: waiters on a clock that stands still.
 */

import { expect, test } from "vitest";
import { ManualClock } from "../../../src/runtime/memory.ts";
import { ReloadWaiters } from "../../../src/services/packager/hls/reload-waiters.ts";

test("what has ended answers those who wait, and those who come later at once", async () => {
  const waiters = new ReloadWaiters(new ManualClock());
  const early = waiters.wait(() => false, 10_000);
  waiters.close();
  expect(await early).toBe(false);
  expect(await waiters.wait(() => false, 10_000)).toBe(false);
  expect(await waiters.wait(() => true, 10_000)).toBe(true);
  expect(waiters.size).toBe(0);
});
