/**
 * Goal: times survive the way into RTCP and back, and name each other by their middle.
 *
 * Method: known points in time, the wrap of 2036, and the example of RFC 3550, figure 2.
 */

import { expect, test } from "vitest";
import { toCompactNtp, toNtpTime, toUnixMs } from "../../../src/codec/rtcp/ntp-time.ts";

test("counts from 1900", () => {
  expect(toNtpTime(0)).toEqual({ ntpSeconds: 2_208_988_800, ntpFraction: 0 });
  expect(toNtpTime(1_500.25)).toEqual({
    ntpSeconds: 2_208_988_801,
    ntpFraction: 0x8010_624d,
  });
  expect(toUnixMs({ ntpSeconds: 2_208_988_801, ntpFraction: 0x8000_0000 })).toBe(1_500);
});

test("wraps in 2036", () => {
  const wrapMs = Date.UTC(2036, 1, 7, 6, 28, 16);
  expect(toNtpTime(wrapMs)).toEqual({ ntpSeconds: 0, ntpFraction: 0 });
  for (const unixMs of [wrapMs - 1, wrapMs, wrapMs + 12_345.5, Date.UTC(2026, 10, 28)]) {
    expect(toUnixMs(toNtpTime(unixMs))).toBeCloseTo(unixMs, 3);
  }
});

test("has a middle", () => {
  // The sender report of RFC 3550, figure 2: at 0xb44db705.20000000 it is 0xb705:2000.
  expect(toCompactNtp({ ntpSeconds: 0xb44d_b705, ntpFraction: 0x2000_0000 })).toBe(0xb705_2000);
  expect(toCompactNtp({ ntpSeconds: 0xffff_ffff, ntpFraction: 0xffff_ffff })).toBe(0xffff_ffff);
});
