/**
 * Goal: a key frame is asked for at once, not more often than the source can answer, until it comes;
 * and now and then without need, if so wished.
 *
 * Method: the times of requests over virtual seconds, with and without answers.
 */

import { expect, test } from "vitest";
import { KeyFrameRequests } from "../../../../src/protocols/rtc/receive/key-frame-requests.ts";

function askedAt(requests: KeyFrameRequests, fromMs: number, untilMs: number): number[] {
  const asked: number[] = [];
  for (let nowMs = fromMs; nowMs < untilMs; nowMs += 100) {
    if (requests.take(nowMs)) asked.push(nowMs);
  }
  return asked;
}

test("asks at once, repeats, and is patient with who does not answer", () => {
  const requests = new KeyFrameRequests();
  expect(askedAt(requests, 0, 1_000)).toEqual([]);
  requests.want();
  const expected = [1_000, 1_500, 2_000, 2_500, 3_000, 4_000, 6_000, 10_000, 14_000];
  expect(askedAt(requests, 1_000, 15_000)).toEqual(expected);
  expect(requests.sentCount).toBe(expected.length);
});

test("a key frame ends it; another wish does not come through earlier than 500 ms", () => {
  const requests = new KeyFrameRequests();
  requests.want();
  expect(requests.take(0)).toBe(true);
  requests.keyFrameReceived(100);
  expect([requests.isWanted, requests.take(150)]).toEqual([false, false]);
  for (const nowMs of [160, 200, 499]) {
    requests.want();
    expect(requests.take(nowMs)).toBe(false);
  }
  expect(requests.take(500)).toBe(true);
});

test("FIR has another number for another wish only", () => {
  const requests = new KeyFrameRequests();
  requests.want();
  requests.want();
  expect(requests.firSequenceNumber).toBe(1);
  requests.keyFrameReceived(0);
  requests.want();
  expect(requests.firSequenceNumber).toBe(2);
});

test("a source is asked if its key frames are too far apart", () => {
  const requests = new KeyFrameRequests(6_000);
  expect(askedAt(requests, 0, 6_400)).toEqual([6_000]);
  requests.keyFrameReceived(6_400);
  expect(askedAt(requests, 6_400, 12_800)).toEqual([12_400]);
});
