/**
 * Goal: the time that a publisher writes is the time that a player reads, wherever the mark has got to.
 *
 * Method: golden bytes of the NAL unit; marks in length-prefixed and Annex B surroundings; noise.
 */

import { describe, expect, test } from "vitest";
import {
  createTimeMark,
  findTimeMark,
  MARK_SESSION_LIMIT,
  readMarkNumber,
  readMarkSession,
  readMarkTime,
  TIME_MARK_SIZE,
  type TimeMark,
  TimeMarkFinder,
  writeTimeMark,
} from "../../src/bench/time-mark.ts";
import { WallTime } from "../../src/bench/wall-time.ts";
import { ManualClock } from "../../src/runtime/memory.ts";
import { fromHex, joinBytes } from "../support/hex.ts";
import { noise } from "../support/noise.ts";

/** 2026-01-01T00:00:00.123456Z. */
const TIME_US = 1_767_225_600_123_456;
const VALUES: TimeMark = { timeUs: TIME_US, sessionId: 0x123_4567, number: 300 };
// NAL unit type 6; user_data_unregistered of 33 bytes; the UUID; and in groups of seven bits
// the time, 0x6474846222240 = 0000011 0010001 1101001 0000100 0110001 0001000 1000100 1000000;
// the session, 0001001 0001101 0001010 1100111; the number, 2 * 128 + 44.
const MARK = fromHex(
  "06 05 21 d699b3dd 7713 4218 946c 736b3815ffe8 83 91 e9 84 b1 88 c4 c0 89 8d 8a e7 80 80 80 82 ac 80",
);

function markOf(values: Partial<TimeMark>): Uint8Array {
  const mark = createTimeMark();
  writeTimeMark(mark, 0, { ...VALUES, ...values });
  return mark;
}

function readMark(bytes: Uint8Array, offset: number): TimeMark {
  return {
    timeUs: readMarkTime(bytes, offset),
    sessionId: readMarkSession(bytes, offset),
    number: readMarkNumber(bytes, offset),
  };
}

describe("the time mark", () => {
  test("has the form of the specification", () => {
    expect(markOf({})).toEqual(MARK);
    expect(MARK.length).toBe(TIME_MARK_SIZE);
  });

  test.each([
    { timeUs: 0, sessionId: 0, number: 0 },
    { timeUs: 127, sessionId: 128, number: 127 },
    { timeUs: 2 ** 28 - 1, number: 2 ** 28 },
    { timeUs: 2 ** 28, sessionId: 1 },
    { timeUs: 2 ** 53 - 1, sessionId: MARK_SESSION_LIMIT - 1, number: 2 ** 35 - 1 },
  ])("carries %o", (values) => {
    const mark = markOf(values);
    expect(readMark(mark, 0)).toEqual({ ...VALUES, ...values });
    // Nothing in it looks like the beginning of a start code, whatever the values.
    expect(mark.includes(0)).toBe(false);
  });

  test.each([
    ["behind the header of a picture", fromHex("27 01 000000 00000025"), fromHex("00000002 4101")],
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
    ["behind what looks like another SEI", fromHex("06 05 21 d699b3dd 0000"), fromHex("0605")],
  ])("is found %s", (_, before, after) => {
    const bytes = joinBytes(before, MARK, after);
    expect(findTimeMark(bytes, 0, bytes.length)).toBe(before.length);
    expect(readMark(bytes, before.length)).toEqual(VALUES);
    expect(findTimeMark(bytes, before.length + 1, bytes.length)).toBe(-1);
  });

  test("is not found if its end is missing", () => {
    for (let size = 0; size < MARK.length; size++) {
      expect(findTimeMark(MARK.subarray(0, size), 0, MARK.length)).toBe(-1);
      expect(findTimeMark(MARK, 0, size)).toBe(-1);
    }
  });

  test("is not found in noise, nor with a byte of the UUID changed", () => {
    for (const bytes of noise(500, 300)) expect(findTimeMark(bytes, 0, bytes.length)).toBe(-1);
    for (let i = 3; i < 19; i++) {
      const other = MARK.with(i, (MARK[i] ?? 0) ^ 1);
      expect(findTimeMark(other, 0, other.length)).toBe(-1);
    }
  });
});

describe("TimeMarkFinder", () => {
  const later = markOf({ timeUs: TIME_US + 40_000 });
  const bytes = joinBytes(fromHex("47 4100 06 05 21 d699"), MARK, fromHex("000001 65"), later);

  test("finds the first mark, wherever the bytes are cut", () => {
    for (let cut = 0; cut <= bytes.length; cut++) {
      const finder = new TimeMarkFinder();
      finder.push(bytes.subarray(0, cut));
      finder.push(bytes.subarray(cut));
      expect([cut, finder.timeUs]).toEqual([cut, TIME_US]);
    }
    for (let size = 1; size <= 60; size++) {
      const finder = new TimeMarkFinder();
      for (let at = 0; at < bytes.length; at += size) finder.push(bytes.slice(at, at + size));
      expect([size, finder.timeUs]).toEqual([size, TIME_US]);
    }
  });

  test("finds none where there is none", () => {
    const finder = new TimeMarkFinder();
    const other = MARK.with(10, 0);
    finder.push(other.subarray(0, 20));
    finder.push(other.subarray(20));
    for (const piece of noise(100, 300)) finder.push(piece);
    expect(finder.timeUs).toBe(0);
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
