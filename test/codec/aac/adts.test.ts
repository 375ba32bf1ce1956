/**
 * Goal: ADTS headers are those of ISO/IEC 14496-3, a run of frames is split at its frames wherever
 * its end is cut, and hostile input ends in MalformedError alone.
 *
 * Method: a header that FFmpeg wrote, and one written bit by bit with a CRC; runs cut at every byte;
 * seeded noise.
 */

import { describe, expect, test } from "vitest";
import { ByteWriter } from "../../../src/base/byte-writer.ts";
import { MalformedError } from "../../../src/base/errors.ts";
import {
  decodeAdtsHeader,
  fromAdtsFormat,
  splitAdts,
  toAdtsFormat,
  writeAdtsHeader,
} from "../../../src/codec/aac/adts.ts";
import {
  decodeAudioSpecificConfig,
  encodeAudioSpecificConfig,
} from "../../../src/codec/aac/audio-specific-config.ts";
import { fromHex, joinBytes } from "../../support/hex.ts";
import { noise } from "../../support/noise.ts";

/** FFmpeg's: LC, 44.1 kHz, stereo, 141 bytes with the header. */
const HEADER = fromHex("ff f1 50 80 11 bf fc");
const FORMAT = { profile: 1, samplingFrequencyIndex: 4, channelConfiguration: 2 };

/** MPEG-2, with CRC: 11 bytes of which 2 are the access unit; 48 kHz, mono. */
const WITH_CRC = fromHex("ff f8 4c 40 01 7f fc 12 34 aa bb");

function frameOf(accessUnit: Uint8Array): Uint8Array {
  const writer = new ByteWriter();
  writeAdtsHeader(writer, FORMAT, accessUnit.length);
  writer.writeBytes(accessUnit);
  return writer.take();
}

describe("the header", () => {
  test("is decoded", () => {
    expect(decodeAdtsHeader(HEADER, 0)).toEqual({
      ...FORMAT,
      headerSize: 7,
      frameSize: 141,
      rawDataBlockCount: 1,
    });
    expect(decodeAdtsHeader(WITH_CRC, 0)).toEqual({
      profile: 1,
      samplingFrequencyIndex: 3,
      channelConfiguration: 1,
      headerSize: 9,
      frameSize: 11,
      rawDataBlockCount: 1,
    });
  });

  test("is written", () => {
    const writer = new ByteWriter();
    writeAdtsHeader(writer, FORMAT, 141 - 7);
    expect(writer.view()).toEqual(HEADER);
  });

  test("is awaited wherever it is cut", () => {
    for (let length = 0; length < HEADER.length; length++) {
      expect(decodeAdtsHeader(HEADER.subarray(0, length), 0)).toBeUndefined();
    }
  });

  test.each([
    ["no sync word", "ff e1 50 80 11 bf fc"],
    ["a layer of MPEG audio", "ff f3 50 80 11 bf fc"],
    ["a reserved frequency", "ff f1 74 80 11 bf fc"],
    ["a frame smaller than its header", "ff f1 50 80 00 df fc"],
  ])("is malformed with %s", (_, hex) => {
    expect(() => decodeAdtsHeader(fromHex(hex), 0)).toThrow(MalformedError);
  });

  test("takes the largest access unit that its size can count, and no larger", () => {
    const writer = new ByteWriter();
    writeAdtsHeader(writer, FORMAT, 8184);
    expect(decodeAdtsHeader(writer.view(), 0)?.frameSize).toBe(8191);
    expect(() => writeAdtsHeader(writer, FORMAT, 8185)).toThrow(MalformedError);
  });
});

describe("the format", () => {
  test.each(["1210", "1190", "0a08", "13b8"])("of configuration %s and back", (hex) => {
    const config = decodeAudioSpecificConfig(fromHex(hex));
    const format = config && toAdtsFormat(config);
    expect(format).toBeDefined();
    if (format) expect(encodeAudioSpecificConfig(fromAdtsFormat(format))).toEqual(fromHex(hex));
  });

  test("of HE-AAC is that of its core", () => {
    const config = decodeAudioSpecificConfig(fromHex("2b118800")); // 24 kHz and SBR.
    expect(config && toAdtsFormat(config)).toEqual({
      profile: 1,
      samplingFrequencyIndex: 6,
      channelConfiguration: 2,
    });
  });

  test.each([
    ["960 samples a frame", "1194"],
    ["a rate without index", "178061a810"],
    ["object type 17", "8990"],
    ["a layout above 7", "11e0"],
  ])("cannot say %s", (_, hex) => {
    const config = decodeAudioSpecificConfig(fromHex(hex));
    expect(config).toBeDefined();
    expect(config && toAdtsFormat(config)).toBeUndefined();
  });
});

describe("splitAdts()", () => {
  const first = Uint8Array.of(1, 2, 3);
  const second = Uint8Array.of(4);
  const run = joinBytes(frameOf(first), WITH_CRC, frameOf(second));

  test("splits a run", () => {
    const { frames, end } = splitAdts(run);
    expect(frames.map(({ accessUnit }) => accessUnit)).toEqual([
      first,
      Uint8Array.of(0xaa, 0xbb),
      second,
    ]);
    expect(end).toBe(run.length);
  });

  test("leaves a frame that is cut off, wherever it is", () => {
    const ends = [0, 10, 21, 29];
    for (let length = 0; length <= run.length; length++) {
      const { frames, end } = splitAdts(run.subarray(0, length));
      const whole = ends.filter((frameEnd) => frameEnd <= length);
      expect(frames).toHaveLength(whole.length - 1);
      expect(end).toBe(whole.at(-1));
    }
  });

  test("does not pass off several access units as one", () => {
    expect(() => splitAdts(fromHex("ff f1 50 80 01 3f fd aa bb"))).toThrow(
      "Cannot split 2 raw data blocks",
    );
  });

  test("throws nothing but MalformedError on noise", () => {
    for (const bytes of noise(10_000, 60)) {
      try {
        splitAdts(bytes);
        splitAdts(joinBytes(HEADER.subarray(0, 3), bytes));
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedError);
      }
    }
  });
});
