/**
 * Goal: size, format, colour and rate are what the sequence header OBU says, and none can do harm.
 *
 * Method: what libaom, SVT-AV1 and rav1e wrote against what ffprobe says of it; headers written field by
 * field after section 5.5 for what they do not write; each cut at every byte; noise.
 */

import { describe, expect, test } from "vitest";
import { MalformedError } from "../../../src/base/errors.ts";
import { formatAv1CodecString } from "../../../src/codec/av1/codec-string.ts";
import {
  type Av1SequenceHeader,
  findAv1SequenceHeader,
  parseAv1SequenceHeader,
} from "../../../src/codec/av1/sequence-header-obu.ts";
import { BitWriter } from "../../support/bit-writer.ts";
import { fromHex, joinBytes } from "../../support/hex.ts";
import { unlessMalformed } from "../../support/malformed.ts";
import { noise } from "../../support/noise.ts";
import { VIDEO_SAMPLES, type VideoSample, videoSample } from "../../support/video-samples.ts";

const SAMPLES = VIDEO_SAMPLES.filter(({ codec }) => codec === "av1");

const PROFILES = ["Main", "High", "Professional"];
/** Bit depth, monochrome, subsampling x and y. */
const FORMATS: Readonly<Record<string, readonly unknown[]>> = {
  yuv420p: [8, false, true, true],
  yuv420p10le: [10, false, true, true],
  yuv444p: [8, false, false, false],
  yuv422p12le: [12, false, true, false],
  gray: [8, true, true, true],
};

function obuOf({ keyFrame = "" }: VideoSample): Uint8Array {
  return findAv1SequenceHeader(fromHex(keyFrame)) ?? new Uint8Array(0);
}

function parse(writer: BitWriter): Av1SequenceHeader {
  return parseAv1SequenceHeader(joinBytes(Uint8Array.of(0x08), writer.trailing()));
}

/** 640x360, no frame ids, all tools off, 5 more flags: of superblocks, filters, superres, cdef, restoration. */
function sizeAndTools(writer: BitWriter): BitWriter {
  writer.u(4, 9).u(4, 8).u(10, 639).u(9, 359).flags(0).flags(0, 0, 0);
  return writer.flags(0, 0, 0, 0).flags(0).flags(1).flags(1).flags(0, 0, 0);
}

/** 8 bits, colour that is not described, limited range, position unknown. */
function plainColor(writer: BitWriter): BitWriter {
  return writer.flags(0, 0, 0, 0).u(2, 0).flags(0);
}

describe("of encoders", () => {
  test.each(SAMPLES)("$name", (sample) => {
    const { probed } = sample;
    const header = parseAv1SequenceHeader(obuOf(sample));
    const { profile, levelIndex, width, height, color } = header;
    expect([PROFILES[profile], levelIndex]).toEqual([probed.profile, probed.level]);
    expect([width, height]).toEqual([probed.width, probed.height]);
    const { bitDepth, isMonochrome, isSubsampledX, isSubsampledY } = color;
    const found = [bitDepth, isMonochrome, isSubsampledX, isSubsampledY];
    expect(found).toEqual(FORMATS[probed.pixelFormat]);
  });

  test.each([
    ["av1-aom", "av01.0.01M.08"],
    ["av1-rav1e", "av01.0.31M.08"], // It says of its colour that it says nothing.
    ["av1-svt", "av01.0.08M.10.0.110.09.16.09.0"], // PQ.
    ["av1-444", "av01.1.00M.08.0.000.01.01.01.0"],
    ["av1-mono", "av01.0.00M.08.1.110.01.01.01.1"],
    ["av1-422-12", "av01.2.00M.12.0.100.01.01.01.0"],
  ])("%s is %s", (name, codecString) => {
    const header = parseAv1SequenceHeader(obuOf(videoSample(name)));
    expect(formatAv1CodecString(header)).toBe(codecString);
  });
});

