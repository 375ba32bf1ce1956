/**
 * Goal: format and size are what a VP9 key frame says, and no frame can do harm.
 *
 * Method: what libvpx wrote against what ffprobe says of it; headers written field by field after section
 * 6.2 for what libvpx does not write; each cut at every byte; noise.
 */

import { describe, expect, test } from "vitest";
import { MalformedError } from "../../../src/base/errors.ts";
import { decodeVp9FrameHeader, Vp9ColorSpace } from "../../../src/codec/vp9/frame-header.ts";
import { BitWriter } from "../../support/bit-writer.ts";
import { fromHex, joinBytes } from "../../support/hex.ts";
import { unlessMalformed } from "../../support/malformed.ts";
import { noise } from "../../support/noise.ts";
import { VIDEO_SAMPLES } from "../../support/video-samples.ts";

const SAMPLES = VIDEO_SAMPLES.filter(({ codec }) => codec === "vp9");

/** Bit depth, subsampling x and y, color_space. */
const FORMATS: Readonly<Record<string, readonly unknown[]>> = {
  yuv420p: [8, true, true, Vp9ColorSpace.Unknown],
  yuv420p10le: [10, true, true, Vp9ColorSpace.Bt2020],
  yuv444p: [8, false, false, Vp9ColorSpace.Unknown],
  gbrp: [8, false, false, Vp9ColorSpace.Rgb],
};

test.each(SAMPLES)("$name of libvpx", ({ keyFrame = "", probed }) => {
  const header = decodeVp9FrameHeader(fromHex(keyFrame));
  expect(`Profile ${header.profile}`).toBe(probed.profile);
  expect(header.keyFrame).toMatchObject({ width: probed.width, height: probed.height });
  const { bitDepth, isSubsampledX, isSubsampledY, colorSpace } = header.keyFrame ?? {};
  const found = [bitDepth, isSubsampledX, isSubsampledY, colorSpace];
  expect(found).toEqual(FORMATS[probed.pixelFormat]);
});

/** Marker and profile, whose lower bit comes first. */
function start(profile: number): BitWriter {
  return new BitWriter()
    .u(2, 2)
    .u(1, profile & 1)
    .u(1, profile >> 1)
    .raw(profile === 3 ? "0" : "");
}

function keyFrame(profile: number): BitWriter {
  return start(profile).flags(0).flags(0, 1, 0).u(24, 0x49_83_42);
}

describe("written by hand", () => {
  test("profile 3: 12 bits, 4:4:0, the largest size", () => {
    const writer = keyFrame(3).flags(1).u(3, Vp9ColorSpace.Bt709).flags(1).flags(0, 1, 0);
    expect(decodeVp9FrameHeader(writer.u(16, 0xffff).u(16, 0).bytes())).toEqual({
      profile: 3,
      keyFrame: {
        bitDepth: 12,
        colorSpace: Vp9ColorSpace.Bt709,
        isFullRange: true,
        isSubsampledX: false,
        isSubsampledY: true,
        width: 65_536,
        height: 1,
      },
    });
  });

  test.each([
    ["an inter frame", start(0).flags(0).flags(1, 1, 0)],
    ["a frame shown once more", start(2).flags(1).u(3, 5)],
  ])("%s is no key frame", (_, writer) => {
    expect(decodeVp9FrameHeader(writer.bytes()).keyFrame).toBeUndefined();
  });

  test.each([
    ["nothing", new BitWriter()],
    ["another marker", new BitWriter().u(2, 1).u(32, 0)],
    ["a reserved profile", new BitWriter().u(2, 2).flags(1, 1, 1).u(32, 0)],
    ["another sync code", start(0).flags(0).flags(0, 1, 0).u(24, 0x49_83_43).u(32, 0).u(32, 0)],
    ["RGB in 4:2:0", keyFrame(0).u(3, Vp9ColorSpace.Rgb).u(32, 0).u(32, 0)],
    ["a reserved bit", keyFrame(1).u(3, 1).flags(0).flags(0, 0, 1).u(32, 0)],
  ])("refuses %s", (_, writer) => {
    expect(() => decodeVp9FrameHeader(writer.bytes())).toThrow(MalformedError);
  });
});

test("cut at every byte, it throws", () => {
  const whole = fromHex(SAMPLES[0]?.keyFrame ?? "").subarray(0, 9);
  for (let length = 0; length < whole.length - 1; length++) {
    const cut = whole.subarray(0, length);
    expect(() => decodeVp9FrameHeader(cut), `cut at ${length}`).toThrow(MalformedError);
  }
  expect(decodeVp9FrameHeader(whole).keyFrame?.height).toBe(SAMPLES[0]?.probed.height);
});

test("noise", () => {
  for (const bytes of noise(10_000, 16)) {
    unlessMalformed(() => decodeVp9FrameHeader(bytes));
    const header = joinBytes(fromHex("82498342"), bytes);
    unlessMalformed(() => decodeVp9FrameHeader(header));
  }
});
