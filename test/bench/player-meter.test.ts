/**
 * Goal: a player's record says what a viewer would have seen: when it began, whether it stood still,
 * what was missing, how late it was.
 *
 * Method: messages at known times.
 */

import { describe, expect, test } from "vitest";
import type { MediaMessage } from "../../src/bench/media-message.ts";
import { MediaKind, mediaKindOf } from "../../src/bench/media-message.ts";
import { PlayerMeter } from "../../src/bench/player-meter.ts";
import { PlayerTotals } from "../../src/bench/player-totals.ts";
import { clockProblem } from "../../src/bench/problems.ts";
import { playersReport } from "../../src/bench/report.ts";
import { createTimeMark, type TimeMark, writeTimeMark } from "../../src/bench/time-mark.ts";
import { WallTime } from "../../src/bench/wall-time.ts";
import { ManualClock } from "../../src/runtime/memory.ts";
import { fromHex, joinBytes } from "../support/hex.ts";

const KEY_FRAME = fromHex("17 01 000000 00000001 65");
const INTER_FRAME = fromHex("27 01 000000 00000001 41");
const SOUND = fromHex("af 01 21");
const WALL_MS = 1_000_000_000;

/** A picture that was sent at `sentMs`. */
function marked(sentMs: number, values: Partial<TimeMark> = {}, frame = INTER_FRAME): Uint8Array {
  const mark = createTimeMark();
  const timeUs = (WALL_MS + sentMs) * 1_000;
  writeTimeMark(mark, 0, { timeUs, sessionId: 7, number: 0, ...values });
  return joinBytes(frame.subarray(0, 5), fromHex("00000025"), mark, frame.subarray(5));
}

