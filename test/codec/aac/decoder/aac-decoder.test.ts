/**
 * Goal: AAC-LC is decoded to the samples that another decoder makes of it, and hostile input ends in
 * MalformedError alone, after which the stream goes on.
 *
 * Method: fixtures that FFmpeg encoded, which between them use all codebooks, window sequences and
 * shapes, grouping, M/S, both kinds of intensity stereo, and TNS; FFmpeg's samples, every 31st, are
 * the golden. Pulses, which it never writes, by hand. Truncations, flipped bits, seeded noise.
 */

import { describe, expect, test } from "vitest";
import { MalformedError } from "../../../../src/base/errors.ts";
import {
  type AudioSpecificConfig,
  decodeAudioSpecificConfig,
} from "../../../../src/codec/aac/audio-specific-config.ts";
import { AacDecoder, canDecodeAac } from "../../../../src/codec/aac/decoder/aac-decoder.ts";
import { toWaveOrder } from "../../../../src/codec/aac/decoder/channel-order.ts";
import { toCodewords } from "../../../../src/codec/aac/spectrum/huffman-code.ts";
import { SPECTRAL_CODEBOOKS } from "../../../../src/codec/aac/spectrum/spectral-codebooks.ts";
import {
  decodeInterleaved,
  readAacFile,
  readSamples,
  toSnr,
  toToneSnr,
} from "../../../support/aac-file.ts";
import { BitWriter } from "../../../support/bit-writer.ts";
import { fromHex } from "../../../support/hex.ts";
import { unlessMalformed } from "../../../support/malformed.ts";
import { noise } from "../../../support/noise.ts";
import { createRandom } from "../../../support/seeded-random.ts";

/** Of the golden samples. */
const STRIDE = 31;
/** Of `noise-48000` in FFmpeg's hands, without the first and last 2,048 samples. */
const NOISE_POWER = 0.004_453;

function configOf(hex: string): AudioSpecificConfig {
  const config = decodeAudioSpecificConfig(fromHex(hex));
  if (config === undefined) throw new Error("the configuration is of AAC");
  return config;
}

/** 48 kHz, mono. */
const MONO = configOf("11 88");

describe("what FFmpeg encoded", () => {
  test.each([
    ["stereo-44100", 2],
    ["low-rate-48000", 2],
    ["surround-48000", 6],
  ])("%s is decoded as FFmpeg decodes it", (name, channelCount) => {
    const { config, accessUnits } = readAacFile(name);
    const decoder = new AacDecoder(config);
    const samples = decodeInterleaved(decoder, accessUnits);
    const expected = readSamples(name);
    const actual = Float32Array.from(expected, (_, index) => {
      const frame = Math.floor(index / channelCount) * STRIDE;
      return samples[frame * channelCount + (index % channelCount)] ?? 0;
    });
    expect(decoder.channelCount).toBe(channelCount);
    expect(decoder.sampleRate).toBe(config.sampleRate);
    expect(decoder.hasBandReplication).toBe(false);
    expect(toSnr(expected, actual)).toBeGreaterThan(120);
  });

  test("a tone is a tone", () => {
    const { config, accessUnits } = readAacFile("tone-48000");
    const samples = decodeInterleaved(new AacDecoder(config), accessUnits);
    expect(toToneSnr(samples.subarray(4096, 20_480), 1000 / 48_000)).toBeGreaterThan(30);
  });

  test("substituted noise has the power that FFmpeg gives it", () => {
    const { config, accessUnits } = readAacFile("noise-48000");
    const samples = decodeInterleaved(new AacDecoder(config), accessUnits).subarray(2048, -2048);
    const power = samples.reduce((sum, value) => sum + value ** 2, 0) / samples.length;
    expect(10 * Math.log10(power / NOISE_POWER)).toBeCloseTo(0, 0);
    const again = decodeInterleaved(new AacDecoder(config), accessUnits).subarray(2048, -2048);
    expect(again).toEqual(samples);
  });
});

