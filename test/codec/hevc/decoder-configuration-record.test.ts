/**
 * Goal: hvcC is read and written as ISO/IEC 14496-15 has it.
 *
 * Method: records of x265 both ways; variants by hand; a record made of its parameter sets is the one
 * that they came in; each cut at every byte; noise.
 */

import { describe, expect, test } from "vitest";
import { MalformedError } from "../../../src/base/errors.ts";
import { formatHevcCodecString } from "../../../src/codec/hevc/codec-string.ts";
import {
  createHevcDecoderConfigurationRecord,
  decodeHevcDecoderConfigurationRecord,
  decodeHevcProfileTierLevel,
  encodeHevcDecoderConfigurationRecord,
} from "../../../src/codec/hevc/decoder-configuration-record.ts";
import { NAL_UNIT_COUNT_MAX } from "../../../src/codec/nal/length-prefixed.ts";
import { fromHex, joinBytes } from "../../support/hex.ts";
import { unlessMalformed } from "../../support/malformed.ts";
import { noise } from "../../support/noise.ts";
import { VIDEO_SAMPLES } from "../../support/video-samples.ts";

const RECORDS = VIDEO_SAMPLES.filter(({ codec }) => codec === "hevc").map(({ name, record }) => ({
  name,
  bytes: fromHex(record),
}));

const HEAD = "01 6260000000 90 0000000001 5d f123 fd fe fa fc 1900 55";
const BYTES = fromHex(`${HEAD} 02  a1 0002 0003 420101 0002 4201  27 0001 0004 4e018001`);

const RECORD = {
  profileTierLevel: {
    profileSpace: 1,
    isHighTier: true,
    profileIdc: 2,
    profileCompatibilityFlags: 0x6000_0000,
    constraintFlags: fromHex("900000000001"),
    levelIdc: 93,
  },
  minSpatialSegmentationIdc: 0x123,
  parallelismType: 1,
  chromaFormat: 2,
  bitDepthLuma: 10,
  bitDepthChroma: 12,
  averageFrameRate: 6400,
  constantFrameRate: 1,
  temporalLayerCount: 2,
  isTemporalIdNested: true,
  lengthSize: 2,
  arrays: [
    { isComplete: true, nalUnitType: 33, nalUnits: [fromHex("420101"), fromHex("4201")] },
    { isComplete: false, nalUnitType: 39, nalUnits: [fromHex("4e018001")] },
  ],
  vps: [],
  sps: [fromHex("420101"), fromHex("4201")],
  pps: [],
} as const;

describe("both ways", () => {
  test("every field", () => {
    expect(decodeHevcDecoderConfigurationRecord(BYTES)).toEqual(RECORD);
    expect(encodeHevcDecoderConfigurationRecord(RECORD)).toEqual(BYTES);
  });

  test.each(RECORDS)("$name", ({ bytes }) => {
    const record = decodeHevcDecoderConfigurationRecord(bytes);
    expect([record.vps, record.sps, record.pps].map((sets) => sets.length)).toEqual([1, 1, 1]);
    expect(record.lengthSize).toBe(4);
    expect(encodeHevcDecoderConfigurationRecord(record)).toEqual(bytes);
  });
});

describe("decodeHevcDecoderConfigurationRecord()", () => {
  test("gives views, and gathers what stands in several arrays", () => {
    const head = "01 01 60000000 900000000000 5d f000 fc fd f8 f8 0000 0f";
    const bytes = fromHex(`${head} 03  22 0001 0001 44  21 0000  22 0002 0000 0001 45`);
    const record = decodeHevcDecoderConfigurationRecord(bytes);
    expect(record.pps).toEqual([fromHex("44"), fromHex("45")]);
    expect(record.pps[0]?.buffer).toBe(bytes.buffer);
  });

  test("takes the version that was written before the standard was final", () => {
    const draft = BYTES.slice();
    draft[0] = 0;
    expect(decodeHevcDecoderConfigurationRecord(draft)).toEqual(RECORD);
    draft[0] = 2;
    expect(() => decodeHevcDecoderConfigurationRecord(draft)).toThrow(MalformedError);
  });

  test("refuses sizes of 3 bytes", () => {
    const bytes = BYTES.slice();
    bytes[21] = 0x56;
    expect(() => decodeHevcDecoderConfigurationRecord(bytes)).toThrow("sizes of 3 bytes");
  });

  test("throws wherever the record is cut", () => {
    for (let length = 0; length < BYTES.length; length++) {
      const decode = () => decodeHevcDecoderConfigurationRecord(BYTES.subarray(0, length));
      expect(decode, `cut at ${length}`).toThrow(MalformedError);
    }
  });

  test("does not make an object of every few bytes", () => {
    const head = fromHex("01 01 60000000 900000000000 5d f000 fc fd f8 f8 0000 0f 01 21 ffff");
    const units = new Uint8Array(0xffff * 3).map((_, i) => (i % 3 === 1 ? 1 : 0));
    const decode = () => decodeHevcDecoderConfigurationRecord(joinBytes(head, units));
    expect(decode).toThrow(`more than ${NAL_UNIT_COUNT_MAX}`);
  });

  test("throws nothing but MalformedError on noise", () => {
    const head = BYTES.subarray(0, 22);
    for (const bytes of noise(10_000, 60)) {
      unlessMalformed(() => decodeHevcDecoderConfigurationRecord(bytes));
      unlessMalformed(() => decodeHevcDecoderConfigurationRecord(joinBytes(head, bytes)));
    }
  });
});

test("decodeHevcProfileTierLevel() needs thirteen bytes", () => {
  const value = decodeHevcProfileTierLevel(BYTES.subarray(0, 13));
  expect(formatHevcCodecString(value)).toBe("hvc1.A2.6.H93.90.0.0.0.0.1");
  expect(() => decodeHevcProfileTierLevel(BYTES.subarray(0, 12))).toThrow(MalformedError);
});

test.each([
  ["010160000000b000000000005d", "hvc1.1.6.L93.B0"], // The example of Annex E.
  ["0101ffffffff0000000000001e", "hvc1.1.FFFFFFFF.L30"],
  ["01e480000001009000000000ba", "hvc1.C4.80000001.H186.0.90"],
])("%s is %s", (hex, codecString) => {
  expect(formatHevcCodecString(decodeHevcProfileTierLevel(fromHex(hex)))).toBe(codecString);
});

describe("createHevcDecoderConfigurationRecord()", () => {
  test.each(RECORDS)("makes $name of what is in it", ({ bytes }) => {
    const record = decodeHevcDecoderConfigurationRecord(bytes);
    const made = createHevcDecoderConfigurationRecord(record.vps, record.sps, record.pps);
    // FFmpeg reads on to where x265 says something of how pictures are split; we leave it open.
    const { minSpatialSegmentationIdc, parallelismType } = made;
    expect(made).toEqual({ ...record, minSpatialSegmentationIdc, parallelismType });
    expect([minSpatialSegmentationIdc, parallelismType]).toEqual([0, 0]);
  });

  test("refuses what makes no record", () => {
    const { vps, sps } = decodeHevcDecoderConfigurationRecord(RECORDS[0]?.bytes ?? BYTES);
    const [good = new Uint8Array(0)] = sps;
    const large = joinBytes(good, new Uint8Array(0x1_0000));
    for (const sets of [[], vps, [good.subarray(0, 9)], [large], Array(5000).fill(good)]) {
      expect(() => createHevcDecoderConfigurationRecord([], sets, [])).toThrow(MalformedError);
    }
  });
});