describe("written by hand", () => {
  test("a reduced header of a still picture", () => {
    const writer = new BitWriter().u(3, 0).flags(1, 1).u(5, 4);
    writer.u(4, 9).u(4, 8).u(10, 639).u(9, 359).flags(0, 0, 0).flags(0, 0, 0);
    expect(parse(plainColor(writer))).toEqual({
      profile: 0,
      levelIndex: 4,
      isHighTier: false,
      width: 640,
      height: 360,
      frameRate: undefined,
      color: {
        bitDepth: 8,
        isMonochrome: false,
        isSubsampledX: true,
        isSubsampledY: true,
        chromaSamplePosition: 0,
        description: undefined,
        isFullRange: false,
      },
    });
  });

  test("timing, decoder model, three operating points, the first in the high tier", () => {
    const writer = new BitWriter().u(3, 0).flags(0, 0);
    // 60,000 / 1001 / 2 frames a second; delays of 10 bits.
    writer.flags(1).u(32, 1001).u(32, 60_000).flags(1).raw("010");
    writer.flags(1).u(5, 9).u(32, 1001).u(10, 0x3ff);
    writer.flags(1).u(5, 2);
    writer.u(12, 0x103).u(5, 13).flags(1).flags(1).u(20, 0xf_ffff).flags(1).flags(1).u(4, 9);
    writer.u(12, 0x101).u(5, 8).flags(0).flags(0).flags(0);
    writer.u(12, 0x101).u(5, 5).flags(1).u(20, 0).flags(0).flags(1).u(4, 9);
    const header = parse(plainColor(sizeAndTools(writer)));
    expect(header).toMatchObject({ levelIndex: 13, isHighTier: true, width: 640, height: 360 });
    expect(header.frameRate).toBeCloseTo(29.97, 2);
    expect(formatAv1CodecString(header)).toBe("av01.0.13H.08");
  });

  test.each<[string, (writer: BitWriter) => BitWriter, number | undefined]>([
    ["none of unequal intervals", (w) => w.u(32, 1).u(32, 30).flags(0), undefined],
    ["none of no ticks", (w) => w.u(32, 0).u(32, 30).flags(1).ue(0), undefined],
    ["none of a clock", (w) => w.u(32, 1).u(32, 90_000).flags(1).ue(0), undefined],
    ["one of three ticks", (w) => w.u(32, 1).u(32, 90).flags(1).ue(2), 30],
    [
      "none of ticks without end",
      (w) =>
        w
          .u(32, 1)
          .u(32, 30)
          .flags(1)
          .raw(`${"0".repeat(40)}1`),
      undefined,
    ],
  ])("frame rate: %s", (_, timing, expected) => {
    const writer = timing(new BitWriter().u(3, 0).flags(0, 0).flags(1)).flags(0);
    writer.flags(0).u(5, 0).u(12, 0).u(5, 0);
    const { width, frameRate } = parse(plainColor(sizeAndTools(writer)));
    expect([width, frameRate]).toEqual([640, expected]);
  });

  test("all tools on", () => {
    const writer = new BitWriter().u(3, 0).flags(0, 0).flags(0).flags(0).u(5, 0).u(12, 0).u(5, 0);
    writer.u(4, 15).u(4, 15).u(16, 65_534).u(16, 99).flags(1).u(7, 0).flags(1, 1, 1);
    writer.flags(1, 1, 1, 1).flags(1).flags(1, 1).flags(0).flags(1).flags(0).flags(1).u(3, 6);
    writer.flags(1, 1, 1);
    expect(parse(plainColor(writer))).toMatchObject({ width: 65_535, height: 100 });
  });

  test("no screen content tools, and so no word of integer vectors", () => {
    const writer = new BitWriter().u(3, 0).flags(0, 0).flags(0).flags(0).u(5, 0).u(12, 0).u(5, 0);
    writer.u(4, 9).u(4, 8).u(10, 639).u(9, 359).flags(0).flags(0, 0, 0);
    writer.flags(0, 0, 0, 0).flags(0).flags(0, 0).flags(0, 0, 0);
    writer.flags(1, 0).flags(1).u(8, 9).u(8, 18).u(8, 9).flags(1).u(2, 2).flags(0);
    expect(parse(writer).color).toEqual({
      bitDepth: 10,
      isMonochrome: false,
      isSubsampledX: true,
      isSubsampledY: true,
      chromaSamplePosition: 2,
      description: { primaries: 9, transfer: 18, matrix: 9 },
      isFullRange: true,
    });
  });

  test("RGB, where it is allowed", () => {
    const rgb = (profile: number): BitWriter => {
      const writer = new BitWriter().u(3, profile).flags(0, 0).flags(0).flags(0).u(5, 0);
      sizeAndTools(writer.u(12, 0).u(5, 0));
      if (profile === 2) writer.flags(1, 1);
      else writer.flags(0);
      if (profile !== 1) writer.flags(0);
      return writer.flags(1).u(8, 1).u(8, 13).u(8, 0).flags(0);
    };
    expect(parse(rgb(1)).color).toMatchObject({ isSubsampledX: false, isFullRange: true });
    expect(parse(rgb(2)).color).toMatchObject({ bitDepth: 12, isSubsampledY: false });
    expect(() => parse(rgb(0))).toThrow(MalformedError);
  });
});

describe("hostile", () => {
  test("another OBU, and profiles that there are not", () => {
    expect(() => parseAv1SequenceHeader(fromHex("1200"))).toThrow("another type");
    expect(() => parse(new BitWriter().u(3, 3).raw("0".repeat(200)))).toThrow(MalformedError);
  });

  test("cut at every byte, it throws", () => {
    for (const sample of SAMPLES) {
      const obu = obuOf(sample);
      for (let length = 0; length < obu.length; length++) {
        expect(() => parseAv1SequenceHeader(obu.subarray(0, length))).toThrow(MalformedError);
        const payload = obu.subarray(2, Math.max(2, length - 2));
        const cut = joinBytes(Uint8Array.of(0x08), payload);
        expect(() => parseAv1SequenceHeader(cut)).toThrow(MalformedError);
      }
    }
  });

  test("noise", () => {
    let parsed = 0;
    for (const bytes of noise(20_000, 40)) {
      const obu = joinBytes(Uint8Array.of(0x08), bytes);
      const header = unlessMalformed(() => parseAv1SequenceHeader(obu));
      if (header === undefined) continue;
      parsed++;
      expect(header.width).toBeLessThanOrEqual(65_536);
      expect(formatAv1CodecString(header)).toMatch(/^av01\.\d\.\d\d[MH]\.(08|10|12)/);
    }
    expect(parsed).toBeGreaterThan(100);
  });
});
