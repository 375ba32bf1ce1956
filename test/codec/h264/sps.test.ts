/**
 * Goal: size, shape, rate and format are what the SPS says, and no SPS can do harm.
 *
 * Method: what x264 wrote against what ffprobe says of it; sets written field by field after 7.3.2.1.1
 * and E.1.1 for what x264 does not write; hostile values; each cut at every byte; noise.
 */

import { describe, expect, test } from "vitest";
import { MalformedError } from "../../../src/base/errors.ts";
import { decodeAvcDecoderConfigurationRecord } from "../../../src/codec/h264/decoder-configuration-record.ts";
import { type H264Sps, parseH264Sps } from "../../../src/codec/h264/sps.ts";
import { BitWriter, toNalUnit } from "../../support/bit-writer.ts";
import { fromHex, joinBytes } from "../../support/hex.ts";
import { unlessMalformed } from "../../support/malformed.ts";
import { noise } from "../../support/noise.ts";
import { VIDEO_SAMPLES, type VideoSample, videoSample } from "../../support/video-samples.ts";

const SAMPLES = VIDEO_SAMPLES.filter(({ codec }) => codec === "h264");

/** What ffprobe calls the formats of the samples. Full-range grey is the one that it shows as colour. */
const FORMATS: Readonly<Record<string, Pick<H264Sps, "chromaFormat" | "bitDepthLuma">>> = {
  yuv420p: { chromaFormat: 1, bitDepthLuma: 8 },
  yuvj420p: { chromaFormat: 0, bitDepthLuma: 8 },
  yuv422p10le: { chromaFormat: 2, bitDepthLuma: 10 },
  yuv444p: { chromaFormat: 3, bitDepthLuma: 8 },
};

function spsOf({ record }: VideoSample): Uint8Array {
  const [sps] = decodeAvcDecoderConfigurationRecord(fromHex(record)).sps;
  return sps ?? new Uint8Array(0);
}

/** Header, Main profile, level 3.1, id 0, frame_num of 4 bits. */
function main(): BitWriter {
  return new BitWriter().u(8, 0x67).u(8, 77).u(8, 0).u(8, 31).ue(0).ue(0);
}

/** POC type 2, 1 reference frame, no gaps. */
function order(writer: BitWriter): BitWriter {
  return writer.ue(2).ue(1).flags(0);
}

/** 320x180 in frames of 20x12 macroblocks; ends before vui_parameters_present_flag. */
function size(writer: BitWriter): BitWriter {
  return writer.ue(19, 11).flags(1, 1).flags(1).ue(0, 0, 0, 6);
}

function parse(writer: BitWriter): H264Sps {
  return parseH264Sps(toNalUnit(writer.trailing()));
}

describe("of x264", () => {
  test.each(SAMPLES)("$name", (sample) => {
    const { probed } = sample;
    const sps = parseH264Sps(spsOf(sample));
    const [frames = 0, seconds = 1] = probed.frameRate.split("/").map(Number);
    expect(sps).toMatchObject({ width: probed.width, height: probed.height });
    expect(sps.levelIdc).toBe(probed.level);
    expect(sps.frameRate).toBeCloseTo(frames / seconds, 6);
    const { width, height } = sps.sampleAspectRatio ?? { width: 0, height: 0 };
    expect(`${width}:${height}`).toBe(probed.sampleAspectRatio);
    expect(sps).toMatchObject(FORMATS[probed.pixelFormat] ?? {});
    expect(sps.bitDepthChroma).toBe(sps.bitDepthLuma);
  });

  test("interlaced and not, with and without reordering", () => {
    const sps = (name: string) => parseH264Sps(spsOf(videoSample(name)));
    expect(sps("h264-interlaced")).toMatchObject({ isInterlaced: true, reorderFrameCount: 2 });
    expect(sps("h264-1080p")).toMatchObject({ isInterlaced: false, reorderFrameCount: 2 });
    expect(sps("h264-baseline")).toMatchObject({
      profileIdc: 66,
      constraintFlags: 0b1100_0000,
      reorderFrameCount: 0,
    });
  });
});