/** One channel with a long window, up to the codebook of its one section. */
function monoUnit(bandCount: number, codebook: number): BitWriter {
  return new BitWriter()
    .u(3, 0) // Single channel.
    .u(4, 0)
    .u(8, 140) // Global gain.
    .u(1, 0)
    .u(2, 0) // Only long.
    .u(1, 0)
    .u(6, bandCount)
    .u(1, 0)
    .u(4, codebook)
    .u(5, bandCount);
}

/** The codeword of values, without signs. */
function codewordOf(number: number, ...values: readonly number[]): string {
  const codebook = SPECTRAL_CODEBOOKS[number - 1];
  if (codebook === undefined) throw new Error("there is no such codebook");
  const { isSigned, largestMagnitude } = codebook;
  const base = isSigned ? 2 * largestMagnitude + 1 : largestMagnitude + 1;
  const symbol = values.reduce(
    (sum, value) => sum * base + value + (isSigned ? largestMagnitude : 0),
    0,
  );
  const { codewords, lengths } = toCodewords(codebook);
  return (codewords[symbol] ?? 0).toString(2).padStart(lengths[symbol] ?? 0, "0");
}

const NO_TOOLS = "000"; // No pulses, no TNS, no gain control.
const END = "111";

describe("what no fixture has", () => {
  test("pulses add to what is coded", () => {
    const pulses = new BitWriter()
      .raw("1")
      .u(2, 1) // Two.
      .u(6, 1) // From band 1 on, which begins with coefficient 4.
      .u(5, 0)
      .u(4, 2) // 1 becomes 3.
      .u(5, 5)
      .u(4, 3); // 0 becomes -3.
    const pulseBits = Array.from(pulses.bytes(), (byte) => byte.toString(2).padStart(8, "0"));
    const pulsed = monoUnit(3, 1)
      .raw("000") // Differences of scale factors, all 0.
      .raw(pulseBits.join("").slice(0, 27))
      .raw("00") // No TNS, no gain control.
      .raw(codewordOf(1, 0, 0, 0, 0) + codewordOf(1, 1, 0, 0, 0) + codewordOf(1, 0, 0, 0, 0))
      .raw(END)
      .bytes();
    const none = codewordOf(5, 0, 0);
    const plain = monoUnit(3, 5)
      .raw(`000${NO_TOOLS}`)
      .raw(none + none + codewordOf(5, 3, 0) + none + codewordOf(5, 0, -3) + none)
      .raw(END)
      .bytes();
    const decode = (accessUnit: Uint8Array): Float32Array =>
      new AacDecoder(MONO).decode(accessUnit)[0] ?? new Float32Array();
    expect(decode(pulsed)).toEqual(decode(plain));
    expect(Math.max(...decode(plain))).toBeGreaterThan(0);
  });

  test("escapes go up to 8,191", () => {
    const escapeOf = (value: number): string => {
      const digits = value.toString(2);
      return `${"1".repeat(digits.length - 5)}0${digits.slice(1)}`;
    };
    const unit = (...values: readonly [number, number]): Uint8Array =>
      monoUnit(1, 11)
        .raw(`0${NO_TOOLS}${codewordOf(11, 16, 16)}01${values.map(escapeOf).join("")}`)
        .raw(codewordOf(11, 0, 0) + END)
        .bytes();
    const peak = (accessUnit: Uint8Array): number =>
      Math.max(...(new AacDecoder(MONO).decode(accessUnit)[0] ?? []));
    expect(peak(unit(8191, 8191)) / peak(unit(16, 16))).toBeCloseTo((8191 / 16) ** (4 / 3), 1);
    expect(() => peak(unit(8192, 16))).toThrow(MalformedError);
  });

  test("data, fill bits and a layout stand between channels", () => {
    const [, , , accessUnit = new Uint8Array()] = readAacFile("tone-48000").accessUnits;
    const accessUnitBits = Array.from(accessUnit, (byte) => byte.toString(2).padStart(8, "0"));
    const more = new BitWriter()
      .u(3, 6) // Fill bits: 15 + 2 - 1 bytes.
      .u(4, 15)
      .u(8, 2)
      .raw("0".repeat(16 * 8)) // Up to bit 143.
      .u(3, 4) // Data: 2 bytes from the start of a byte on, bit 160.
      .u(4, 0)
      .u(1, 1)
      .u(8, 2)
      .raw("0")
      .u(16, 0xffff)
      .u(3, 5) // A layout: one channel at the front, and a comment of a byte.
      .u(4 + 2 + 4, 0)
      .u(4, 1)
      .u(4 + 4 + 2 + 3 + 4, 0)
      .raw("000")
      .u(5, 0) // Up to bit 218.
      .raw("000000")
      .u(8, 1)
      .u(8, 0xff);
    const expected = new AacDecoder(MONO).decode(accessUnit);
    const actual = new AacDecoder(MONO).decode(more.raw(accessUnitBits.join("")).bytes());
    expect(actual).toEqual(expected);
  });

  test("spectral band replication is left out, and known", () => {
    // HE-AAC by its configuration: a core of 24 kHz, made 48 kHz.
    const explicit = new AacDecoder(configOf("2b 11 88 00"));
    expect([explicit.sampleRate, explicit.hasBandReplication]).toEqual([24_000, true]);
    const implicit = new AacDecoder(MONO);
    expect(implicit.hasBandReplication).toBe(false);
    const withReplication = new BitWriter()
      .u(3, 6) // Fill bits of 2 bytes, of which the first says what they are.
      .u(4, 2)
      .u(4, 13)
      .u(12, 0)
      .u(3, 0) // A silent channel.
      .u(4 + 8 + 1 + 2 + 1 + 6 + 1, 0)
      .raw(NO_TOOLS + END);
    implicit.decode(withReplication.bytes());
    expect(implicit.hasBandReplication).toBe(true);
  });

  test("the order of WAVE files is made of that of AAC", () => {
    expect(toWaveOrder(["C", "L", "R", "Ls", "Rs", "LFE"]).join()).toBe("L,R,C,LFE,Ls,Rs");
    for (let count = 1; count <= 8; count++) {
      const channels = Array.from({ length: count }, (_, index) => index);
      expect(toWaveOrder(channels).toSorted()).toEqual(channels);
    }
  });

  test("configurations of other kinds are refused", () => {
    expect(canDecodeAac(MONO)).toBe(true);
    expect(canDecodeAac({ ...MONO, objectType: 1 })).toBe(false);
    expect(canDecodeAac({ ...MONO, samplesPerFrame: 960 })).toBe(false);
    expect(canDecodeAac({ ...MONO, channelCount: 24 })).toBe(false);
  });
});

