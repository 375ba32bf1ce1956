/**
 * Goal: headers of MPEG audio of all versions and layers say the right rate, length and size.
 *
 * Method: headers from real files and ones written from ISO/IEC 11172-3 and 13818-3; every value of
 * the four bytes' fields; seeded noise.
 */

import { describe, expect, test } from "vitest";
import { MalformedError } from "../../../src/base/errors.ts";
import {
  decodeMp3FrameHeader,
  MpegAudioMode,
  MpegAudioVersion,
} from "../../../src/codec/mp3/frame-header.ts";
import { fromHex } from "../../support/hex.ts";
import { noise } from "../../support/noise.ts";

describe("decodeMp3FrameHeader()", () => {
  test("decodes LAME's header in full, at an offset", () => {
    expect(decodeMp3FrameHeader(fromHex("00 00 ff fb 90 c0"), 2)).toEqual({
      version: MpegAudioVersion.Mpeg1,
      layer: 3,
      hasCrc: false,
      bitrateKbps: 128,
      sampleRate: 44_100,
      mode: MpegAudioMode.SingleChannel,
      modeExtension: 0,
      channelCount: 1,
      samplesPerFrame: 1152,
      frameSize: 417,
    });
  });

  test("decodes what joint stereo is", () => {
    const { mode, modeExtension } = decodeMp3FrameHeader(fromHex("ff fb 90 64"), 0) ?? {};
    expect([mode, modeExtension]).toEqual([MpegAudioMode.JointStereo, 2]);
  });

  test.each([
    // version, layer, kbit/s, Hz, samples, bytes
    ["ff fb 92 64", MpegAudioVersion.Mpeg1, 3, 128, 44_100, 1152, 418], // Padded.
    ["ff fb b4 64", MpegAudioVersion.Mpeg1, 3, 192, 48_000, 1152, 576],
    ["ff fb e8 00", MpegAudioVersion.Mpeg1, 3, 320, 32_000, 1152, 1440],
    ["ff fd a4 00", MpegAudioVersion.Mpeg1, 2, 192, 48_000, 1152, 576],
    ["ff ff 12 00", MpegAudioVersion.Mpeg1, 1, 32, 44_100, 384, 36], // Padded by a slot.
    ["ff ff e4 00", MpegAudioVersion.Mpeg1, 1, 448, 48_000, 384, 448],
    ["ff f3 84 c4", MpegAudioVersion.Mpeg2, 3, 64, 24_000, 576, 192],
    ["ff f3 18 c4", MpegAudioVersion.Mpeg2, 3, 8, 16_000, 576, 36],
    ["ff f5 e0 00", MpegAudioVersion.Mpeg2, 2, 160, 22_050, 1152, 1044],
    ["ff f7 e4 00", MpegAudioVersion.Mpeg2, 1, 256, 24_000, 384, 512],
    ["ff e3 88 c4", MpegAudioVersion.Mpeg25, 3, 64, 8_000, 576, 576],
    ["ff e3 10 c4", MpegAudioVersion.Mpeg25, 3, 8, 11_025, 576, 52],
  ])("%s", (hex, ...fields) => {
    const [version, layer, bitrateKbps, sampleRate, samplesPerFrame, frameSize] = fields;
    const expected = { version, layer, bitrateKbps, sampleRate, samplesPerFrame, frameSize };
    expect(decodeMp3FrameHeader(fromHex(hex), 0)).toMatchObject(expected);
  });

  test("the free format has no bit rate and no size", () => {
    expect(decodeMp3FrameHeader(fromHex("ff fb 00 00"), 0)).toMatchObject({
      bitrateKbps: undefined,
      frameSize: undefined,
      samplesPerFrame: 1152,
    });
  });

  test("waits for all four bytes", () => {
    const header = fromHex("ff fb 90 c0");
    for (let length = 0; length < 4; length++) {
      expect(decodeMp3FrameHeader(header.subarray(0, length), 0)).toBeUndefined();
    }
  });

  test.each([
    ["no sync word", "ff db 90 c0"],
    ["the reserved version", "ff eb 90 c0"],
    ["the reserved layer, as ADTS has it", "ff f1 90 c0"],
    ["the forbidden bit rate", "ff fb f0 c0"],
    ["the reserved frequency", "ff fb 9c c0"],
  ])("malformed: %s", (_, hex) => {
    expect(() => decodeMp3FrameHeader(fromHex(hex), 0)).toThrow(MalformedError);
  });

  test("every header there is has a rate, and a size larger than itself if it has one", () => {
    let decoded = 0;
    for (let fields = 0; fields < 0x20_0000; fields += 0x40) {
      const bytes = Uint8Array.of(
        0xff,
        0xe0 | (fields >>> 16),
        (fields >>> 8) & 0xff,
        fields & 0xff,
      );
      try {
        const header = decodeMp3FrameHeader(bytes, 0);
        decoded += 1;
        if (header === undefined || !(header.sampleRate > 0)) expect.fail(`no rate in ${bytes}`);
        if (header.frameSize !== undefined && header.frameSize <= 4)
          expect.fail(`size in ${bytes}`);
      } catch (error) {
        if (!(error instanceof MalformedError)) throw error;
      }
    }
    // 3 versions, 3 layers, 2 of CRC, 15 bit rates, 3 frequencies, 16 of padding, private and mode.
    expect(decoded).toBe(3 * 3 * 2 * 15 * 3 * 16);
  });

  test("throws nothing but MalformedError on noise", () => {
    for (const bytes of noise(10_000, 8)) {
      try {
        decodeMp3FrameHeader(bytes, 1);
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedError);
      }
    }
  });
});
