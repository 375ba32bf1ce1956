/**
 * Goal: the record of VP9 is read with and without what a box has in front, and says what key frames say.
 *
 * Method: vpcC of FFmpeg both ways; records made of key frames; hostile values; the codec strings of the
 * binding; the table of levels.
 */

import { describe, expect, test } from "vitest";
import { MalformedError } from "../../../src/base/errors.ts";
import {
  createVpCodecConfigurationRecord,
  decodeVpCodecConfigurationRecord,
  encodeVpCodecConfigurationRecord,
  VpChromaSubsampling,
} from "../../../src/codec/vp9/codec-configuration-record.ts";
import { formatVp9CodecString } from "../../../src/codec/vp9/codec-string.ts";
import { decodeVp9FrameHeader } from "../../../src/codec/vp9/frame-header.ts";
import { lowestVp9Level } from "../../../src/codec/vp9/level.ts";
import { fromHex } from "../../support/hex.ts";
import { unlessMalformed } from "../../support/malformed.ts";
import { noise } from "../../support/noise.ts";
import { VIDEO_SAMPLES } from "../../support/video-samples.ts";

const SAMPLES = VIDEO_SAMPLES.filter(({ codec }) => codec === "vp9");

const HDR = "02 29 a3 09 10 09 0000";

describe("both ways", () => {
  test("every field, with and without version and flags", () => {
    const record = {
      profile: 2,
      level: 41,
      bitDepth: 10,
      chromaSubsampling: VpChromaSubsampling.Yuv420Colocated,
      isFullRange: true,
      colourPrimaries: 9,
      transferCharacteristics: 16,
      matrixCoefficients: 9,
    };
    expect(decodeVpCodecConfigurationRecord(fromHex(HDR))).toEqual(record);
    expect(decodeVpCodecConfigurationRecord(fromHex(`01 000000 ${HDR}`))).toEqual(record);
    expect(encodeVpCodecConfigurationRecord(record)).toEqual(fromHex(HDR));
  });

  test("profile 1 is not taken for version 1", () => {
    const bytes = fromHex("01 00 86 02 02 02 0000");
    expect(decodeVpCodecConfigurationRecord(bytes)).toMatchObject({ profile: 1, level: 0 });
  });

  test.each(SAMPLES)("$name", ({ record }) => {
    const bytes = fromHex(record);
    const decoded = decodeVpCodecConfigurationRecord(bytes);
    expect(encodeVpCodecConfigurationRecord(decoded)).toEqual(bytes.subarray(4));
  });
});

test.each(SAMPLES)("$name, made of its key frame", ({ record, keyFrame: bytes = "" }) => {
  const { profile, keyFrame } = decodeVp9FrameHeader(fromHex(bytes));
  if (keyFrame === undefined) throw new Error("Cannot find a key frame");
  const decoded = decodeVpCodecConfigurationRecord(fromHex(record));
  const made = createVpCodecConfigurationRecord(profile, keyFrame, decoded.level);
  expect(made).toMatchObject({
    profile: decoded.profile,
    bitDepth: decoded.bitDepth,
    isFullRange: decoded.isFullRange,
  });
  // A frame does not say where chroma lies.
  const yuv420: readonly number[] = [
    VpChromaSubsampling.Yuv420Vertical,
    VpChromaSubsampling.Yuv420Colocated,
  ];
  if (yuv420.includes(decoded.chromaSubsampling)) expect(yuv420).toContain(made.chromaSubsampling);
  else expect(made.chromaSubsampling).toBe(decoded.chromaSubsampling);
});

test.each([
  ["nothing", ""],
  ["what is cut off", "00 15 82 02 02"],
  ["what is cut off behind version and flags", "01 000000 00 15 82 02 02"],
  ["profile 4", "04 15 82 02 02 02 0000"],
  ["7 bits", "00 15 72 02 02 02 0000"],
  ["15 bits", "00 15 f2 02 02 02 0000"],
])("refuses %s", (_, hex) => {
  expect(() => decodeVpCodecConfigurationRecord(fromHex(hex))).toThrow(MalformedError);
});

test("noise", () => {
  for (const bytes of noise(5_000, 14)) {
    unlessMalformed(() => decodeVpCodecConfigurationRecord(bytes));
  }
});

test.each([
  ["00 0a 82 01 01 01 0000", "vp09.00.10.08"],
  ["00 1f 80 02 02 02 0000", "vp09.00.31.08"], // Unspecified, and chroma elsewhere.
  ["02 0a a2 01 04 01 0000", "vp09.02.10.10.01.01.04.01.00"],
  ["00 0a 83 01 01 01 0000", "vp09.00.10.08.01.01.01.01.01"],
  ["01 00000001 1f 86 02 02 02 0000", "vp09.01.31.08.03.01.01.01.00"],
  [HDR, "vp09.02.41.10.01.09.16.09.01"],
])("%s is %s", (hex, codecString) => {
  const record = decodeVpCodecConfigurationRecord(fromHex(hex));
  expect(formatVp9CodecString(record)).toBe(codecString);
});

test.each([
  [256, 144, 15, 10],
  [642, 362, 25, 21],
  [1280, 720, 30, 31],
  [1920, 1080, 30, 40],
  [1920, 1080, 60, 41],
  [3840, 2160, 60, 51],
  [4000, 16, 1, 40], // For its longer side alone.
  [65_535, 65_535, 60, 62], // More than there is a level for.
])("%ix%i at %i is level %i", (width, height, frameRate, level) => {
  expect(lowestVp9Level(width, height, frameRate)).toBe(level);
});
