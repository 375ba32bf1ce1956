/**
 * Goal: reports give the round trip, loss and jitter; nonsense does no harm.
 *
 * Method: the example of RFC 3550 section 6.4.1, figure 2, and reports that lie.
 */

import { expect, test } from "vitest";
import { toUnixMs } from "../../../../src/codec/rtcp/ntp-time.ts";
import { ViewerStatistics } from "../../../../src/protocols/rtc/send/viewer-statistics.ts";

const BLOCK = {
  ssrc: 1,
  fractionLost: 64,
  cumulativeLost: 12,
  highestSequenceNumber: 500,
  jitter: 450,
  lastSenderReport: 0xb705_2000,
  delaySinceLastSenderReport: 0x0005_4000,
};
/** The report arrives at 0xb710:8000 of the example. */
const ARRIVAL_MS = toUnixMs({ ntpSeconds: 0xb44d_b710, ntpFraction: 0x8000_0000 });

test("the example of RFC 3550: 6.125 s", () => {
  const statistics = new ViewerStatistics(90_000);
  expect(statistics.roundTripMs).toBe(100);
  statistics.reportReceived(BLOCK, ARRIVAL_MS);
  expect(statistics.roundTripMs).toBe(6_125);
  expect([statistics.lossFraction, statistics.lostCount, statistics.jitterMs]).toEqual([
    0.25, 12, 5,
  ]);
});

test("the round trip is smoothed, and never below 0", () => {
  const statistics = new ViewerStatistics(90_000);
  statistics.reportReceived(BLOCK, ARRIVAL_MS - 6_025);
  statistics.reportReceived(BLOCK, ARRIVAL_MS - 5_945);
  expect(statistics.roundTripMs).toBeCloseTo(110, 1);
  const near = new ViewerStatistics(90_000);
  near.reportReceived(BLOCK, ARRIVAL_MS - 6_126);
  expect(near.roundTripMs).toBe(0);
});

test("a round trip that cannot be is not believed", () => {
  const statistics = new ViewerStatistics(90_000);
  statistics.reportReceived({ ...BLOCK, lastSenderReport: 0 }, ARRIVAL_MS);
  statistics.reportReceived(BLOCK, ARRIVAL_MS + 3_600_000);
  expect(statistics.roundTripMs).toBe(100);
});

test("counts requests for key frames", () => {
  const statistics = new ViewerStatistics(90_000);
  statistics.keyFrameRequested();
  expect(statistics.pliCount).toBe(1);
});
