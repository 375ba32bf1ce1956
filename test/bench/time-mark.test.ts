/**
 * Goal: the time that a publisher writes is the time that a player reads, wherever the mark has got to.
 *
 * Method: golden bytes of the NAL unit; marks in length-prefixed and Annex B surroundings; noise.
 */

import { describe, expect, test } from "vitest";
import {
  createTimeMark,
  findMarkTime,
  TIME_MARK_SIZE,
  TIME_MARK_TIME_OFFSET,
  writeMarkTime,
} from "../../src/bench/time-mark.ts";
import { WallTime } from "../../src/bench/wall-time.ts";
import { ManualClock } from "../../src/runtime/memory.ts";
import { fromHex, joinBytes } from "../support/hex.ts";
import { noise } from "../support/noise.ts";

/** 2026-01-01T00:00:00.123456Z. */
const TIME_US = 1_767_225_600_123_456;
// NAL unit type 6; user_data_unregistered of 24 bytes; the UUID; the time in groups of seven bits:
// 0x6474846222240 = 0000011 0010001 1101001 0000100 0110001 0001000 1000100 1000000.
const MARK = fromHex("06 05 18 d699b3dd 7713 4218 946c 736b3815ffe8 83 91 e9 84 b1 88 c4 c0 80");

function markAt(timeUs: number): Uint8Array {
  const mark = createTimeMark();
  writeMarkTime(mark, TIME_MARK_TIME_OFFSET, timeUs);
  return mark;
}

describe("the time mark", () => {
  test("has the form of the specification", () => {
    expect(markAt(TIME_US)).toEqual(MARK);
    expect(MARK.length).toBe(TIME_MARK_SIZE);
  });

  test.each([1, 127, 128, 2 ** 28 - 1, 2 ** 28, TIME_US, 2 ** 53 - 1])("carries %i", (timeUs) => {
    const mark = markAt(timeUs);
    expect(findMarkTime(mark, 0, mark.length)).toBe(timeUs);
    // Nothing in it looks like the beginning of a start code, whatever the time.
    expect(mark.includes(0)).toBe(false);
  });

  test.each([
    ["behind the header of a picture", fromHex("27 01 000000 0000001c"), fromHex("00000002 4101")],
    [
      "behind a delimiter and parameter sets",
      fromHex("17 01 000000 00000002 09f0 00000002 67ff"),
      fromHex("65"),
    ],
    [
      "in a transport stream",
      fromHex("47 4100 30 07500000 000001e0 0000 8080 05 2100010001 00000001 09f0 000001"),
      fromHex("000001 65 88"),
    ],
    ["behind what looks like another SEI", fromHex("06 05 18 d699b3dd 0000"), fromHex("0605")],
  ])("is found %s", (_, before, after) => {
    const bytes = joinBytes(before, MARK, after);
    expect(findMarkTime(bytes, 0, bytes.length)).toBe(TIME_US);
    expect(findMarkTime(bytes, before.length + 1, bytes.length)).toBe(0);
  });

  test("is not found if its end is missing", () => {
    for (let size = 0; size < MARK.length; size++) {
      expect(findMarkTime(MARK.subarray(0, size), 0, MARK.length)).toBe(0);
      expect(findMarkTime(MARK, 0, size)).toBe(0);
    }
  });

  test("is not found in noise, nor with a byte of the UUID changed", () => {
    for (const bytes of noise(500, 300)) expect(findMarkTime(bytes, 0, bytes.length)).toBe(0);
    for (let i = 3; i < TIME_MARK_TIME_OFFSET; i++) {
      const other = MARK.with(i, (MARK[i] ?? 0) ^ 1);
      expect(findMarkTime(other, 0, other.length)).toBe(0);
    }
  });
});

describe("WallTime", () => {
  test("goes on from the wall clock by the monotonic one", () => {
    const clock = new ManualClock(1_000_000);
    const time = new WallTime(clock);
    expect(time.nowUs()).toBe(1_000_000_000);
    clock.advance(0.25);
    expect(time.nowUs()).toBe(1_000_000_250);
    expect(time.atUs(clock.monotonicMs() + 1)).toBe(1_000_001_250);
  });

  test("begins at a tick of the wall clock", () => {
    // A wall clock of whole milliseconds, looked at half a millisecond after its last tick.
    let monotonicMs = 7.5;
    const clock = new ManualClock();
    const ticking = {
      setTimer: clock.setTimer.bind(clock),
      setInterval: clock.setInterval.bind(clock),
      wallMs: () => {
        monotonicMs += 0.01;
        return Math.floor(monotonicMs) + 100;
      },
      monotonicMs: () => monotonicMs,
    };
    expect(new WallTime(ticking).atUs(20)).toBeGreaterThanOrEqual(119_980);
    expect(new WallTime(ticking).atUs(20)).toBeLessThanOrEqual(120_000);
  });
});
