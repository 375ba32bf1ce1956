/**
 * Goal: size, shape, rate and format are what the SPS says, and no SPS can do harm.
 *
 * Method: what x265 wrote against what ffprobe says of it; sets written field by field after 7.3.2.2
 * and E.2.1 for what x265 does not write (the long ones were held against FFmpeg's trace_headers);
 * hostile values; each cut at every byte; noise.
 */

import { describe, expect, test } from "vitest";
import { MalformedError } from "../../../src/base/errors.ts";
import { formatHevcCodecString } from "../../../src/codec/hevc/codec-string.ts";
import { decodeHevcDecoderConfigurationRecord } from "../../../src/codec/hevc/decoder-configuration-record.ts";
import { type HevcSps, parseHevcSps } from "../../../src/codec/hevc/sps.ts";
import { BitWriter, toNalUnit } from "../../support/bit-writer.ts";
import { fromHex, joinBytes } from "../../support/hex.ts";
import { unlessMalformed } from "../../support/malformed.ts";
import { noise } from "../../support/noise.ts";
import { VIDEO_SAMPLES, type VideoSample, videoSample } from "../../support/video-samples.ts";

const SAMPLES = VIDEO_SAMPLES.filter(({ codec }) => codec === "hevc");

const FORMATS: Readonly<Record<string, Pick<HevcSps, "chromaFormat" | "bitDepthLuma">>> = {
  yuv420p: { chromaFormat: 1, bitDepthLuma: 8 },
  yuv420p10le: { chromaFormat: 1, bitDepthLuma: 10 },
  yuv422p10le: { chromaFormat: 2, bitDepthLuma: 10 },
  yuv444p12le: { chromaFormat: 3, bitDepthLuma: 12 },
};

function spsOf({ record }: VideoSample): Uint8Array {
  const [sps] = decodeHevcDecoderConfigurationRecord(fromHex(record)).sps;
  return sps ?? new Uint8Array(0);
}

/** NAL unit header, and up to profile_tier_level: Main profile, level 3.1. */
function head(subLayersMinus1 = 0): BitWriter {
  const writer = new BitWriter().u(16, 0x42_01).u(4, 0).u(3, subLayersMinus1).flags(1);
  return writer.u(8, 1).u(32, 0x6000_0000).u(32, 0x9000_0000).u(16, 0).u(8, 93);
}

/** id 0, 4:2:0, 320x184 of which 320x180 are shown, 8 bits. */
function format(writer: BitWriter): BitWriter {
  return writer.ue(0, 1, 320, 184).flags(1).ue(0, 0, 0, 2).ue(0, 0);
}

/** POC of 8 bits, one ordering for all, block sizes, no scaling lists, AMP, SAO, no PCM. */
function tools(writer: BitWriter): BitWriter {
  return writer.ue(4).flags(0).ue(4, 2, 5).ue(0, 3, 0, 3, 0, 0).flags(0).flags(1, 1).flags(0);
}

/** No long-term pictures, temporal MVP, strong intra smoothing; before the flag of the VUI. */
function end(writer: BitWriter): BitWriter {
  return writer.flags(0).flags(1, 1);
}

function parse(writer: BitWriter): HevcSps {
  return parseHevcSps(toNalUnit(writer.trailing()));
}

/** A VUI that says nothing but its rate: 7 ticks of 1/350 s, by which one sees that it was found. */
function marker(writer: BitWriter): BitWriter {
  writer.flags(1).flags(0, 0, 0, 0).flags(0, 0, 0, 0);
  return writer.flags(1).u(32, 7).u(32, 350).flags(0, 0).flags(0).flags(0);
}

describe("of x265", () => {
  test.each(SAMPLES)("$name", (sample) => {
    const { probed } = sample;
    const sps = parseHevcSps(spsOf(sample));
    const [frames = 0, seconds = 1] = probed.frameRate.split("/").map(Number);
    expect(sps).toMatchObject({ width: probed.width, height: probed.height });
    expect(sps.profileTierLevel.levelIdc).toBe(probed.level);
    // ffprobe counts fields.
    expect(sps.frameRate).toBeCloseTo(frames / seconds / (sps.isFieldSequence ? 2 : 1), 6);
    const { width, height } = sps.sampleAspectRatio ?? { width: 0, height: 0 };
    expect(`${width}:${height}`).toBe(probed.sampleAspectRatio);
    expect(sps).toMatchObject(FORMATS[probed.pixelFormat] ?? {});
    expect(sps.bitDepthChroma).toBe(sps.bitDepthLuma);
    expect(sps.reorderFrameCount).toBe(2);
  });

  test("sub-layers, nesting, fields", () => {
    const sps = (name: string) => parseHevcSps(spsOf(videoSample(name)));
    expect(sps("hevc-two-layers")).toMatchObject({ subLayerCount: 2, isTemporalIdNested: false });
    expect(sps("hevc-1080p")).toMatchObject({ subLayerCount: 1, isTemporalIdNested: true });
    expect(sps("hevc-fields").isFieldSequence).toBe(true);
  });

  test.each([
    ["hevc-1080p", "hvc1.1.6.L120.90"],
    ["hevc-422-10", "hvc1.4.10.L93.9D.8"],
    ["hevc-high", "hvc1.2.4.H153.90"],
    ["hevc-fields", "hvc1.1.6.L93.40"],
  ])("%s is %s", (name, codecString) => {
    const { profileTierLevel } = parseHevcSps(spsOf(videoSample(name)));
    expect(formatHevcCodecString(profileTierLevel)).toBe(codecString);
  });
});

