/**
 * Goal: a frame of VP8 says whether it is a key frame, and how large.
 *
 * Method: headers written byte by byte after RFC 6386, 9.1; the frames of a file by libvpx; headers that
 * are cut off, are of something else, or are noise.
 */

import { describe, expect, test } from "vitest";
import { decodeVp8FrameHeader } from "../../../src/codec/vp8/frame-header.ts";
import { fromHex } from "../../support/hex.ts";
import { unlessMalformed } from "../../support/malformed.ts";
import { noise } from "../../support/noise.ts";
import { readFixture, readIvf } from "../../support/rtp-capture.ts";

describe("the header of a frame", () => {
  test.each([
    // size 19 | show_frame | version 3 | not key: 0000 0 1 000 0
    [
      "10 0200 9d012a 8002 6801",
      { version: 0, isShown: true, keyFrame: { width: 640, height: 360 } },
    ],
    // The scale is no part of the size: 01 and 10 in the upper two bits.
    [
      "06 0200 9d012a 8042 6881",
      { version: 3, isShown: false, keyFrame: { width: 640, height: 360 } },
    ],
    ["13 0200", { version: 1, isShown: true, keyFrame: undefined }],
  ])("of %s", (hex, expected) => {
    expect(decodeVp8FrameHeader(fromHex(hex))).toEqual(expected);
  });

  test("is in each frame by libvpx", () => {
    const headers = readIvf(readFixture("vp8.ivf")).map(decodeVp8FrameHeader);
    expect(headers.map(({ keyFrame }) => keyFrame)).toEqual(
      [0, 1, 2, 3, 4, 5, 6].map((i) => (i % 4 === 0 ? { width: 96, height: 64 } : undefined)),
    );
  });

  test("is not in what is cut off, or is something else", () => {
    const whole = fromHex("10 0200 9d012a 8002 6801");
    for (let size = 0; size < whole.length; size++) {
      expect(unlessMalformed(() => decodeVp8FrameHeader(whole.subarray(0, size)))).toBeUndefined();
    }
    for (const hex of [
      "10 0200 9d012b 8002 6801", // Another start code.
      "10 0200 9d012a 0040 6801", // No width.
      "18 0200 9d012a 8002 6801", // Version 4.
    ]) {
      expect(unlessMalformed(() => decodeVp8FrameHeader(fromHex(hex)))).toBeUndefined();
    }
    for (const bytes of noise(500, 20)) unlessMalformed(() => decodeVp8FrameHeader(bytes));
  });
});
