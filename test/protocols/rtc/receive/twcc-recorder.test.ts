/**
 * Goal: feedback tells of every packet once, or of late ones again, in time, and never more than a
 * datagram holds.
 *
 * Method: arrivals by hand; what feedback says is read back from its bytes.
 */

import { expect, test } from "vitest";
import { encodeRtcp, parseRtcp } from "../../../../src/codec/rtcp/rtcp-packet.ts";
import type { TransportFeedback } from "../../../../src/codec/rtcp/transport-feedback.ts";
import { TwccRecorder } from "../../../../src/protocols/rtc/receive/twcc-recorder.ts";
import { createRandom } from "../../../support/seeded-random.ts";

const SOURCES = { senderSsrc: 1, mediaSsrc: 2 };

/** Takes feedback as the peer reads it. */
function take(recorder: TwccRecorder, nowMs: number): TransportFeedback[] {
  return recorder.take(SOURCES, nowMs).map((feedback) => {
    const bytes = encodeRtcp([feedback]);
    expect(bytes.length).toBeLessThanOrEqual(1_200);
    return parseRtcp(bytes)[0] as TransportFeedback;
  });
}

test("tells of arrivals and gaps, and goes on behind them", () => {
  const recorder = new TwccRecorder();
  recorder.record(65_534, 1_000);
  recorder.record(65_535, 1_001.3);
  recorder.record(2, 1_030);
  expect(take(recorder, 1_030)).toEqual([
    {
      type: "transport-feedback",
      ...SOURCES,
      baseSequenceNumber: 65_534,
      feedbackCount: 0,
      referenceTimeMs: 960,
      arrivals: [40, 41.25, undefined, undefined, 70],
    },
  ]);
  expect(take(recorder, 1_130)).toEqual([]);
  recorder.record(4, 1_100);
  expect(take(recorder, 1_130)).toMatchObject([
    { baseSequenceNumber: 3, feedbackCount: 1, arrivals: [undefined, 1_100 - 1_088] },
  ]);
});

test("a late packet is told of though it was told to be lost; duplicates are not", () => {
  const recorder = new TwccRecorder();
  for (const sequenceNumber of [1, 3, 4]) recorder.record(sequenceNumber, 0);
  take(recorder, 0);
  recorder.record(4, 30);
  expect(recorder.isDue(1_000)).toBe(false);
  recorder.record(2, 32);
  expect(take(recorder, 200)).toMatchObject([{ baseSequenceNumber: 2, arrivals: [32, 0, 0] }]);
});

test("is due every 100 ms, or 50 when much has come", () => {
  const recorder = new TwccRecorder();
  expect(recorder.isDue(0)).toBe(false);
  recorder.record(0, 0);
  expect(recorder.isDue(0)).toBe(true);
  take(recorder, 0);
  for (let sequenceNumber = 1; sequenceNumber < 50; sequenceNumber++) {
    recorder.record(sequenceNumber, 1);
  }
  expect([recorder.isDue(99), recorder.isDue(100)]).toEqual([false, true]);
  recorder.record(50, 2);
  expect([recorder.isDue(49), recorder.isDue(50)]).toEqual([false, true]);
});

test("a pause of a minute begins another feedback, as does more than one holds", () => {
  const recorder = new TwccRecorder();
  recorder.record(1, 0);
  recorder.record(2, 60_000);
  expect(take(recorder, 60_000).map((feedback) => feedback.arrivals.length)).toEqual([1, 1]);
  for (let i = 3; i < 1_503; i++) recorder.record(i, 60_000 + i * 70);
  const feedback = take(recorder, 200_000);
  expect(feedback.length).toBeGreaterThan(2);
  let next = 3;
  for (const { baseSequenceNumber, arrivals } of feedback) {
    expect(baseSequenceNumber).toBe(next);
    next += arrivals.length;
  }
  expect(next).toBe(1_503);
});

test("hostile numbers cost no more than their share", () => {
  const recorder = new TwccRecorder();
  const random = createRandom(3);
  for (let nowMs = 0; nowMs < 3_000; nowMs++) {
    recorder.record(random(65_536), nowMs);
    recorder.record(random(1_000), nowMs);
    if (!recorder.isDue(nowMs)) continue;
    const feedback = take(recorder, nowMs);
    expect(feedback.length).toBeLessThan(8);
    for (const { arrivals } of feedback) expect(arrivals.length).toBeLessThanOrEqual(2_048);
  }
});
