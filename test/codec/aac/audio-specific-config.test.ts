/**
 * Goal: every form of AudioSpecificConfig that encoders send says the right rate, channels and frame
 * length, and hostile ones end in MalformedError alone.
 *
 * Method: configurations written bit by bit from ISO/IEC 14496-3 and ones from real streams, in a
 * table for both directions; cut at every bit; seeded noise.
 */

import { describe, expect, test } from "vitest";
import { MalformedError } from "../../../src/base/errors.ts";
import {
  type AudioSpecificConfig,
  decodeAudioSpecificConfig,
  encodeAudioSpecificConfig,
} from "../../../src/codec/aac/audio-specific-config.ts";
import { formatAacCodecString } from "../../../src/codec/aac/codec-string.ts";
import { fromHex } from "../../support/hex.ts";
import { noise } from "../../support/noise.ts";

const LC: AudioSpecificConfig = {
  objectType: 2,
  sampleRate: 48_000,
  channelConfiguration: 2,
  channelCount: 2,
  samplesPerFrame: 1024,
  extensionSampleRate: undefined,
  hasParametricStereo: false,
};

/** Bits as the specification lists them, field by field, to whole bytes. */
function fromBits(...fields: string[]): Uint8Array {
  const bits = fields.join("").replaceAll(" ", "");
  const bytes = bits.match(/.{1,8}/g) ?? [];
  return Uint8Array.from(bytes, (byte) => Number.parseInt(byte.padEnd(8, "0"), 2));
}

interface Case {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly config: AudioSpecificConfig;
  readonly codecString: string;
  /** Sluice would write it in another form. */
  readonly isReadOnly?: true;
}

const CASES: readonly Case[] = [
  {
    name: "LC, 44.1 kHz, stereo: the usual 12 10",
    bytes: fromHex("1210"),
    config: { ...LC, sampleRate: 44_100 },
    codecString: "mp4a.40.2",
  },
  {
    name: "LC, 48 kHz, stereo: 11 90",
    bytes: fromHex("1190"),
    config: LC,
    codecString: "mp4a.40.2",
  },
  {
    name: "FFmpeg's, with a sync extension that says no SBR",
    bytes: fromHex("118856e500"),
    config: { ...LC, channelConfiguration: 1, channelCount: 1 },
    codecString: "mp4a.40.2",
    isReadOnly: true,
  },
  {
    name: "LC with frames of 960 samples",
    bytes: fromBits("00010", "0011", "0010", "1", "0", "0"),
    config: { ...LC, samplesPerFrame: 960 },
    codecString: "mp4a.40.2",
  },
  {
    name: "an escaped rate, 7.1",
    bytes: fromBits("00010", "1111", "00000000 1100 0011 0101 0000", "0111", "000"),
    config: { ...LC, sampleRate: 50_000, channelConfiguration: 7, channelCount: 8 },
    codecString: "mp4a.40.2",
  },
  {
    name: "HE-AAC, hierarchical: 24 to 48 kHz",
    bytes: fromBits("00101", "0110", "0010", "0011", "00010", "000"),
    config: { ...LC, sampleRate: 24_000, extensionSampleRate: 48_000 },
    codecString: "mp4a.40.5",
  },
  {
    name: "HE-AAC v2, hierarchical, mono core, escaped extension rate",
    bytes: fromBits(
      "11101",
      "0110",
      "0001",
      "1111",
      "00000000 1011 1011 1000 0000",
      "00010",
      "000",
    ),
    config: {
      ...LC,
      sampleRate: 24_000,
      channelConfiguration: 1,
      channelCount: 1,
      extensionSampleRate: 48_000,
      hasParametricStereo: true,
    },
    codecString: "mp4a.40.29",
    isReadOnly: true,
  },
  {
    name: "HE-AAC, backward compatible: 22.05 to 44.1 kHz",
    bytes: fromBits("00010", "0111", "0010", "000", "01010110111", "00101", "1", "0100"),
    config: { ...LC, sampleRate: 22_050, extensionSampleRate: 44_100 },
    codecString: "mp4a.40.5",
    isReadOnly: true,
  },
  {
    name: "HE-AAC v2, backward compatible",
    bytes: fromBits(
      ...["00010", "0111", "0001", "000", "01010110111", "00101", "1", "0100"],
      ...["10101001000", "1"],
    ),
    config: {
      ...LC,
      sampleRate: 22_050,
      channelConfiguration: 1,
      channelCount: 1,
      extensionSampleRate: 44_100,
      hasParametricStereo: true,
    },
    codecString: "mp4a.40.29",
    isReadOnly: true,
  },
  {
    name: "a program config element: pair in front, pair behind, LFE, comment; SBR of the same rate",
    bytes: fromBits(
      ...["00010", "0011", "0000", "000"],
      ...["0000", "01", "0011", "0001", "0000", "0001", "01", "000", "0000", "1 0101", "0", "0"],
      ...["1 0000", "1 0001", "0000"],
      ...["0000", "00000001", "01100001"], // Alignment: 16 + 38 + 14 bits, and 4 make 9 bytes.
      ...["01010110111", "00101", "1", "0011"],
    ),
    config: { ...LC, channelConfiguration: 0, channelCount: 5, extensionSampleRate: 48_000 },
    codecString: "mp4a.40.5",
    isReadOnly: true,
  },
  {
    name: "low delay (object type 23) of 480 samples",
    bytes: fromBits("10111", "0011", "0001", "1", "0", "0", "00"),
    config: {
      ...LC,
      objectType: 23,
      channelConfiguration: 1,
      channelCount: 1,
      samplesPerFrame: 480,
    },
    codecString: "mp4a.40.23",
    isReadOnly: true,
  },
  {
    name: "7.1 as layout 12, core coder delay",
    bytes: fromBits("00010", "0011", "1100", "0", "1", "00000000000001", "0"),
    config: { ...LC, channelConfiguration: 12, channelCount: 8 },
    codecString: "mp4a.40.2",
    isReadOnly: true,
  },
];

