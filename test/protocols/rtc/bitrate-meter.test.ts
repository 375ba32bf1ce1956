/**
 * Goal: a rate is that of the window, from the first byte on, and falls to 0 in silence.
 *
 * Method: an even flow and what follows it, by clocks that begin anywhere.
 */

import { expect, test } from "vitest";
import { BitrateMeter } from "../../../src/protocols/rtc/bitrate-meter.ts";

test.each([0, 123_456.7, -50_000])("an even flow from %f ms on", (startMs) => {
  const meter = new BitrateMeter(1_000);
  expect(meter.bitrate(startMs)).toBe(0);
  for (let ms = 0; ms < 3_000; ms += 10) {
    meter.add(1_250, startMs + ms);
    if (ms < 300) continue;
    if (Math.abs(meter.bitrate(startMs + ms) / 1e6 - 1) > 0.05) expect.fail(`at ${ms}`);
  }
  // Whole steps leave the window.
  expect(Math.abs(meter.bitrate(startMs + 3_500) / 1e6 - 0.5)).toBeLessThan(0.1);
  expect(meter.bitrate(startMs + 4_100)).toBe(0);
  meter.add(1_000, startMs + 900_000);
  expect(meter.bitrate(startMs + 900_000)).toBeGreaterThan(0);
  meter.reset();
  expect(meter.bitrate(startMs + 900_000)).toBe(0);
});
