/**
 * Goal: what the encoder writes is AAC-LC of the bit rate that was asked for, and sounds like what
 * went in, at the time at which it went in.
 *
 * Method: the decoder, which other tests hold to FFmpeg's; tones, noise and attacks made by
 * arithmetic.
 */

import { describe, expect, test } from "vitest";
import { decodeAudioSpecificConfig } from "../../../../src/codec/aac/audio-specific-config.ts";
import { AacDecoder } from "../../../../src/codec/aac/decoder/aac-decoder.ts";
import {
  AAC_ENCODER_DELAY,
  AacEncoder,
  type AacEncoderOptions,
} from "../../../../src/codec/aac/encoder/aac-encoder.ts";
import { toSnr, toToneSnr } from "../../../support/aac-file.ts";
import { toneOf } from "../../../support/samples.ts";
import { createRandom } from "../../../support/seeded-random.ts";

/** Encodes all at once. */
function encodeAll(options: AacEncoderOptions, channels: readonly Float32Array[]): Uint8Array[] {
  const encoder = new AacEncoder(options);
  return [...encoder.encode(channels), ...encoder.flush()];
}

/** Decodes all, without what is before the first sample. */
function decodeAll(options: AacEncoderOptions, accessUnits: readonly Uint8Array[]): Float32Array[] {
  const { config } = new AacEncoder(options);
  const decoder = new AacDecoder(config);
  const length = accessUnits.length * 1024;
  const channels = Array.from({ length: options.channelCount }, () => new Float32Array(length));
  for (const [index, accessUnit] of accessUnits.entries()) {
    for (const [channel, samples] of decoder.decode(accessUnit).entries()) {
      channels[channel]?.set(samples, index * 1024);
    }
  }
  return channels.map((samples) => samples.subarray(AAC_ENCODER_DELAY));
}

function bitrateOf(accessUnits: readonly Uint8Array[], sampleRate: number): number {
  const size = accessUnits.reduce((sum, { length }) => sum + length, 0);
  return (size * 8 * sampleRate) / (accessUnits.length * 1024);
}

/** Noise whose high frequencies are weak, as those of music. */
function pinkNoise(length: number, seed: number): Float32Array {
  const random = createRandom(seed);
  let slow = 0;
  let fast = 0;
  return Float32Array.from({ length }, () => {
    const white = random(2001) / 1000 - 1;
    slow += 0.01 * (white - slow);
    fast += 0.2 * (white - fast);
    return 2 * slow + 0.3 * fast + 0.02 * white;
  });
}

/** 48 kHz. */
const STEREO: AacEncoderOptions = { sampleRate: 48_000, channelCount: 2, bitrate: 128_000 };
const MONO: AacEncoderOptions = { sampleRate: 48_000, channelCount: 1, bitrate: 48_000 };

describe("a tone", () => {
  test.each([
    [48_000, 1, 48_000],
    [44_100, 1, 64_000],
    [48_000, 2, 64_000],
    [44_100, 2, 128_000],
    [16_000, 1, 24_000],
    [8000, 1, 16_000],
  ] as const)("of 1 kHz at %i Hz, %i channels, %i bit/s stays one", (...values) => {
    const [sampleRate, channelCount, bitrate] = values;
    const options = { sampleRate, channelCount, bitrate };
    const tone = toneOf({ sampleRate, frequency: 1000, length: 20_000 });
    const channels = Array.from({ length: channelCount }, () => tone);
    const decoded = decodeAll(options, encodeAll(options, channels));
    for (const samples of decoded) {
      const steady = samples.subarray(4096, tone.length - 2048);
      expect(toToneSnr(steady, 1000 / sampleRate)).toBeGreaterThan(40);
      expect(toSnr(tone.subarray(4096, tone.length - 2048), steady)).toBeGreaterThan(40);
    }
  });

  test("on one side stays there", () => {
    const tone = toneOf({ sampleRate: 48_000, frequency: 440, length: 24_000 });
    const silence = new Float32Array(24_000);
    const [left, right] = decodeAll(STEREO, encodeAll(STEREO, [tone, silence]));
    expect(toSnr(tone.subarray(2048, 20_000), left?.subarray(2048) ?? silence)).toBeGreaterThan(40);
    expect(Math.max(...(right?.map(Math.abs) ?? []))).toBeLessThan(1e-3);
  });
});