describe("decodeAudioSpecificConfig()", () => {
  test.each(CASES)("$name", ({ bytes, config }) => {
    expect(decodeAudioSpecificConfig(bytes)).toEqual(config);
  });

  test("what is not AAC's kind of configuration, such as USAC, is left alone", () => {
    // Object type 42, escaped: 31, then 10 in six bits.
    expect(decodeAudioSpecificConfig(fromBits("11111", "001010", "0011", "0010"))).toBeUndefined();
  });

  test("zeros of padding are no extension", () => {
    expect(decodeAudioSpecificConfig(fromHex("11900000000000"))).toEqual(LC);
  });

  test.each([
    ["nothing", ""],
    ["one byte", "11"],
    ["a reserved rate", "16 90"],
    ["a rate of 0", "17 80 00 00 10"],
    ["a reserved layout", "11 c0"],
    ["SBR that triples the rate", "2c 11 88 00"],
  ])("throws MalformedError on %s", (_, hex) => {
    expect(() => decodeAudioSpecificConfig(fromHex(hex))).toThrow(MalformedError);
  });

  test("cut anywhere it is malformed, or says the same without its extension", () => {
    for (const { name, bytes, config } of CASES) {
      for (let length = 0; length < bytes.length; length++) {
        try {
          const cut = decodeAudioSpecificConfig(bytes.subarray(0, length));
          expect(cut?.sampleRate, `${name} cut at ${length}`).toBe(config.sampleRate);
          expect(cut?.channelCount).toBe(config.channelCount);
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedError);
        }
      }
    }
  });

  test("throws nothing but MalformedError on noise", () => {
    let decoded = 0;
    for (const bytes of noise(20_000, 40)) {
      try {
        const config = decodeAudioSpecificConfig(bytes);
        if (config === undefined) continue;
        decoded += 1;
        expect(config.channelCount).toBeGreaterThan(0);
        expect(config.sampleRate).toBeGreaterThan(0);
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedError);
      }
    }
    expect(decoded).toBeGreaterThan(100);
  });
});

describe("encodeAudioSpecificConfig()", () => {
  test.each(CASES.filter(({ isReadOnly }) => isReadOnly !== true))("$name", ({ bytes, config }) => {
    expect(encodeAudioSpecificConfig(config)).toEqual(bytes);
  });

  test("what has no number for its layout is a mistake of ours", () => {
    expect(() => encodeAudioSpecificConfig({ ...LC, channelConfiguration: 0 })).toThrow(
      "Assertion failed",
    );
  });
});

test.each(CASES)("formatAacCodecString(): $name", ({ config, codecString }) => {
  expect(formatAacCodecString(config)).toBe(codecString);
});