describe("written by hand", () => {
  test("without a VUI nothing is said of rate and shape", () => {
    expect(parse(end(tools(format(head())).ue(0)).flags(0))).toEqual({
      profileTierLevel: {
        profileSpace: 0,
        isHighTier: false,
        profileIdc: 1,
        profileCompatibilityFlags: 0x6000_0000,
        constraintFlags: fromHex("900000000000"),
        levelIdc: 93,
      },
      subLayerCount: 1,
      isTemporalIdNested: true,
      chromaFormat: 1,
      bitDepthLuma: 8,
      bitDepthChroma: 8,
      width: 320,
      height: 180,
      isFieldSequence: false,
      sampleAspectRatio: undefined,
      frameRate: undefined,
      reorderFrameCount: 2,
    });
  });

  test("seven sub-layers, of which some have a profile, a level, or both", () => {
    const writer = head(6);
    writer.flags(1, 1, 1, 0, 0, 1, 0, 0, 1, 1, 0, 0).u(4, 0b1111); // 6 of 8; the others are reserved.
    for (const bits of [96, 88, 8, 0, 96, 0]) writer.raw("1".repeat(bits));
    format(writer).ue(4).flags(1);
    for (let i = 0; i < 7; i++) writer.ue(6, i < 6 ? 1 : 3, 0);
    writer.ue(0, 3, 0, 3, 0, 0).flags(0).flags(1, 1).flags(0).ue(0);
    const sps = parse(marker(end(writer)));
    expect(sps).toMatchObject({ subLayerCount: 7, reorderFrameCount: 3, frameRate: 50 });
  });

  test("reference picture sets that follow from the one before", () => {
    const writer = tools(format(head())).ue(5);
    writer.ue(2, 1).ue(0).flags(1).ue(2).flags(0).ue(1).flags(1); // -1, -4; 2
    // Shifted by -2: of -1, -4, 2 and 0 it keeps -3, -6, and -2; 2 would become 0, which is no picture.
    writer.flags(1).flags(1).ue(1).flags(1, 1, 0, 1).flags(1);
    // Three pictures, so four entries. Shifted by 3: 1, 0, -3 and 3, without the first.
    writer.flags(1).flags(0).ue(2).flags(0, 0, 1, 0, 1).flags(1);
    // The entry for 0 is none; two pictures, so three entries, all left out.
    writer.flags(1).flags(0).ue(0).flags(0, 0, 0, 0, 0, 0);
    writer.flags(1).flags(1).ue(0).flags(1); // No pictures, so one entry.
    expect(parse(marker(end(writer))).frameRate).toBe(50);
  });

  test("64 sets of the most pictures", () => {
    const writer = tools(format(head())).ue(64);
    for (let i = 0; i < 64; i++) {
      if (i > 0) writer.flags(0);
      writer.ue(8, 8);
      for (let j = 0; j < 16; j++) writer.ue(32_767).flags(1);
    }
    expect(parse(marker(end(writer))).frameRate).toBe(50);
  });

  test("scaling lists: copied, and whole", () => {
    const writer = format(head()).ue(4).flags(0).ue(4, 2, 5).ue(0, 3, 0, 3, 0, 0).flags(1, 1);
    for (let matrix = 0; matrix < 6; matrix++) writer.flags(1).se(...Array<number>(16).fill(-3));
    for (let matrix = 0; matrix < 6; matrix++) writer.flags(0).ue(matrix);
    for (let matrix = 0; matrix < 6; matrix++) writer.flags(1).se(9, ...Array<number>(64).fill(1));
    writer
      .flags(0)
      .ue(0)
      .flags(1)
      .se(-7, ...Array<number>(64).fill(2));
    writer.flags(0, 1).flags(0).ue(0);
    expect(parse(marker(end(writer))).frameRate).toBe(50);
  });

  test("PCM, and long-term pictures, whose fields are as long as the order count", () => {
    const writer = format(head()).ue(12).flags(0).ue(4, 2, 5).ue(0, 3, 0, 3, 0, 0).flags(0);
    writer.flags(0, 1).flags(1).u(4, 7).u(4, 7).ue(0, 2).flags(1).ue(0);
    writer.flags(1).ue(32);
    for (let i = 0; i < 32; i++) writer.u(16, 0xabcd).flags(1);
    expect(parse(marker(writer.flags(1, 1))).frameRate).toBe(50);
  });

  test("a VUI with everything before the timing", () => {
    const writer = end(tools(format(head())).ue(0)).flags(1);
    writer.flags(1).u(8, 14).flags(1, 1).flags(1).u(3, 5).flags(1, 1).u(24, 0x09_10_09);
    writer.flags(1).ue(2, 2).flags(0, 1, 1).flags(1).ue(8, 8, 4, 4);
    writer.flags(1).u(32, 1001).u(32, 60_000).flags(0, 0).flags(0);
    expect(parse(writer)).toMatchObject({
      width: 320, // A default display window is not a crop.
      sampleAspectRatio: { width: 4, height: 3 },
      frameRate: 60_000 / 1001 / 2,
      isFieldSequence: true,
    });
  });

  test("cropping counts in chroma samples", () => {
    const crop = (chroma: number): number[] => {
      const writer = head().ue(0, chroma);
      if (chroma === 3) writer.flags(0);
      writer.ue(100, 100).flags(1).ue(1, 2, 3, 4).ue(0, 0);
      const { width, height } = parse(end(tools(writer).ue(0)).flags(0));
      return [width, height];
    };
    expect([0, 1, 2, 3].map(crop)).toEqual([
      [97, 93],
      [94, 86],
      [94, 93],
      [97, 93],
    ]);
  });
});