describe("written by hand", () => {
  test("without a VUI nothing is said of rate and shape", () => {
    expect(parse(size(order(main())).flags(0))).toEqual({
      profileIdc: 77,
      constraintFlags: 0,
      levelIdc: 31,
      chromaFormat: 1,
      bitDepthLuma: 8,
      bitDepthChroma: 8,
      width: 320,
      height: 180,
      isInterlaced: false,
      sampleAspectRatio: undefined,
      frameRate: undefined,
      reorderFrameCount: undefined,
    });
  });

  test("picture order count type 1, with the longest cycle", () => {
    const offsets = Array.from({ length: 255 }, (_, i) => (i % 2 === 0 ? i : -i));
    const writer = main()
      .ue(1)
      .flags(0)
      .se(-5, 3)
      .ue(255)
      .se(...offsets)
      .ue(16)
      .flags(0);
    expect(parse(size(writer).flags(0))).toMatchObject({ width: 320, height: 180 });
  });

  test("cropping counts fields by two rows of chroma, and separate planes by one sample", () => {
    const fields = order(main()).ue(119, 33).flags(0, 1, 1).flags(1).ue(1, 2, 0, 2).flags(0);
    expect(parse(fields)).toMatchObject({ width: 1920 - 6, height: 1088 - 8, isInterlaced: true });
    const separate = new BitWriter().u(8, 0x67).u(8, 244).u(8, 0).u(8, 31).ue(0);
    separate.ue(3).flags(1).ue(0, 0).flags(0).flags(0).ue(0);
    const cropped = order(separate).ue(19, 11).flags(1, 1).flags(1).ue(0, 1, 0, 11).flags(0);
    expect(parse(cropped)).toMatchObject({ width: 319, height: 181, chromaFormat: 3 });
  });

  test("scaling lists that end early, are whole, and are not there", () => {
    const writer = new BitWriter().u(8, 0x67).u(8, 100).u(8, 0).u(8, 31).ue(0);
    writer.ue(1).ue(2, 4).flags(0).flags(1);
    writer.flags(0); // Like the default.
    writer.flags(1).se(-8); // The default: the first scale is 0.
    writer.flags(1).se(1, 2, -11); // 9, 11, then 0.
    writer.flags(1).se(...Array<number>(16).fill(1));
    writer.flags(0, 0);
    writer.flags(1).se(...Array<number>(64).fill(-1).fill(127, 0, 1)); // 135, 134 and so on.
    writer.flags(1).se(120, 120, -248); // 128, 248, then 0 by way of 256.
    expect(parse(size(order(writer.ue(0))).flags(0))).toMatchObject({
      ...{ width: 320, height: 180, bitDepthLuma: 10, bitDepthChroma: 12 },
    });
  });

  test("a VUI with everything: extended ratio, colour, both HRDs, reordering", () => {
    const writer = size(order(main())).flags(1);
    writer.flags(1).u(8, 255).u(16, 64).u(16, 45); // Sample aspect ratio.
    writer.flags(1, 0); // Overscan.
    writer.flags(1).u(3, 5).flags(1).flags(1).u(8, 9).u(8, 16).u(8, 9);
    writer.flags(1).ue(2, 3); // Chroma location.
    writer.flags(1).u(32, 1001).u(32, 120_000).flags(1);
    for (let i = 0; i < 2; i++) {
      writer.flags(1).ue(1).u(4, 4).u(4, 3).ue(11_948, 95_585).flags(0).ue(1, 2).flags(1);
      writer.u(5, 23).u(5, 15).u(5, 5).u(5, 24);
    }
    writer.flags(0).flags(1);
    writer.flags(1).flags(1).ue(2, 1, 16, 16, 3, 4);
    expect(parse(writer)).toMatchObject({
      sampleAspectRatio: { width: 64, height: 45 },
      frameRate: 120_000 / 1001 / 2,
      reorderFrameCount: 3,
    });
  });

  test.each([
    ["no ticks", 0, 50, undefined],
    ["no time scale", 1, 0, undefined],
    ["a clock instead of a rate", 1, 180_000, undefined],
    ["fields a second", 1, 50, 25],
    ["the largest values", 2 ** 32 - 1, 2 ** 32 - 1, 0.5],
  ])("frame rate from %s", (_, ticks, scale, expected) => {
    const vui = size(order(main())).flags(1).flags(0, 0, 0, 0).flags(1).u(32, ticks).u(32, scale);
    expect(parse(vui.flags(0, 0, 0, 0, 0)).frameRate).toBe(expected);
  });

  test.each([
    ["unspecified", 0, undefined],
    ["square", 1, { width: 1, height: 1 }],
    ["16:11", 4, { width: 16, height: 11 }],
    ["2:1, the last", 16, { width: 2, height: 1 }],
    ["reserved", 17, undefined],
  ])("aspect_ratio_idc: %s", (_, index, expected) => {
    const vui = size(order(main())).flags(1).flags(1).u(8, index).flags(0, 0, 0, 0, 0, 0, 0, 0);
    expect(parse(vui).sampleAspectRatio).toEqual(expected);
  });
});