class Stage {
  readonly totals = new PlayerTotals(1);
  readonly #clock = new ManualClock(WALL_MS);
  readonly meter = new PlayerMeter(this.totals, new WallTime(this.#clock));

  constructor(startMs = 0) {
    this.meter.start(startMs);
  }

  send(nowMs: number, typeId: number, timestamp: number, payload: Uint8Array): void {
    const message: MediaMessage = { typeId, timestamp, size: payload.length };
    this.meter.received(payload.length, nowMs);
    this.meter.head(message, payload, 0, payload.length);
    this.meter.end(message);
  }

  video(nowMs: number, timestamp: number, payload: Uint8Array = INTER_FRAME): void {
    this.send(nowMs, 9, timestamp, payload);
  }

  audio(nowMs: number, timestamp: number): void {
    this.send(nowMs, 8, timestamp, SOUND);
  }
}

describe("PlayerMeter", () => {
  test("counts time from the start to the connection and to the end of the first key frame", () => {
    const { meter, totals } = new Stage(1_000);
    meter.connected(1_010);
    meter.connected(1_020);
    const message = { typeId: 9, timestamp: 0, size: 100 };
    meter.received(50, 1_100);
    meter.head({ ...message, size: 5 }, fromHex("17 00 000000"), 0, 5);
    meter.end({ ...message, size: 5 });
    meter.head(message, KEY_FRAME, 0, KEY_FRAME.length);
    expect(totals.firstFrameCount).toBe(0);
    meter.received(50, 1_250);
    meter.end(message);
    expect([totals.joinedCount, totals.connectTime.max]).toEqual([1, 10_000]);
    expect([totals.firstFrameCount, totals.firstFrameTime.max]).toEqual([1, 250_000]);
    expect(totals.receivedSize).toBe(100);
  });

  test("does not take an inter frame or sound for the first frame", () => {
    const stage = new Stage();
    stage.video(10, 0);
    stage.audio(20, 0);
    expect(stage.meter.hasFirstFrame).toBe(false);
    stage.video(30, 40, KEY_FRAME);
    expect(stage.meter.hasFirstFrame).toBe(true);
  });

  test("counts a stall once, by the sweep or by what ends it, and its whole length", () => {
    const stage = new Stage();
    const { meter, totals } = stage;
    stage.video(0, 0, KEY_FRAME);
    stage.video(1_000, 40);
    expect(totals.stallCount).toBe(0);
    stage.video(2_001, 80);
    expect([totals.stallCount, totals.stallMsMax]).toEqual([1, 1_001]);
    for (const nowMs of [3_000, 3_500, 4_000, 5_000]) meter.sweep(nowMs);
    stage.audio(5_500, 0);
    stage.video(5_600, 120);
    expect([totals.stallCount, totals.stallMsMax]).toEqual([2, 3_599]);
    meter.sweep(6_000);
    expect([totals.stallCount, totals.stalledPlayerCount]).toEqual([2, 1]);
  });

  test("counts a silence at the end of the run, and none before the first frame", () => {
    const stage = new Stage();
    stage.meter.connected(0);
    stage.meter.sweep(9_000);
    expect(stage.totals.stallCount).toBe(0);
    stage.video(9_000, 0, KEY_FRAME);
    stage.meter.finish(12_000);
    expect([stage.totals.stallCount, stage.totals.stallMsMax]).toEqual([1, 3_000]);
  });

  test("counts a stall of one kind though the other goes on, once both were seen", () => {
    for (const frozen of ["video", "audio"] as const) {
      const stage = new Stage();
      stage.video(0, 0, KEY_FRAME);
      stage.audio(0, 0);
      for (let nowMs = 40; nowMs <= 3_000; nowMs += 40) {
        if (frozen === "video") stage.audio(nowMs, nowMs);
        else stage.video(nowMs, nowMs);
        if (nowMs % 1_000 === 0) stage.meter.sweep(nowMs);
      }
      stage.video(3_020, 3_020);
      stage.audio(3_020, 3_020);
      expect([stage.totals.stallCount, stage.totals.stallMsMax]).toEqual([1, 3_020]);
    }
  });

  test("counts a silence of both kinds once, whichever comes back first", () => {
    const stage = new Stage();
    stage.video(0, 0, KEY_FRAME);
    stage.audio(20, 0);
    stage.audio(2_000, 40);
    stage.video(2_010, 40);
    stage.meter.sweep(2_500);
    expect(stage.totals.stallCount).toBe(1);
    stage.video(3_500, 80);
    stage.meter.sweep(3_600);
    stage.audio(3_700, 80);
    expect(stage.totals.stallCount).toBe(2);
  });

  test.each([
    ["an even stream", [0, 40, 80, 120], 0, 0],
    ["a step of the interval and 200 ms", [0, 40, 280, 320], 0, 0],
    ["a step of a millisecond more", [0, 40, 281, 321], 1, 0],
    ["a step back", [100, 140, 60, 100], 1, 1],
    ["equal times", [40, 40, 40, 80], 0, 0],
    ["the wrap of 32 bits", [0xffff_ffd8, 0, 40], 0, 0],
    ["several gaps", [0, 40, 2_000, 2_040, 5_000, 4_000], 3, 1],
    ["one picture a second", [0, 1_000, 2_000, 3_000], 0, 0],
    ["steps that grow", [0, 40, 200, 440, 760, 1_160, 1_640], 3, 0],
    ["a jump right behind the first key frame", [0, 5_000, 5_040, 5_080], 1, 0],
  ])("finds the gaps of %s", (_, times, gapCount, backwardCount) => {
    const stage = new Stage();
    for (const [i, time] of times.entries()) {
      stage.video(i + 1, time, i === 0 ? KEY_FRAME : INTER_FRAME);
      stage.audio(i + 1, i * 23); // Sound is another matter.
    }
    expect([stage.totals.gapCount, stage.totals.backwardCount]).toEqual([gapCount, backwardCount]);
    expect(stage.totals.gapPlayerCount).toBe(gapCount > 0 ? 1 : 0);
    expect(stage.totals.gapCountMax).toBe(gapCount);
  });

  test("takes another rate for the usual one after a while", () => {
    const stage = new Stage();
    stage.video(0, 0, KEY_FRAME);
    for (let i = 1; i <= 40; i++) stage.video(i, i * 40);
    for (let i = 1; i <= 100; i++) stage.video(40 + i, 1_600 + i * 1_000);
    expect(stage.totals.gapCount).toBeGreaterThanOrEqual(16);
    expect(stage.totals.gapCount).toBeLessThanOrEqual(32);
  });

  test.each([
    ["none", [4, 5, 6, 7], 0],
    ["five of six", [0, 6, 12, 18], 15],
    ["one right behind the first key frame", [0, 2, 3], 1],
    ["none of what a server repeats", [5, 6, 5, 6, 7, 8], 0],
    ["what is missing behind what was repeated", [5, 6, 5, 8], 2],
  ])("counts lost frames by their numbers: %s", (_, numbers, lostCount) => {
    const stage = new Stage();
    stage.video(0, 0, marked(0, { number: 1_000 })); // Before the first key frame.
    for (const [i, number] of numbers.entries()) {
      stage.video(i, i * 40, marked(i, { number }, i === 0 ? KEY_FRAME : INTER_FRAME));
    }
    expect(stage.totals.lostFrameCount).toBe(lostCount);
  });

  test("begins to count anew with another publisher, and takes a frame without mark for one", () => {
    const stage = new Stage();
    stage.video(0, 0, marked(0, { number: 100 }, KEY_FRAME));
    stage.video(1, 40, marked(1, { sessionId: 8, number: 500 }));
    expect(stage.totals.lostFrameCount).toBe(0);
    stage.video(2, 80, marked(2, { sessionId: 8, number: 502 }));
    expect(stage.totals.lostFrameCount).toBe(1);
    stage.video(3, 120);
    stage.video(4, 160, marked(2, { sessionId: 8, number: 504 }));
    expect(stage.totals.lostFrameCount).toBe(1);
  });

  test("measures the latency of pictures that were sent since it came", () => {
    const stage = new Stage(500);
    stage.video(600, 0, marked(400, {}, KEY_FRAME));
    expect(stage.totals.latency.count).toBe(0);
    stage.video(600, 40, marked(590));
    stage.video(600.25, 80, marked(600));
    expect([stage.totals.latency.count, stage.totals.latency.max]).toEqual([2, 10_000]);
    expect(stage.totals.latency.percentile(50)).toBe(250);
  });

  test("measures latency to the last byte of a picture, when it counts as a frame", () => {
    const stage = new Stage();
    const payload = marked(100);
    const message = { typeId: 9, timestamp: 0, size: 10_000 };
    stage.meter.received(payload.length, 110);
    stage.meter.head(message, payload, 0, payload.length);
    expect([stage.totals.latency.count, stage.totals.frameCount]).toEqual([0, 0]);
    stage.meter.received(10_000, 150);
    stage.meter.end(message);
    expect([stage.totals.latency.count, stage.totals.latency.max]).toEqual([1, 50_000]);
    expect(stage.totals.frameCount).toBe(1);
  });

  test("counts pictures from the future, and tells no latency if that is more than a millisecond", () => {
    const stage = new Stage();
    stage.video(100, 0, marked(90));
    stage.video(100, 40, marked(101));
    const report = playersReport(stage.totals, 1);
    expect([report.latencyMs.count, report.latencyMs.max]).toEqual([1, 10]);
    expect(report.negativeLatencies).toBe(1);
    expect(clockProblem(stage.totals)).toBeUndefined();
    stage.video(100, 80, marked(102.5));
    expect(playersReport(stage.totals, 1)).toMatchObject({
      latencyMs: { count: 0, max: 0 },
      negativeLatencies: 2,
    });
    expect(clockProblem(stage.totals)).toBe(
      "clocks differ: 2 pictures came up to 2.5 ms before they were sent; no latency",
    );
  });

  test("counts who is connected and has no key frame by the end", () => {
    const stage = new Stage();
    stage.meter.connected(10);
    stage.video(20, 0);
    stage.meter.finish(1_000);
    expect(playersReport(stage.totals, 1).unserved).toBe(1);
    const served = new Stage();
    served.meter.connected(10);
    served.video(20, 0, KEY_FRAME);
    served.meter.finish(1_000);
    expect(playersReport(served.totals, 1).unserved).toBe(0);
  });

  test("tells failures from losses, and neither once the run is over", () => {
    const failed = new Stage();
    failed.meter.over(new Error("refused"), 10);
    failed.meter.over(new Error("again"), 20);
    expect(failed.totals.failures.report()).toEqual([{ reason: "refused", count: 1 }]);
    const lost = new Stage();
    lost.meter.connected(5);
    expect([lost.totals.connectedCount, lost.meter.isConnected]).toEqual([1, true]);
    lost.meter.over(new Error("reset"), 10);
    expect(lost.totals.losses.report()).toEqual([{ reason: "reset", count: 1 }]);
    expect([lost.totals.connectedCount, lost.totals.connectedCountMax]).toEqual([0, 1]);
    const served = new Stage();
    served.meter.connected(5);
    served.meter.finish(10);
    served.meter.over(new Error("our own doing"), 11);
    expect([served.totals.losses.count, served.totals.connectedCount]).toEqual([0, 1]);
  });
});

describe("mediaKindOf()", () => {
  test.each([
    ["AVC sequence header", 9, "17 00", MediaKind.SequenceHeader],
    ["AVC key frame", 9, "17 01", MediaKind.KeyFrame],
    ["AVC inter frame", 9, "27 01", MediaKind.Frame],
    ["AVC end of sequence", 9, "17 02", MediaKind.Other],
    ["HEVC key frame, legacy", 9, "1c 01", MediaKind.KeyFrame],
    ["H.263 key frame", 9, "12 00", MediaKind.KeyFrame],
    ["command", 9, "57 00", MediaKind.Other],
    ["enhanced sequence start", 9, "90 68", MediaKind.SequenceHeader],
    ["enhanced key frame", 9, "91 68", MediaKind.KeyFrame],
    ["enhanced inter frame without offset", 9, "a3 68", MediaKind.Frame],
    ["enhanced metadata", 9, "d4 68", MediaKind.Other],
    ["AAC sequence header", 8, "af 00", MediaKind.SequenceHeader],
    ["AAC frame", 8, "af 01", MediaKind.Frame],
    ["MP3", 8, "2f ff", MediaKind.Frame],
    ["enhanced audio sequence start", 8, "90 4f", MediaKind.SequenceHeader],
    ["enhanced audio frame", 8, "91 4f", MediaKind.Frame],
    ["script data", 18, "02 00", MediaKind.Other],
  ])("knows %s", (_, typeId, hex, kind) => {
    const [first = 0, second = 0] = fromHex(hex);
    expect(mediaKindOf(typeId, first, second)).toBe(kind);
  });
});
