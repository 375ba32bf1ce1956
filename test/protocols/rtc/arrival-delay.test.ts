/**
 * Goal: the least delay of the last 5 to 10 s is known, and what is older is forgotten.
 *
 * Method: delays by hand, before and after windows end.
 */

import { expect, test } from "vitest";
import { ArrivalDelay } from "../../../src/protocols/rtc/arrival-delay.ts";

test("is the least of this window and the one before", () => {
  const delay = new ArrivalDelay();
  expect(delay.minimumMs).toBeUndefined();
  delay.add(50, 0);
  delay.add(20, 1_000);
  delay.add(40, 4_999);
  expect(delay.minimumMs).toBe(20);
  delay.add(45, 5_000);
  expect(delay.minimumMs).toBe(20);
  delay.add(60, 10_000);
  expect(delay.minimumMs).toBe(45);
  delay.add(70, 15_000);
  expect(delay.minimumMs).toBe(60);
  delay.reset();
  expect(delay.minimumMs).toBeUndefined();
});
