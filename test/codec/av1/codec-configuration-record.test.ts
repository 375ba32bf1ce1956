/**
 * Goal: av1C is read and written as the AV1 binding has it.
 *
 * Method: records of libaom, SVT-AV1 and rav1e both ways; every field by hand; a record made of the
 * sequence header OBU is the one that it came in; cut records; noise.
 */

import { describe, expect, test } from "vitest";
import { MalformedError } from "../../../src/base/errors.ts";
import {
  createAv1CodecConfigurationRecord,
  decodeAv1CodecConfigurationRecord,
  encodeAv1CodecConfigurationRecord,
} from "../../../src/codec/av1/codec-configuration-record.ts";
import { fromHex } from "../../support/hex.ts";
import { unlessMalformed } from "../../support/malformed.ts";
import { noise } from "../../support/noise.ts";
import { VIDEO_SAMPLES } from "../../support/video-samples.ts";

const RECORDS = VIDEO_SAMPLES.filter(({ codec }) => codec === "av1").map(({ name, record }) => ({
  name,
  bytes: fromHex(record),
}));

describe("both ways", () => {
  test.each([
    [
      "the most",
      "81 5f ef 1f 0a00",
      {
        profile: 2,
        levelIndex: 31,
        isHighTier: true,
        bitDepth: 12,
        isMonochrome: false,
        isSubsampledX: true,
        isSubsampledY: true,
        chromaSamplePosition: 3,
        initialPresentationDelay: 16,
        configObus: fromHex("0a00"),
      },
    ],
    [
      "the least",
      "81 00 00 00",
      {
        profile: 0,
        levelIndex: 0,
        isHighTier: false,
        bitDepth: 8,
        isMonochrome: false,
        isSubsampledX: false,
        isSubsampledY: false,
        chromaSamplePosition: 0,
        initialPresentationDelay: undefined,
        configObus: new Uint8Array(0),
      },
    ],
  ] as const)("%s", (_, hex, record) => {
    expect(decodeAv1CodecConfigurationRecord(fromHex(hex))).toEqual(record);
    expect(encodeAv1CodecConfigurationRecord(record)).toEqual(fromHex(hex));
  });

  test.each(RECORDS)("$name", ({ bytes }) => {
    const record = decodeAv1CodecConfigurationRecord(bytes);
    expect(record.configObus.buffer).toBe(bytes.buffer);
    expect(encodeAv1CodecConfigurationRecord(record)).toEqual(bytes);
    expect(createAv1CodecConfigurationRecord(record.configObus)).toEqual(record);
  });
});

test("refuses other versions, and what is cut", () => {
  for (const hex of ["", "81", "81050c", "80050c00", "82050c00", "01050c00"]) {
    expect(() => decodeAv1CodecConfigurationRecord(fromHex(hex)), hex).toThrow(MalformedError);
  }
});

test("noise", () => {
  for (const bytes of noise(5_000, 20)) {
    unlessMalformed(() => decodeAv1CodecConfigurationRecord(bytes));
    unlessMalformed(() => createAv1CodecConfigurationRecord(bytes));
  }
});
