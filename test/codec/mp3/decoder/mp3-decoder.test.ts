/**
 * Goal: MPEG audio of all layers is decoded to the samples that another decoder makes of it, and
 * hostile input ends in MalformedError alone, after which the stream goes on.
 *
 * Method: what LAME and FFmpeg encoded, and the frames `all-*`, made at random to have what these
 * never write: all Huffman tables, mixed blocks, intensity stereo, shared scale factors, subblock
 * gain, layer I, shared subbands of layer II, check sums. FFmpeg's samples, every 31st, are the
 * golden. Truncations, flipped bits, seeded noise.
 */

import { describe, expect, test } from "vitest";
import { MalformedError } from "../../../../src/base/errors.ts";
import { Mp3Decoder, type Mp3Samples } from "../../../../src/codec/mp3/decoder/mp3-decoder.ts";
import { decodeMp3FrameHeader } from "../../../../src/codec/mp3/frame-header.ts";
import { toSnr, toToneSnr } from "../../../support/aac-file.ts";
import { fromHex, joinBytes } from "../../../support/hex.ts";
import { unlessMalformed } from "../../../support/malformed.ts";
import { decodeMp3Interleaved, readMp3Frames, readMp3Samples } from "../../../support/mp3-file.ts";
import { noise } from "../../../support/noise.ts";
import { createRandom } from "../../../support/seeded-random.ts";

/** Of the golden samples. */
const STRIDE = 31;

describe("what others decode", () => {
  test.each([
    ["joint-44100.mp3", 44_100, 2],
    ["mono-48000.mp3", 48_000, 1],
    ["stereo-32000.mp3", 32_000, 2],
    ["joint-22050.mp3", 22_050, 2],
    ["mono-11025.mp3", 11_025, 1],
    ["all-44100.mp3", 44_100, 2],
    ["all-22050.mp3", 22_050, 2],
    ["all-8000.mp3", 8_000, 2],
    ["stereo-48000.mp2", 48_000, 2],
    ["mono-32000.mp2", 32_000, 1],
    ["stereo-22050.mp2", 22_050, 2],
    ["all-44100.mp2", 44_100, 2],
    ["all-32000.mp2", 32_000, 2],
    ["all-32000.mp1", 32_000, 2],
  ])("%s is decoded as FFmpeg decodes it", (name, sampleRate, channelCount) => {
    const frames = readMp3Frames(name);
    const decoder = new Mp3Decoder();
    const samples = decodeMp3Interleaved(decoder, frames);
    const expected = readMp3Samples(name);
    const actual = Float32Array.from(expected, (_, index) => {
      const frame = Math.floor(index / channelCount) * STRIDE;
      return samples[frame * channelCount + (index % channelCount)] ?? 0;
    });
    expect(Math.ceil(samples.length / channelCount / STRIDE)).toBe(expected.length / channelCount);
    expect(toSnr(expected, actual)).toBeGreaterThan(105);
    const last = new Mp3Decoder().decode(frames[0] ?? new Uint8Array());
    expect([last.sampleRate, last.channels.length]).toEqual([sampleRate, channelCount]);
  });

  test.each([
    ["tone-44100.mp3", 2],
    ["tone-24000.mp3", 1],
    ["tone-48000.mp2", 1],
  ])("the tone of %s is a tone", (name, channelCount) => {
    const frames = readMp3Frames(name);
    const sampleRate = Number(/\d+/.exec(name)?.[0]);
    const samples = decodeMp3Interleaved(new Mp3Decoder(), frames);
    const left = samples.filter((_, index) => index % channelCount === 0).subarray(4_000, 16_000);
    expect(toToneSnr(left, 1_000 / sampleRate)).toBeGreaterThan(30);
  });
});

