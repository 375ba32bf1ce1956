/**
 * Goal: avcC is read and written as ISO/IEC 14496-15 has it, and what encoders leave out is no fault.
 *
 * Method: records of x264 both ways; variants by hand; a record made of its parameter sets is the one
 * that they came in; each cut at every byte; noise.
 */

import { describe, expect, test } from "vitest";
import { MalformedError } from "../../../src/base/errors.ts";
import { formatAvcCodecString } from "../../../src/codec/h264/codec-string.ts";
import {
  type AvcDecoderConfigurationRecord,
  createAvcDecoderConfigurationRecord,
  decodeAvcDecoderConfigurationRecord,
  decodeAvcProfileAndLevel,
  encodeAvcDecoderConfigurationRecord,
} from "../../../src/codec/h264/decoder-configuration-record.ts";
import { fromHex, joinBytes } from "../../support/hex.ts";
import { unlessMalformed } from "../../support/malformed.ts";
import { noise } from "../../support/noise.ts";
import { VIDEO_SAMPLES } from "../../support/video-samples.ts";

const RECORDS = VIDEO_SAMPLES.filter(({ codec }) => codec === "h264").map(({ name, record }) => ({
  name,
  bytes: fromHex(record),
}));

// biome-ignore format: one field a line
const BYTES = fromHex([
  "01", "64", "00", "1f",      // version, High, no constraints, level 3.1
  "fc",                        // lengthSizeMinusOne, which withLengthSizeMinusOne() sets
  "e2", "0002 6764", "0001 67", // two SPS
  "01", "0003 68ee3c",          // one PPS
  "fd", "f8", "fa",            // 4:2:0, 8 bits of luma, 10 of chroma
  "01", "0002 6d00",            // one SPS extension
].join(""));

function withLengthSizeMinusOne(value: number): Uint8Array {
  const bytes = BYTES.slice();
  bytes[4] = 0xfc | value;
  return bytes;
}

const RECORD: AvcDecoderConfigurationRecord = {
  profileIndication: 100,
  profileCompatibility: 0,
  levelIndication: 31,
  lengthSize: 2,
  sps: [fromHex("6764"), fromHex("67")],
  pps: [fromHex("68ee3c")],
  spsExt: [fromHex("6d00")],
  sampleFormat: { chromaFormat: 1, bitDepthLuma: 8, bitDepthChroma: 10 },
};

describe("both ways", () => {
  test("every field", () => {
    const bytes = withLengthSizeMinusOne(1);
    expect(decodeAvcDecoderConfigurationRecord(bytes)).toEqual(RECORD);
    expect(encodeAvcDecoderConfigurationRecord(RECORD)).toEqual(bytes);
  });

  test.each(RECORDS)("$name", ({ bytes }) => {
    const record = decodeAvcDecoderConfigurationRecord(bytes);
    expect(record.lengthSize).toBe(4);
    expect([record.sps.length, record.pps.length]).toEqual([1, 1]);
    expect(encodeAvcDecoderConfigurationRecord(record)).toEqual(bytes);
  });
});

describe("decodeAvcDecoderConfigurationRecord()", () => {
  test("gives views", () => {
    const bytes = withLengthSizeMinusOne(3);
    const [sps] = decodeAvcDecoderConfigurationRecord(bytes).sps;
    expect(sps?.buffer).toBe(bytes.buffer);
  });

  test.each([
    ["of High without its last fields", "01 64001f ff e1 0001 67 01 0001 68", 1],
    ["of High with a piece of them", "01 64001f ff e1 0001 67 01 0001 68 fdf8f8", 1],
    ["of Main with bytes behind", "01 4d001f ff e1 0001 67 01 0001 68 fdf8f800", 1],
    ["with reserved bits 0", "01 4d001f 03 01 0001 67 01 0001 68", 1],
    ["without parameter sets", "01 4d001f ff e0 00", 0],
    ["with an empty SPS", "01 4d001f ff e1 0000 00", 0],
  ])("takes a record %s", (_, hex, count) => {
    const record = decodeAvcDecoderConfigurationRecord(fromHex(hex));
    expect(record.sps).toHaveLength(count);
    expect(record.sampleFormat).toBeUndefined();
  });

  test.each([
    ["nothing", ""],
    ["another version", "00 64001f ff e1 0001 67 00"],
    ["sizes of 3 bytes", "01 64001f fe e1 0001 67 00"],
    ["an SPS beyond the end", "01 64001f ff e1 0003 6764"],
    ["Annex B", "00000001 6764001f"],
  ])("refuses %s", (_, hex) => {
    expect(() => decodeAvcDecoderConfigurationRecord(fromHex(hex))).toThrow(MalformedError);
  });

  test("throws wherever the record is cut before the end of its PPS", () => {
    const bytes = withLengthSizeMinusOne(3);
    const ppsEnd = 4 + 2 + 4 + 3 + 1 + 5;
    for (let length = 0; length < ppsEnd; length++) {
      const decode = () => decodeAvcDecoderConfigurationRecord(bytes.subarray(0, length));
      expect(decode, `cut at ${length}`).toThrow(MalformedError);
    }
    expect(decodeAvcDecoderConfigurationRecord(bytes.subarray(0, ppsEnd)).pps).toHaveLength(1);
  });

  test("throws nothing but MalformedError on noise", () => {
    for (const bytes of noise(10_000, 40)) {
      const head = Uint8Array.of(1, 100, 0, 31, 0xff);
      unlessMalformed(() => decodeAvcDecoderConfigurationRecord(bytes));
      unlessMalformed(() => decodeAvcDecoderConfigurationRecord(joinBytes(head, bytes)));
    }
  });
});

test("decodeAvcProfileAndLevel() needs four bytes", () => {
  expect(formatAvcCodecString(decodeAvcProfileAndLevel(fromHex("01 42c01e")))).toBe("avc1.42c01e");
  expect(() => decodeAvcProfileAndLevel(fromHex("01 42c0"))).toThrow(MalformedError);
});

describe("createAvcDecoderConfigurationRecord()", () => {
  test.each(RECORDS)("makes $name of what is in it", ({ bytes }) => {
    const { sps, pps } = decodeAvcDecoderConfigurationRecord(bytes);
    const made = createAvcDecoderConfigurationRecord(sps, pps);
    expect(encodeAvcDecoderConfigurationRecord(made)).toEqual(bytes);
  });

  test("of several SPS takes the highest level and the flags of all", () => {
    const names = ["h264-baseline", "h264-1080p"];
    const sps = RECORDS.filter(({ name }) => names.includes(name)).flatMap(
      ({ bytes }) => decodeAvcDecoderConfigurationRecord(bytes).sps,
    );
    const made = createAvcDecoderConfigurationRecord(sps.toReversed(), []);
    expect(made).toMatchObject({
      profileIndication: 66,
      profileCompatibility: 0,
      levelIndication: 40,
    });
  });

  test("refuses what makes no record", () => {
    const [sps] = RECORD.sps;
    const [good] = decodeAvcDecoderConfigurationRecord(RECORDS[0]?.bytes ?? BYTES).sps;
    if (sps === undefined || good === undefined) throw new Error("Cannot find an SPS");
    const large = joinBytes(good, new Uint8Array(0x1_0000));
    for (const [sets, pps] of [
      [[], []],
      [[sps], []],
      [Array<Uint8Array>(32).fill(good), []],
      [[good], Array<Uint8Array>(256).fill(sps)],
      [[large], []],
    ] as const) {
      expect(() => createAvcDecoderConfigurationRecord(sets, pps)).toThrow(MalformedError);
    }
  });
});
