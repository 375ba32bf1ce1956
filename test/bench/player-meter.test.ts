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
import { createTimeMark, TIME_MARK_TIME_OFFSET, writeMarkTime } from "../../src/bench/time-mark.ts";
import { WallTime } from "../../src/bench/wall-time.ts";
import { ManualClock } from "../../src/runtime/memory.ts";
import { fromHex, joinBytes } from "../support/hex.ts";

const KEY_FRAME = fromHex("17 01 000000 00000001 65");
const INTER_FRAME = fromHex("27 01 000000 00000001 41");
const SOUND = fromHex("af 01 21");
const WALL_MS = 1_000_000_000;

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
    expect([totals.stallCount, totals.stallMsMax]).toEqual([2, 3_499]);
    stage.video(5_600, 120);
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

  test.each([
    ["an even stream", [0, 40, 80, 120], 0, 0],
    ["a step of the interval and 200 ms", [0, 40, 280, 320], 0, 0],
    ["a step of a millisecond more", [0, 40, 281, 321], 1, 0],
    ["a step back", [100, 140, 60, 100], 1, 1],
    ["equal times", [40, 40, 40], 0, 0],
    ["the wrap of 32 bits", [0xffff_ffd8, 0, 40], 0, 0],
    ["several gaps", [0, 40, 2_000, 2_040, 5_000, 4_000], 3, 1],
    ["one picture a second", [0, 1_000, 2_000, 3_000], 0, 0],
  ])("finds the gaps of %s", (_, times, gapCount, backwardCount) => {
    const stage = new Stage();
    stage.video(0, 0, KEY_FRAME);
    for (const [i, time] of times.entries()) {
      stage.video(i + 1, time);
      stage.audio(i + 1, i * 23); // Sound is another matter.
    }
    expect([stage.totals.gapCount, stage.totals.backwardCount]).toEqual([gapCount, backwardCount]);
    expect(stage.totals.gapPlayerCount).toBe(gapCount > 0 ? 1 : 0);
    expect(stage.totals.gapCountMax).toBe(gapCount);
  });

  test("measures the latency of pictures that were sent since it came", () => {
    const stage = new Stage(500);
    const marked = (sentMs: number): Uint8Array => {
      const mark = createTimeMark();
      writeMarkTime(mark, TIME_MARK_TIME_OFFSET, (WALL_MS + sentMs) * 1_000);
      return joinBytes(KEY_FRAME.subarray(0, 5), fromHex("0000001c"), mark, KEY_FRAME.subarray(5));
    };
    stage.video(600, 0, marked(400));
    expect(stage.totals.latency.count).toBe(0);
    stage.video(600, 40, marked(590));
    stage.video(600.25, 80, marked(600));
    expect([stage.totals.latency.count, stage.totals.latency.max]).toEqual([2, 10_000]);
    expect(stage.totals.latency.percentile(50)).toBe(250);
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
