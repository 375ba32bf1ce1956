/**
 * Goal: frames leave in the order of their times, none is lost, and the wait is short.
 *
 * Method: tables of arrivals and of what leaves at each of them.
 */

import { expect, test } from "vitest";
import { MixCorrector } from "../../src/live/mix-corrector.ts";
import { audioFrame, videoFrame } from "../support/live.ts";

test("sorts audio that comes late", () => {
  const corrector = new MixCorrector();
  const out = [videoFrame(0), videoFrame(40), videoFrame(80), audioFrame(20), audioFrame(43)]
    .flatMap((frame) => [...corrector.add(frame)])
    .map((frame) => frame.dtsMs);
  expect(out).toEqual([0, 20, 40, 43]);
  expect([...corrector.drain()].map((frame) => frame.dtsMs)).toEqual([80]);
});

test("does not wait for a track that is not there", () => {
  const corrector = new MixCorrector();
  const out = Array.from({ length: 20 }, (_, i) => [...corrector.add(videoFrame(i * 40))].length);
  expect(out.slice(0, 9).every((count) => count === 0)).toBe(true);
  expect(out.slice(9).every((count) => count === 1)).toBe(true);
});

test("keeps the order of arrival among equal times", () => {
  const corrector = new MixCorrector();
  const frames = [videoFrame(0, true), videoFrame(0), audioFrame(0)];
  const out = [...frames.flatMap((frame) => [...corrector.add(frame)]), ...corrector.drain()];
  expect(out).toEqual(frames);
});
