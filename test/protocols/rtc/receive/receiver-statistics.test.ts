/**
 * Goal: receiver reports say what RFC 3550 has them say.
 *
 * Method: the algorithms of appendix A.3 and A.8 by hand, with numbers that can be checked in the
 * head.
 */

import { expect, test } from "vitest";
import { ReceiverStatistics } from "../../../../src/protocols/rtc/receive/receiver-statistics.ts";

test("without packets there is nothing to report", () => {
  expect(new ReceiverStatistics(1, 90_000).report(0)).toBeUndefined();
});

test("loss is told for the interval and in all, with wraps in the highest number", () => {
  const statistics = new ReceiverStatistics(7, 90_000);
  for (const sequence of [65_534, 65_535, 65_537, 65_539]) statistics.received(sequence, 0, 0);
  expect(statistics.report(0)).toEqual({
    ssrc: 7,
    fractionLost: 85, // 2 of 6.
    cumulativeLost: 2,
    highestSequenceNumber: 0x1_0003,
    jitter: 0,
    lastSenderReport: 0,
    delaySinceLastSenderReport: 0,
  });
  statistics.received(65_540, 0, 0);
  expect(statistics.report(0)).toMatchObject({ fractionLost: 0, cumulativeLost: 2 });
  expect(statistics.report(0)).toMatchObject({ fractionLost: 0, cumulativeLost: 2 });
});

test("duplicates make the loss negative, and never the fraction", () => {
  const statistics = new ReceiverStatistics(7, 90_000);
  for (const sequence of [1, 2, 2, 2]) statistics.received(sequence, 0, 0);
  expect(statistics.report(0)).toMatchObject({ fractionLost: 0, cumulativeLost: -2 });
});

test("all but one lost is 255 of 256, and the count has 24 bits", () => {
  const statistics = new ReceiverStatistics(7, 90_000);
  for (const sequence of [1, 20_000_000]) statistics.received(sequence, 0, 0);
  expect(statistics.report(0)).toMatchObject({ fractionLost: 255, cumulativeLost: 0x7f_ffff });
});

test("jitter is a sixteenth of each change of transit time", () => {
  const statistics = new ReceiverStatistics(7, 90_000);
  statistics.received(1, 0xffff_ff00, 0);
  statistics.received(2, 0xffff_ff00 + 900 - 2 ** 32, 10); // As far apart as they were sent.
  expect(statistics.report(0)?.jitter).toBe(0);
  statistics.received(3, 1_544, 30); // 10 ms later than that, 900 ticks: by a wrapped timestamp.
  expect(statistics.report(0)?.jitter).toBe(56);
  expect(statistics.jitterMs).toBeCloseTo(0.625, 6);
  statistics.received(4, 1_544 + 900, 40);
  expect(statistics.report(0)?.jitter).toBe(52);
});

test("a clock that is set makes no jitter", () => {
  const statistics = new ReceiverStatistics(7, 90_000);
  statistics.received(1, 0, 0);
  statistics.received(2, 1_000_000_000, 10);
  statistics.received(3, 1_000_000_900, 20);
  expect(statistics.report(0)?.jitter).toBe(0);
});

test("the last sender report comes back with its delay", () => {
  const statistics = new ReceiverStatistics(7, 90_000);
  statistics.received(1, 0, 0);
  statistics.senderReportReceived({ ntpSeconds: 0xaabb_1234, ntpFraction: 0x5678_cccc }, 1_000);
  expect(statistics.report(3_500)).toMatchObject({
    lastSenderReport: 0x1234_5678,
    delaySinceLastSenderReport: 2.5 * 65_536,
  });
});

test("a restart counts anew", () => {
  const statistics = new ReceiverStatistics(7, 90_000);
  for (const sequence of [1, 5]) statistics.received(sequence, 0, 0);
  statistics.report(0);
  statistics.restart(70_000);
  for (const sequence of [70_000, 70_001]) statistics.received(sequence, 0, 0);
  expect(statistics.report(0)).toMatchObject({ fractionLost: 0, cumulativeLost: 0 });
  expect([statistics.expectedCount, statistics.lostCount]).toEqual([2, 0]);
});
