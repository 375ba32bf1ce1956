/**
 * Goal: parts are as long as players are told, and the last one of a segment is not so short that
 * players take the segment to be whole without it.
 *
 * Method: segments of frames of one duration are cut into parts as a track does it, for the frame rates
 * and key frame intervals that encoders have, and all parts but the first segment's are looked at.
 */

import { describe, expect, test } from "vitest";
import { PartTarget } from "../../../../src/services/packager/cmaf/part-target.ts";

/** What hls.js takes to be nothing. */
const SHORT_MS = 200;

/** Durations of the parts of each segment. */
function cut(
  target: PartTarget,
  frameMs: number,
  counts: readonly number[],
  slackCount = 0,
): number[][] {
  return counts.map((count) => {
    const parts: number[] = [];
    let partMs = 0;
    for (let i = 0; i < count; i++) {
      target.framesLast(frameMs);
      partMs += frameMs;
      const isLast = i === count - 1;
      if (!isLast && !target.isFull(partMs, frameMs)) continue;
      parts.push(partMs);
      target.partLasted(partMs);
      partMs = 0;
    }
    target.segmentLasted(frameMs * count, count, slackCount);
    return parts;
  });
}

describe("video", () => {
  test.each([
    [24, 48],
    [24, 50],
    [25, 50],
    [25, 51],
    [25, 53],
    [30, 60],
    [30, 61],
    [30_000 / 1_001, 60],
    [50, 100],
    [60, 121],
    [60, 240],
  ])("of %s frames a second, with a key frame every %s", (rate, count) => {
    const target = new PartTarget(500);
    const [, ...segments] = cut(target, 1_000 / rate, [count, count, count]);
    expect(target.ms).toBeLessThan(505);
    for (const parts of segments) {
      expect(Math.max(...parts)).toBeLessThanOrEqual(target.ms + 0.01);
      expect(Math.min(...parts.slice(0, -1))).toBeGreaterThanOrEqual(target.ms * 0.85);
      expect(parts.at(-1)).toBeGreaterThan(SHORT_MS);
    }
  });

  test("parts are full where segments are multiples of them", () => {
    const [, parts] = cut(new PartTarget(500), 1_000 / 30, [60, 60]);
    expect(parts?.map((ms) => Math.round(ms))).toEqual([500, 500, 500, 500]);
  });
});

describe("audio, in segments that differ by a frame", () => {
  test.each([
    [1_024 / 48, [94, 94, 93, 94, 94, 94, 93]],
    [1_024 / 44.1, [86, 86, 87, 86, 86, 86]],
    [1_152 / 48, [83, 84, 83, 83, 84]],
    [20, [100, 100, 101, 100, 99, 100]],
  ])("of %s ms", (frameMs, counts) => {
    const target = new PartTarget(500);
    const [, ...segments] = cut(target, frameMs, counts, 1);
    for (const parts of segments) {
      expect(Math.max(...parts)).toBeLessThanOrEqual(target.ms + 0.01);
      expect(Math.min(...parts.slice(0, -1))).toBeGreaterThanOrEqual(target.ms * 0.85);
      expect(parts.at(-1)).toBeGreaterThan(SHORT_MS);
    }
  });
});

test("segments of one part are left alone", () => {
  const segments = cut(new PartTarget(Number.POSITIVE_INFINITY), 40, [50, 50]);
  expect(segments).toEqual([[2_000], [2_000]]);
});

describe("the target", () => {
  test.each([
    ["an ordinary stream", [40, 40, 40], 500],
    ["a gap behind the first frame", [3_000, 40, 40], 500],
    ["a gap later on", [40, 40, 900, 40], 500],
    ["a first frame that is short", [20, 40, 40], 500],
    ["a picture a second", [1_000, 1_000], 1_100],
    ["a picture a second behind a long gap", [20_000, 1_000], 1_100],
    ["three pictures a second", [333, 333], 333 * 1.1],
  ])("of %s", (_, frames, ms) => {
    const target = new PartTarget(500);
    for (const frameMs of frames) target.framesLast(frameMs);
    expect(target.ms).toBeCloseTo(ms, 6);
  });
});
