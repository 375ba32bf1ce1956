/**
 * Goal: sound comes through Opus as it was, at the time at which it was, and hostile packets end in
 * MalformedError alone.
 *
 * Method: a tone that FFmpeg has encoded; one that we encode; seeded noise, and true packets cut off
 * and damaged.
 */

import { describe, expect, test } from "vitest";
import { MalformedError } from "../../../src/base/errors.ts";
import { OpusDecoder } from "../../../src/codec/opus/opus-decoder.ts";
import { OPUS_FRAME_SAMPLES, OpusEncoder } from "../../../src/codec/opus/opus-encoder.ts";
import { opusPacketSamples } from "../../../src/codec/opus/packet-duration.ts";
import { loadOpusLibrary, readOpusPackets } from "../../support/audio-fixtures.ts";
import { noise } from "../../support/noise.ts";
import { joinSamples } from "../../support/samples.ts";
import { fitTone, makeTone } from "../../support/tone.ts";

const TONE = { frequency: 1_000, sampleRate: 48_000 };
const library = loadOpusLibrary();

/** Both channels of what the packets hold. */
function decodeAll(packets: readonly Uint8Array[]): Float32Array[] {
  const decoder = new OpusDecoder(library, 2);
  const decoded = packets.map((packet) => decoder.decode(packet));
  decoder.close();
  return [0, 1].map((channel) =>
    joinSamples(decoded.map((planar) => planar[channel] ?? new Float32Array())),
  );
}

describe("OpusDecoder", () => {
  test("decodes what FFmpeg has encoded", () => {
    const packets = readOpusPackets();
    const channels = decodeAll(packets);
    const total = packets.reduce((sum, packet) => sum + opusPacketSamples(packet), 0);
    for (const channel of channels) {
      expect(channel.length).toBe(total);
      const { snr, amplitude } = fitTone(TONE, channel.subarray(9_600, 43_200));
      expect(snr).toBeGreaterThan(35);
      // FFmpeg's sine of an eighth, at four times its volume, in two channels of equal power.
      expect(amplitude).toBeCloseTo(0.3535, 2);
    }
  });

  test("makes up for what is missing", () => {
    const decoder = new OpusDecoder(library, 2);
    for (const packet of readOpusPackets().slice(0, 30)) decoder.decode(packet);
    const [left = new Float32Array()] = decoder.conceal(960);
    expect(left.length).toBe(960);
    expect(fitTone(TONE, left).snr).toBeGreaterThan(10);
  });

  test("takes nothing but MalformedError from hostile packets, and goes on", () => {
    const decoder = new OpusDecoder(library, 2);
    const [good = new Uint8Array()] = readOpusPackets().slice(20);
    let refusedCount = 0;
    const attempt = (packet: Uint8Array): void => {
      try {
        const planar = decoder.decode(packet);
        expect(planar[0]?.length).toBe(opusPacketSamples(packet));
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedError);
        refusedCount += 1;
      }
    };
    attempt(new Uint8Array());
    attempt(new Uint8Array(8193));
    for (let size = 1; size < good.length; size++) attempt(good.subarray(0, size));
    for (const packet of noise(300, 200)) attempt(packet);
    expect(refusedCount).toBeGreaterThan(100);
    expect(decoder.decode(good)[0]?.length).toBe(960);
  });
});

describe("OpusEncoder", () => {
  test.each([1, 2] as const)("keeps a tone in %i channels, late by its lookahead", (count) => {
    const encoder = new OpusEncoder(library, { channelCount: count, bitrate: 64_000 });
    expect(encoder.lookahead).toBe(312);
    const packets = Array.from({ length: 50 }, (_, index) => {
      const samples = makeTone(TONE, OPUS_FRAME_SAMPLES, index * OPUS_FRAME_SAMPLES);
      return encoder.encode(Array.from({ length: count }, () => samples));
    });
    encoder.close();
    const size = packets.reduce((sum, packet) => sum + packet.length, 0);
    expect(size * 8).toBeGreaterThan(48_000);
    expect(size * 8).toBeLessThan(80_000);
    for (const channel of decodeAll(packets)) {
      const { snr, amplitude, delay } = fitTone(TONE, channel.subarray(9_600 + 312, 43_200 + 312));
      expect(snr).toBeGreaterThan(35);
      expect(amplitude).toBeCloseTo(0.5, 2);
      expect(Math.abs(delay)).toBeLessThan(0.5);
    }
  });

  test("clips what is too loud", () => {
    const encoder = new OpusEncoder(library, { channelCount: 1, bitrate: 64_000 });
    const loud = new Float32Array(OPUS_FRAME_SAMPLES).fill(9);
    const packets = Array.from({ length: 5 }, () => encoder.encode([loud]));
    const [left = new Float32Array()] = decodeAll(packets);
    for (const sample of left) expect(Math.abs(sample)).toBeLessThanOrEqual(1);
  });

  test("gives its memory back", () => {
    const { memory } = library.exports;
    for (let i = 0; i < 200; i++) {
      new OpusEncoder(library, { channelCount: 2, bitrate: 64_000 }).close();
      new OpusDecoder(library, 2).close();
    }
    const { byteLength } = memory.buffer;
    for (let i = 0; i < 500; i++) {
      new OpusEncoder(library, { channelCount: 2, bitrate: 64_000 }).close();
      new OpusDecoder(library, 2).close();
    }
    expect(memory.buffer.byteLength).toBe(byteLength);
  });
});
