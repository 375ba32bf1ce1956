/**
 * Goal: OpusHead and the body of `dOps` are read and written byte for byte, and hostile ones end in
 * MalformedError alone.
 *
 * Method: what FFmpeg 5.1 wrote into Ogg and MP4, and a mapping written by hand from RFC 7845; cut
 * at every byte; seeded noise.
 */

import { describe, expect, test } from "vitest";
import { MalformedError } from "../../../src/base/errors.ts";
import {
  decodeOpusHead,
  decodeOpusSpecificBox,
  encodeOpusHead,
  encodeOpusSpecificBox,
  type OpusHead,
} from "../../../src/codec/opus/opus-head.ts";
import { fromHex, joinBytes } from "../../support/hex.ts";
import { noise } from "../../support/noise.ts";

const CASES: readonly { name: string; head: OpusHead; ogg: Uint8Array; mp4: Uint8Array }[] = [
  {
    name: "mono, as FFmpeg wrote it",
    head: {
      channelCount: 1,
      preSkip: 312,
      inputSampleRate: 48_000,
      outputGain: 0,
      mapping: undefined,
    },
    ogg: fromHex("4f70757348656164 01 01 3801 80bb0000 0000 00"),
    mp4: fromHex("00 01 0138 0000bb80 0000 00"),
  },
  {
    name: "5.1 in Vorbis order, 44.1 kHz, softer by 1 dB",
    head: {
      channelCount: 6,
      preSkip: 0x1234,
      inputSampleRate: 44_100,
      outputGain: -256,
      mapping: { family: 1, streamCount: 4, coupledCount: 2, channels: [0, 4, 1, 2, 3, 5] },
    },
    ogg: fromHex("4f70757348656164 01 06 3412 44ac0000 00ff 01 04 02 00 04 01 02 03 05"),
    mp4: fromHex("00 06 1234 0000ac44 ff00 01 04 02 00 04 01 02 03 05"),
  },
];

describe.each(CASES)("$name", ({ head, ogg, mp4 }) => {
  test("OpusHead", () => {
    expect(decodeOpusHead(ogg)).toEqual(head);
    expect(encodeOpusHead(head)).toEqual(ogg);
  });

  test("dOps", () => {
    expect(decodeOpusSpecificBox(mp4)).toEqual(head);
    expect(encodeOpusSpecificBox(head)).toEqual(mp4);
  });

  test("cut at any byte", () => {
    for (let length = 0; length < ogg.length; length++) {
      expect(() => decodeOpusHead(ogg.subarray(0, length))).toThrow(MalformedError);
    }
    for (let length = 0; length < mp4.length; length++) {
      expect(() => decodeOpusSpecificBox(mp4.subarray(0, length))).toThrow(MalformedError);
    }
  });
});

test.each([
  ["another magic", "4f70757348656165 01 01 3801 80bb0000 0000 00"],
  ["a later major version", "4f70757348656164 10 01 3801 80bb0000 0000 00"],
  ["no channels", "4f70757348656164 01 00 3801 80bb0000 0000 00"],
  ["three channels without a mapping", "4f70757348656164 01 03 3801 80bb0000 0000 00"],
  ["no streams", "4f70757348656164 01 01 3801 80bb0000 0000 01 00 00 00"],
  ["more coupled streams than streams", "4f70757348656164 01 01 3801 80bb0000 0000 01 01 02 00"],
  ["a channel that is not decoded", "4f70757348656164 01 01 3801 80bb0000 0000 01 01 00 01"],
])("OpusHead is malformed with %s", (_, hex) => {
  expect(() => decodeOpusHead(fromHex(hex))).toThrow(MalformedError);
});

test("a minor version to come can be read, and a channel can be silent", () => {
  const head = decodeOpusHead(fromHex("4f70757348656164 0f 01 3801 80bb0000 0000 ff 01 00 ff"));
  expect(head.mapping).toEqual({ family: 255, streamCount: 1, coupledCount: 0, channels: [255] });
});

test("throws nothing but MalformedError on noise", () => {
  const magic = new TextEncoder().encode("OpusHead");
  for (const bytes of noise(10_000, 30)) {
    for (const decode of [
      () => decodeOpusHead(bytes),
      () => decodeOpusHead(joinBytes(magic, bytes)),
      () => decodeOpusSpecificBox(bytes),
      () => decodeOpusSpecificBox(joinBytes(Uint8Array.of(0), bytes)),
    ]) {
      try {
        decode();
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedError);
      }
    }
  }
});
