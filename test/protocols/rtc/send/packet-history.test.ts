/**
 * Goal: a history keeps what newcomers and those who lost packets need, and never more than its
 * limits.
 *
 * Method: streams with short and with endless GOPs, looked at while they grow.
 */

import { expect, test } from "vitest";
import {
  HISTORY_LIMITS,
  PacketHistory,
} from "../../../../src/protocols/rtc/send/packet-history.ts";
import { FRAME_MS, framePayloads, type StreamShape } from "../../../support/shared-payloads.ts";

/** Appends frames, and looks at the history after each. */
function fill(
  history: PacketHistory,
  shape: StreamShape,
  frameCount: number,
  look: (frame: number) => void = () => undefined,
): void {
  for (let frame = 0; frame < frameCount; frame++) {
    for (const payload of framePayloads(frame, shape)) history.append(payload, frame * FRAME_MS);
    look(frame);
  }
}

test("keeps the GOP, and 2 s where that is more", () => {
  const history = new PacketHistory();
  fill(history, { framesPerGop: 100, packetsPerFrame: 3 }, 1_000, (frame) => {
    const keyFrame = frame - (frame % 100);
    expect(history.keyFrameIndex).toBe(keyFrame * 3);
    const oldest = Math.max(0, Math.min(keyFrame, frame - 49));
    expect(history.firstIndex).toBe(oldest * 3);
    expect(history.size).toBe((history.nextIndex - history.firstIndex) * 100);
  });
});

test("gives what it has by index, frames with their numbers", () => {
  const history = new PacketHistory();
  fill(history, { framesPerGop: 10, packetsPerFrame: 2 }, 200);
  expect(history.nextIndex).toBe(400);
  expect(history.get(399)).toBe(history.last);
  expect(history.get(400)).toBeUndefined();
  expect(history.get(history.firstIndex - 1)).toBeUndefined();
  expect(history.get(380)).toMatchObject({ isKeyFrameStart: true, timestamp: 190 * 3_600 });
  expect([380, 381, 382].map((index) => history.frameNumber(index))).toEqual([191, 191, 192]);
});

test("audio is kept for 2 s", () => {
  const audio = new PacketHistory();
  for (let frame = 1; frame < 500; frame++) {
    for (const payload of framePayloads(frame, { framesPerGop: 1e9, packetsPerFrame: 1 })) {
      audio.append(payload, frame * FRAME_MS);
    }
  }
  expect(audio.keyFrameIndex).toBeUndefined();
  expect(audio.nextIndex - audio.firstIndex).toBe(50);
});

test.each([
  ["count", { countMax: 64, sizeMax: 1e9, durationMs: 1e9 }],
  ["size", { countMax: 16_384, sizeMax: 6_400, durationMs: 1e9 }],
])("a GOP beyond the %s limit is given up until the next key frame", (_, limits) => {
  const history = new PacketHistory(limits);
  fill(history, { framesPerGop: 200, packetsPerFrame: 1 }, 250, (frame) => {
    expect(history.nextIndex - history.firstIndex).toBeLessThanOrEqual(64);
    expect(history.size).toBeLessThanOrEqual(6_400);
    const expected = frame >= 200 ? 200 : frame < 64 ? 0 : undefined;
    expect(history.keyFrameIndex).toBe(expected);
  });
});

test("keeps for those who get it later what they can begin with", () => {
  const history = new PacketHistory();
  history.deferralMs = 1_000;
  fill(history, { framesPerGop: 100, packetsPerFrame: 3 }, 1_000, (frame) => {
    const due = history.indexAfter(frame * FRAME_MS - 1_000);
    if (frame < 25) return expect(due).toBe(0);
    expect(due).toBe((frame - 24) * 3);
    expect(history.keyFrameBefore(due)).toBe(Math.floor((frame - 25) / 100) * 300);
    expect(history.ticksSinceKeyFrame(due)).toBe(((frame - 25) % 100) * 3_600);
    // Not for longer than that, and the 2 s of all.
    expect((history.nextIndex - history.firstIndex) / 3).toBeLessThanOrEqual(100 + 75 + 1);
  });
});

test("what comes late is as old as if it had come in time, and never older than what was before", () => {
  const history = new PacketHistory();
  const [payload] = framePayloads(0, { framesPerGop: 1, packetsPerFrame: 1 });
  if (payload === undefined) throw new Error("No packet");
  for (const [nowMs, usualMs] of [
    [1_000, 400],
    [1_000, 440],
    [1_000, 430],
    [1_100, 1_200],
  ]) {
    history.append(payload, nowMs ?? 0, usualMs);
  }
  expect([399, 400, 439, 440, 1_199, 1_200].map((timeMs) => history.indexAfter(timeMs))).toEqual([
    0, 1, 1, 3, 3, 4,
  ]);
});

test("grows with its contents", () => {
  const history = new PacketHistory();
  fill(history, { framesPerGop: 1e9, packetsPerFrame: 10 }, 1_000);
  expect(history.firstIndex).toBe(0);
  for (let index = 0; index < 10_000; index += 7) {
    if (history.get(index)?.timestamp !== Math.floor(index / 10) * 3_600) expect.fail(`${index}`);
  }
  expect(HISTORY_LIMITS.countMax).toBeGreaterThan(10_000);
});

test("is empty when it is cleared, and goes on with its indices", () => {
  const history = new PacketHistory();
  fill(history, { framesPerGop: 10, packetsPerFrame: 2 }, 15);
  history.clear();
  expect([history.firstIndex, history.nextIndex, history.size]).toEqual([30, 30, 0]);
  expect([history.keyFrameIndex, history.last]).toEqual([undefined, undefined]);
});

test("measures its rate", () => {
  const history = new PacketHistory();
  fill(history, { framesPerGop: 50, packetsPerFrame: 5, size: 1_000 }, 200);
  expect(history.bitrate(200 * FRAME_MS) / 1e6).toBeCloseTo(1, 1);
});