describe("time", () => {
  test("every sample comes out, and in its place, however they are cut", () => {
    const random = createRandom(9);
    const input = pinkNoise(10_000, 4);
    const whole = encodeAll(MONO, [input]);
    const encoder = new AacEncoder(MONO);
    const pieces: Uint8Array[] = [];
    for (let offset = 0; offset < input.length; ) {
      const piece = input.subarray(offset, offset + random(900));
      pieces.push(...encoder.encode([piece]));
      offset += piece.length;
    }
    pieces.push(...encoder.flush());
    expect(pieces).toEqual(whole);
    expect(whole.length).toBe(Math.ceil(input.length / 1024) + 1);
    const [decoded = new Float32Array()] = decodeAll(MONO, whole);
    expect(toSnr(input, decoded.subarray(0, input.length))).toBeGreaterThan(8);
  });

  test("an attack makes no noise before it", () => {
    // A click in silence, at each eighth of an access unit.
    for (let at = 8192; at < 9216; at += 128) {
      const input = new Float32Array(16_384);
      const random = createRandom(at);
      for (let n = 0; n < 600; n++) {
        input[at + n] = (random(2001) / 1000 - 1) * 0.7 * Math.exp(-n / 150);
      }
      const [decoded = new Float32Array()] = decodeAll(MONO, encodeAll(MONO, [input]));
      const before = decoded.subarray(at - 2048, at - 300);
      const energyBefore = before.reduce((sum, value) => sum + value ** 2, 0);
      const energy = input.reduce((sum, value) => sum + value ** 2, 0);
      expect(10 * Math.log10(energyBefore / energy)).toBeLessThan(-45);
      expect(toSnr(input, decoded.subarray(0, input.length))).toBeGreaterThan(2);
    }
  });
});

describe("the bit rate", () => {
  test.each([
    [STEREO.bitrate, 2],
    [320_000, 2],
    [64_000, 2],
    [32_000, 1],
    [8000, 1],
  ] as const)("of %i bit/s, %i channels, is kept", (bitrate, channelCount) => {
    const options = { sampleRate: 48_000, channelCount, bitrate };
    const channels = Array.from({ length: channelCount }, (_, seed) => pinkNoise(96_000, seed + 1));
    const accessUnits = encodeAll(options, channels);
    expect(bitrateOf(accessUnits, 48_000) / bitrate).toBeGreaterThan(0.93);
    expect(bitrateOf(accessUnits, 48_000) / bitrate).toBeLessThan(1.03);
    for (const { length } of accessUnits)
      expect(length * 8).toBeLessThanOrEqual(6144 * channelCount);
  });

  test("more bits sound better", () => {
    const input = [pinkNoise(48_000, 1), pinkNoise(48_000, 2)];
    const snrs = [32_000, 64_000, 128_000, 256_000].map((bitrate) => {
      const options = { ...STEREO, bitrate };
      const [decoded = new Float32Array()] = decodeAll(options, encodeAll(options, input));
      return toSnr(input[0] ?? decoded, decoded.subarray(0, 48_000));
    });
    expect(snrs).toEqual(snrs.toSorted((a, b) => a - b));
    expect(snrs[2]).toBeGreaterThan(10);
  });

  test("silence takes next to nothing", () => {
    const accessUnits = encodeAll(STEREO, [new Float32Array(48_000), new Float32Array(48_000)]);
    expect(bitrateOf(accessUnits, 48_000)).toBeLessThan(8000);
  });
});

describe("hostile samples", () => {
  test.each([
    ["no numbers", () => Number.NaN],
    ["infinity", () => Number.POSITIVE_INFINITY],
    ["far too loud", (n: number) => 1e30 * Math.sin(n * n)],
    ["a square of full scale", (n: number) => (n % 96 < 48 ? 1 : -1)],
    ["noise of full scale", (n: number) => Math.sin(n * n * 12.9898)],
    ["next to nothing", (n: number) => 1e-30 * Math.sin(n)],
  ])("%s become access units", (_, sampleAt) => {
    const input = Float32Array.from({ length: 20_000 }, (_, n) => sampleAt(n));
    for (const bitrate of [1, 8000, 128_000, 2_000_000]) {
      const options = { ...STEREO, bitrate };
      const accessUnits = encodeAll(options, [input, input]);
      for (const { length } of accessUnits) expect(length * 8).toBeLessThanOrEqual(6144 * 2);
      const [decoded] = decodeAll(options, accessUnits);
      expect(decoded?.every(Number.isFinite)).toBe(true);
    }
  });
});

test("the configuration is that of the stream", () => {
  const encoder = new AacEncoder({ ...STEREO, sampleRate: 44_100 });
  expect([...encoder.audioSpecificConfig]).toEqual([0x12, 0x10]);
  expect(decodeAudioSpecificConfig(encoder.audioSpecificConfig)).toEqual(encoder.config);
});

test("nothing in, nothing out", () => {
  const encoder = new AacEncoder(MONO);
  expect([...encoder.encode([new Float32Array(0)]), ...encoder.flush()]).toEqual([]);
});
