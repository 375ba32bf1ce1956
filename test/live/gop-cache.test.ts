/**
 * Goal: the cache holds what a decoder needs to start at once, and cannot grow without bound.
 *
 * Method: frames by hand; the limits of the operator and of audio that runs on without video.
 */

import { expect, test } from "vitest";
import { GopCache } from "../../src/live/gop-cache.ts";
import { EMPTY_DESCRIPTION } from "../../src/live/track.ts";
import { audioFrame, VIDEO, videoFrame } from "../support/live.ts";

function createCache(framesMax = 0, isEnabled = true) {
  const cache = new GopCache({ isEnabled, framesMax, sizeMax: 10_000 });
  const add = (...frames: Parameters<GopCache["add"]>[0][]) => {
    for (const frame of frames) cache.add(frame, EMPTY_DESCRIPTION);
  };
  return { cache, add, times: () => cache.frames.map((frame) => frame.dtsMs) };
}

test("holds everything from the latest key frame on", () => {
  const { add, times, cache } = createCache();
  add(audioFrame(0), videoFrame(10), videoFrame(40, true), audioFrame(50), videoFrame(80));
  expect(times()).toEqual([40, 50, 80]);
  expect(cache.size).toBe(10 + 5 + 10);
  add(videoFrame(120, true));
  expect(times()).toEqual([120]);
  expect(cache.size).toBe(10);
});

test("remembers what the stream was made of at its first frame", () => {
  const { cache } = createCache();
  const atKeyFrame = { ...EMPTY_DESCRIPTION, video: VIDEO };
  cache.add(videoFrame(0, true), atKeyFrame);
  cache.add(videoFrame(40), { ...atKeyFrame });
  expect(cache.description).toBe(atKeyFrame);
});

test("gives up when there are more frames than the operator allows, until the next key frame", () => {
  const { add, times } = createCache(3);
  add(videoFrame(0, true), videoFrame(1), videoFrame(2));
  expect(times()).toEqual([0, 1, 2]);
  add(videoFrame(3), videoFrame(4));
  expect(times()).toEqual([]);
  add(videoFrame(5, true));
  expect(times()).toEqual([5]);
});

test("gives up when it holds more bytes than it may, however few frames they are", () => {
  const { add, times, cache } = createCache();
  add(videoFrame(0, true, 6_000), videoFrame(40, false, 4_000));
  expect(times()).toEqual([0, 40]);
  add(videoFrame(80, false, 1));
  expect([times(), cache.size]).toEqual([[], 0]);
});

test("gives up when audio goes on for long without video", () => {
  const { add, times } = createCache();
  add(videoFrame(0, true));
  for (let i = 0; i < 115; i++) add(audioFrame(i));
  expect(times()).toHaveLength(116);
  add(audioFrame(115));
  expect(times()).toEqual([]);
});

test("holds nothing when it is off", () => {
  const { add, times } = createCache(0, false);
  add(videoFrame(0, true), videoFrame(40));
  expect(times()).toEqual([]);
});