describe("hostile input", () => {
  test("every truncation is malformed, and what follows is as if it were the first", () => {
    const { config, accessUnits } = readAacFile("low-rate-48000");
    for (const accessUnit of accessUnits.slice(4, 8)) {
      const decoder = new AacDecoder(config);
      const fresh = new AacDecoder(config).decode(accessUnit).map((samples) => samples.slice());
      decoder.decode(accessUnit);
      // The end element is the last thing; zeros up to a whole byte may follow it.
      for (let size = 0; size < accessUnit.length - 1; size++) {
        expect(unlessMalformed(() => decoder.decode(accessUnit.subarray(0, size)))).toBeUndefined();
      }
      expect(decoder.decode(accessUnit)).toEqual(fresh);
    }
  });

  test("flipped bits do no harm", () => {
    const { config, accessUnits } = readAacFile("low-rate-48000");
    const decoder = new AacDecoder(config);
    const random = createRandom(3);
    for (let round = 0; round < 60; round++) {
      for (const accessUnit of accessUnits) {
        const broken = accessUnit.slice();
        const at = random(broken.length);
        broken[at] = (broken[at] ?? 0) ^ (1 << random(8));
        expectSound(unlessMalformed(() => decoder.decode(broken)));
      }
    }
  });

  test.each(["11 88", "11 90", "11 b0", "15 88"])("noise does no harm to %s", (hex) => {
    const decoder = new AacDecoder(configOf(hex));
    for (const bytes of noise(2000, 300)) {
      expectSound(unlessMalformed(() => decoder.decode(bytes)));
    }
  });
});

/** Numbers, whatever they are. */
function expectSound(channels: readonly Float32Array[] | undefined): void {
  const sum = channels?.reduce((total, samples) => samples.reduce((a, b) => a + b, total), 0) ?? 0;
  expect(Number.isFinite(sum)).toBe(true);
}
