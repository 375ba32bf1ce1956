/**
 * Goal: packets become pictures, and pictures frames, whatever the network and the sender do: what fills
 * the line is no picture, a lost marker costs nothing, times that go back do no harm.
 *
 * Method: VP8 frames of a few bytes, one or two packets each, put together by hand.
 */

import { describe, expect, test } from "vitest";
import { createTrack } from "../../../src/live/track.ts";
import { StreamToRtp } from "../../../src/remux/rtp/from-stream.ts";
import type { RtpPayload } from "../../../src/remux/rtp/rtp-payload.ts";
import { createRtpInput } from "../../../src/remux/rtp/to-stream.ts";
import { fromHex } from "../../support/hex.ts";
import { StreamOutput, videoFrame } from "./stream-output.ts";

const KEY = fromHex("10 10 0200 9d012a 8002 6801");
const INTER = fromHex("10 11 0200");
const NOTHING = new Uint8Array(0);

function open() {
  const output = new StreamOutput();
  const input = createRtpInput("vp8", output);
  const times = (): number[] =>
    output.frames.map(({ dtsMs, compositionTimeOffsetMs }) => dtsMs + compositionTimeOffsetMs);
  return { output, input, times };
}

describe("packets", () => {
  test("without payload are no picture, and a gap before one counts for what follows", () => {
    const { input, times } = open();
    input.take(KEY, 0, true, false);
    input.take(NOTHING, 90, true, false);
    input.take(INTER, 180, true, false);
    expect(times()).toEqual([0, 2]);
    input.take(NOTHING, 270, false, true);
    expect(input.needsKeyFrame).toBe(true);
    input.take(INTER, 360, true, false);
    input.take(KEY, 450, true, false);
    expect(times()).toEqual([0, 2, 5]);
    expect([input.needsKeyFrame, input.droppedCount]).toEqual([false, 2]);
  });

  test("of a picture that lacks its marker end with the next picture, or with the stream", () => {
    const { input, times } = open();
    input.take(KEY, 0, false, false);
    expect(times()).toEqual([]);
    input.take(INTER, 90, false, false);
    expect(times()).toEqual([0]);
    input.flush();
    expect(times()).toEqual([0, 1]);
    input.flush();
    expect(times()).toEqual([0, 1]);
  });

  test("of a picture whose end is lost go with it, a marked one before a gap does not", () => {
    const { input, times } = open();
    const slice = fromHex("00 80 80");
    input.take(KEY, 0, true, false);
    input.take(INTER, 90, false, false);
    input.take(KEY, 180, true, true);
    expect(times()).toEqual([0, 2]);
    // This sender marks all packets, so that a picture ends where the next begins, or at a gap.
    for (const timestamp of [270, 360]) {
      input.take(INTER, timestamp, true, false);
      input.take(slice, timestamp, true, false);
    }
    expect(times()).toEqual([0, 2, 3]);
    input.take(INTER, 450, true, true);
    expect(times()).toEqual([0, 2, 3]);
  });

  test("before the first key frame are withheld", () => {
    const { input, output, times } = open();
    input.take(INTER, 0, true, false);
    expect([input.needsKeyFrame, input.droppedCount]).toEqual([true, 0]);
    input.take(KEY, 90, true, false);
    expect(times()).toEqual([1]);
    expect(output.frames.map(({ isKeyFrame }) => isKeyFrame)).toEqual([true]);
  });
});

describe("times", () => {
  test("that go back a little are those of pictures shown before others", () => {
    const { input, output } = open();
    input.take(KEY, 9_000, true, false);
    input.take(INTER, 18_000, true, false);
    input.take(INTER, 13_500, true, false);
    input.take(INTER, 22_500, true, false);
    const shown = output.frames.map((frame) => [frame.dtsMs, frame.compositionTimeOffsetMs]);
    expect(shown).toEqual([
      [100, 0],
      [200, 0],
      [200, -50],
      [250, 0],
    ]);
  });

  test("that go back far are those of a clock that was set", () => {
    const { input, output } = open();
    for (const timestamp of [9_000_000, 0, 3_600]) input.take(KEY, timestamp, true, false);
    expect(output.frames.map(({ dtsMs }) => dtsMs)).toEqual([100_000, 0, 40]);
    expect(output.frames.every((frame) => frame.compositionTimeOffsetMs === 0)).toBe(true);
  });

  test("of a new track go on after those of the one before", () => {
    const payloads: RtpPayload[] = [];
    const rtp = new StreamToRtp((payload) => payloads.push(payload));
    const [before, after] = [0, 1].map(() => createTrack("video", "vp8", undefined));
    if (before === undefined || after === undefined) throw new Error("There are two");
    expect([rtp.track(before), rtp.track(after)]).toEqual([true, true]);
    rtp.frame(videoFrame(before, 100, KEY.subarray(1)));
    rtp.frame(videoFrame(after, 100, KEY.subarray(1)));
    expect(payloads.map(({ timestamp }) => timestamp)).toEqual([9_000, 9_001]);
  });
});