describe("hostile", () => {
  test.each<[string, BitWriter]>([
    ["another type", new BitWriter().u(8, 0x68).u(24, 0x4d_00_1f).ue(0, 0, 2, 1).flags(0)],
    ["an id of 32", new BitWriter().u(8, 0x67).u(24, 0x4d_00_1f).ue(32)],
    ["a chroma format of 4", new BitWriter().u(8, 0x67).u(24, 0x64_00_1f).ue(0, 4)],
    ["a bit depth of 15", new BitWriter().u(8, 0x67).u(24, 0x64_00_1f).ue(0, 1, 7)],
    ["a frame_num of 17 bits", new BitWriter().u(8, 0x67).u(24, 0x4d_00_1f).ue(0, 13)],
    ["an order type of 3", main().ue(3)],
    ["a cycle of 256", main().ue(1).flags(0).se(0, 0).ue(256)],
    ["33 reference frames", main().ue(2).ue(33)],
    [
      "a width of 2^36",
      order(main())
        .ue(2 ** 32 - 2, 0)
        .flags(1, 1, 0, 0),
    ],
    [
      "a height of 2^36",
      order(main())
        .ue(0, 2 ** 32 - 2)
        .flags(1, 1, 0, 0),
    ],
    ["fields of 65,520 rows", order(main()).ue(0, 4094).flags(0, 1, 1, 0, 0)],
    ["no picture left", order(main()).ue(19, 11).flags(1, 1).flags(1).ue(80, 80, 0, 0).flags(0)],
    [
      "a crop of 2^33",
      order(main())
        .ue(19, 11)
        .flags(1, 1, 1)
        .ue(2 ** 32 - 2, 0, 0, 0)
        .flags(0),
    ],
    ["a code without end", main().raw("0".repeat(400))],
  ])("%s", (_, writer) => {
    expect(() => parse(writer)).toThrow(MalformedError);
  });

  test("a VUI that is cut off, or makes no sense, is left out", () => {
    const cut = size(order(main())).flags(1).flags(1).u(8, 255).u(16, 64);
    const { width, sampleAspectRatio } = parse(cut);
    expect([width, sampleAspectRatio]).toEqual([320, undefined]);
    const senseless = size(order(main())).flags(1).flags(0, 0, 0, 0, 0).flags(1).ue(32);
    expect(parse(senseless)).toMatchObject({ width: 320, frameRate: undefined });
  });

  test("cut at every byte, it is the whole, lacks its VUI, or throws", () => {
    for (const sample of SAMPLES) {
      const nalUnit = spsOf(sample);
      const { width, height } = parseH264Sps(nalUnit);
      for (let length = 0; length < nalUnit.length; length++) {
        const sps = unlessMalformed(() => parseH264Sps(nalUnit.subarray(0, length)));
        if (length < 8) expect(sps).toBeUndefined();
        if (sps !== undefined) expect(sps).toMatchObject({ width, height });
      }
    }
  });

  test("noise", () => {
    let parsed = 0;
    for (const bytes of noise(20_000, 60)) {
      const sps = unlessMalformed(() => parseH264Sps(joinBytes(Uint8Array.of(0x67, 100), bytes)));
      if (sps === undefined) continue;
      parsed++;
      expect(sps.width).toBeGreaterThan(0);
      expect(sps.height).toBeLessThanOrEqual(65_535);
    }
    expect(parsed).toBeGreaterThan(100);
  });
});