describe("a stream", () => {
  const FRAMES = readMp3Frames("joint-44100.mp3");

  test("may have several frames in a payload", () => {
    const one = decodeMp3Interleaved(new Mp3Decoder(), FRAMES);
    const joined = [FRAMES.slice(0, 1), FRAMES.slice(1, 4), FRAMES.slice(4, 6), FRAMES.slice(6)];
    const several = decodeMp3Interleaved(
      new Mp3Decoder(),
      joined.map((part) => joinBytes(...part)),
    );
    expect(several).toEqual(one);
  });

  test("that is joined in the middle is silent until the frames before are not needed", () => {
    const all = decodeMp3Interleaved(new Mp3Decoder(), FRAMES);
    const from = 8;
    const joined = decodeMp3Interleaved(new Mp3Decoder(), FRAMES.slice(from));
    expect(joined).toHaveLength((FRAMES.length - from) * 1152 * 2);
    expect(joined.subarray(0, 1152 * 2).every((sample) => sample === 0)).toBe(true);
    const late = 6 * 1152 * 2;
    const expected = all.subarray(from * 1152 * 2 + late);
    expect(joined.subarray(late)).toEqual(expected);
  });

  test("may change its rate, its layer and its channels", () => {
    const decoder = new Mp3Decoder();
    const names = ["joint-44100.mp3", "mono-48000.mp3", "stereo-22050.mp2", "all-32000.mp1"];
    for (const name of [...names, ...names]) {
      const frames = readMp3Frames(name);
      const expected = decodeMp3Interleaved(new Mp3Decoder(), frames);
      expect(decodeMp3Interleaved(decoder, frames)).toEqual(expected);
    }
  });

  test("must be of whole frames of one format, and not too many", () => {
    const decoder = new Mp3Decoder();
    const [first = new Uint8Array()] = FRAMES;
    const [other = new Uint8Array()] = readMp3Frames("mono-48000.mp3");
    const malformed = (...payload: Uint8Array[]): void => {
      expect(() => decoder.decode(joinBytes(...payload))).toThrow(MalformedError);
    };
    malformed();
    malformed(first, other);
    malformed(first, Uint8Array.of(0));
    malformed(...new Array<Uint8Array>(49).fill(first));
    malformed(fromHex("ff fb 00 00"), new Uint8Array(1000)); // Of free format.
    decoder.decode(joinBytes(...new Array<Uint8Array>(48).fill(first)));
  });
});

describe("hostile input", () => {
  test.each(["joint-44100.mp3", "all-22050.mp3", "all-44100.mp2", "all-32000.mp1"])(
    "every truncation of %s is malformed, and the stream goes on",
    (name) => {
      const frames = readMp3Frames(name);
      const frame = frames[3] ?? new Uint8Array();
      const [decoder, fresh] = [new Mp3Decoder(), new Mp3Decoder()];
      for (const each of [decoder, fresh]) decodeMp3Interleaved(each, frames.slice(0, 3));
      for (let size = 0; size < frame.length; size++) {
        expect(unlessMalformed(() => decoder.decode(frame.subarray(0, size)))).toBeUndefined();
      }
      unlessMalformed(() => fresh.decode(new Uint8Array(1)));
      const rest = frames.slice(3);
      expect(decodeMp3Interleaved(decoder, rest)).toEqual(decodeMp3Interleaved(fresh, rest));
    },
  );

  test.each([
    "joint-44100.mp3",
    "all-44100.mp3",
    "all-22050.mp3",
    "stereo-48000.mp2",
    "all-32000.mp1",
  ])("flipped bits of %s do no harm", (name) => {
    const frames = readMp3Frames(name);
    const decoder = new Mp3Decoder();
    const random = createRandom(3);
    let decodedCount = 0;
    for (let round = 0; round < 12; round++) {
      for (const frame of frames) {
        const broken = frame.slice();
        for (let count = 0; count < 3; count++) {
          const at = 4 + random(count === 0 ? 30 : broken.length - 4);
          broken[at] = (broken[at] ?? 0) ^ (1 << random(8));
        }
        const samples = unlessMalformed(() => decoder.decode(broken));
        expectSound(samples);
        if (samples !== undefined) decodedCount++;
      }
    }
    expect(decodedCount).toBeGreaterThan(10);
  });

  test("noise does no harm", () => {
    const decoder = new Mp3Decoder();
    for (const bytes of noise(2_000, 300)) {
      expectSound(unlessMalformed(() => decoder.decode(bytes)));
    }
  });

  test.each([
    "ff fb 50 64", // Layer III, MPEG-1, 64 kbit/s, joint stereo.
    "ff fa 50 c4", // The same of one channel, with a check sum.
    "ff f3 40 74", // MPEG-2, 32 kbit/s.
    "ff e3 48 74", // MPEG-2.5, 8 kHz.
    "ff fd 84 54", // Layer II, 48 kHz, joint stereo.
    "ff f5 84 c4", // MPEG-2, one channel.
    "ff ff 44 54", // Layer I.
  ])("noise does no harm behind the header %s", (hex) => {
    const header = fromHex(hex);
    const size = decodeMp3FrameHeader(header, 0)?.frameSize ?? 0;
    const decoder = new Mp3Decoder();
    for (const bytes of noise(400, 2 * size)) {
      const frame = new Uint8Array(size);
      frame.set(bytes.subarray(0, size));
      frame.set(header);
      expectSound(unlessMalformed(() => decoder.decode(frame)));
    }
  });
});

/** Numbers, if loud ones. */
function expectSound(samples: Mp3Samples | undefined): void {
  let peak = 0;
  for (const channel of samples?.channels ?? []) {
    for (const sample of channel) peak = Math.max(peak, Math.abs(sample));
  }
  expect(peak).toBeLessThan(1e6);
}