describe("hostile", () => {
  const sized = (width: number, height: number): BitWriter => head().ue(0, 1, width, height);

  test.each<[string, BitWriter]>([
    ["another type", new BitWriter().u(16, 0x44_01).u(32, 0)],
    ["a higher layer", new BitWriter().u(16, 0x42_09).u(32, 0)],
    ["eight sub-layers", new BitWriter().u(16, 0x42_01).u(4, 0).u(3, 7).raw("0".repeat(200))],
    ["an id of 16", head().ue(16)],
    ["a chroma format of 4", head().ue(0, 4)],
    ["no width", sized(0, 100)],
    ["no height", sized(100, 0)],
    ["a width of 2^32", sized(2 ** 32 - 2, 100)],
    ["a height of 2^32", sized(100, 2 ** 32 - 2)],
    ["no picture left", sized(100, 100).flags(1).ue(25, 25, 0, 0)],
    [
      "a crop of 2^33",
      sized(100, 100)
        .flags(1)
        .ue(0, 0, 2 ** 32 - 2, 2 ** 32 - 2),
    ],
    ["a bit depth of 17", sized(100, 100).flags(0).ue(9, 0)],
    ["17 pictures held", format(head()).ue(4).flags(0).ue(16)],
    ["a block of 2^10", format(head()).ue(4).flags(0).ue(4, 2, 5).ue(7)],
    ["65 sets", tools(format(head())).ue(65)],
    [
      "a set of 2^32",
      tools(format(head()))
        .ue(1)
        .ue(2 ** 32 - 2),
    ],
    ["a set of 17", tools(format(head())).ue(1).ue(9, 8)],
    [
      "a distance of 2^32",
      tools(format(head()))
        .ue(1)
        .ue(1, 0)
        .ue(2 ** 32 - 2),
    ],
    ["33 long-term pictures", tools(format(head())).ue(0).flags(1).ue(33)],
    ["a code without end", head().raw("0".repeat(400))],
  ])("%s", (_, writer) => {
    expect(() => parse(writer.raw("0".repeat(64)))).toThrow(MalformedError);
  });

  test("a set that grows with each one that follows from it", () => {
    const writer = tools(format(head())).ue(64).ue(8, 8);
    for (let i = 0; i < 16; i++) writer.ue(0).flags(1);
    writer.flags(1).flags(1).ue(99).raw("1".repeat(17));
    expect(() => parse(writer.raw("0".repeat(64)))).toThrow("so many");
  });

  test("a VUI that is cut off is left out", () => {
    const writer = end(tools(format(head())).ue(0))
      .flags(1)
      .flags(1)
      .u(8, 255)
      .u(16, 64);
    const { width, sampleAspectRatio } = parse(writer);
    expect([width, sampleAspectRatio]).toEqual([320, undefined]);
  });

  test("cut at every byte, it is the whole, lacks its VUI, or throws", () => {
    for (const sample of SAMPLES) {
      const nalUnit = spsOf(sample);
      const { width, height } = parseHevcSps(nalUnit);
      for (let length = 0; length < nalUnit.length; length++) {
        const sps = unlessMalformed(() => parseHevcSps(nalUnit.subarray(0, length)));
        if (length < 20) expect(sps).toBeUndefined();
        if (sps !== undefined) expect(sps).toMatchObject({ width, height });
      }
    }
  });

  test("noise", () => {
    const start = format(head()).raw("0").bytes();
    let parsed = 0;
    for (const bytes of noise(20_000, 80)) {
      unlessMalformed(() => parseHevcSps(joinBytes(Uint8Array.of(0x42, 0x01, 0x01), bytes)));
      const sps = unlessMalformed(() => parseHevcSps(joinBytes(start, bytes)));
      if (sps !== undefined) parsed++;
    }
    expect(parsed).toBeGreaterThan(20);
  });
});
