/**
 * Goal: a viewer without transport-wide numbers is believed what it says of its network, for a while,
 * and less than that where much is lost.
 *
 * Method: what it says and reports, in virtual time.
 */

import { expect, test } from "vitest";
import { ReportedBandwidth } from "../../../../src/protocols/rtc/send/reported-bandwidth.ts";

test("nothing is known before the viewer says something", () => {
  const reported = new ReportedBandwidth();
  expect([reported.estimate(0), reported.isTold(0)]).toEqual([undefined, false]);
  reported.reportReceived(0, 1_000_000);
  reported.reportReceived(0.05, 1_000_000);
  expect([reported.estimate(0), reported.lossFraction]).toEqual([undefined, 0.05]);
});

test("is what the viewer says, for ten seconds, and not less than makes sense", () => {
  const reported = new ReportedBandwidth();
  reported.rembReceived(300_000, 1_000);
  expect([1_000, 10_999, 11_000].map((nowMs) => reported.estimate(nowMs))).toEqual([
    300_000,
    300_000,
    undefined,
  ]);
  reported.rembReceived(1, 20_000);
  expect(reported.estimate(20_000)).toBe(50_000);
});

test("is less than what is sent where that is lost, and grows again", () => {
  const reported = new ReportedBandwidth();
  reported.rembReceived(5_000_000, 0);
  reported.reportReceived(0.2, 1_000_000);
  expect(reported.estimate(0)).toBe(900_000);
  reported.reportReceived(0.2, 2_000_000);
  expect(reported.estimate(0)).toBe(810_000);
  reported.reportReceived(0.05, 800_000);
  expect(reported.estimate(0)).toBe(810_000);
  reported.reportReceived(0, 800_000);
  expect(reported.estimate(0)).toBeCloseTo(874_800, 0);
  for (let i = 0; i < 100; i++) reported.reportReceived(0, 800_000);
  expect(reported.estimate(0)).toBe(5_000_000);
});
