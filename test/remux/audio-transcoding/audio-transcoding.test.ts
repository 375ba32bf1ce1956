/**
 * Goal: sound comes out of a transcoding as it went in, and at the time at which it did.
 *
 * Method: a tone in AAC, MP3, G.711 and Opus, decoded again and fitted; noise that is the same nowhere
 * else, to find to the sample where it has gone; gaps, missing frames and those that are malformed.
 */

import { describe, expect, test } from "vitest";
import { encodeAudioSpecificConfig } from "../../../src/codec/aac/audio-specific-config.ts";
import { encodeALaw } from "../../../src/codec/g711/a-law.ts";
import { encodeMuLaw } from "../../../src/codec/g711/mu-law.ts";
import { decodeMp3FrameHeader } from "../../../src/codec/mp3/frame-header.ts";
import { toInt16 } from "../../../src/codec/pcm/sample-format.ts";
import type { AudioDecoder } from "../../../src/remux/audio-transcoding/audio-samples.ts";
import {
  AudioTranscoding,
  type TranscodedFrame,
} from "../../../src/remux/audio-transcoding/audio-transcoding.ts";
import { createAudioDecoder } from "../../../src/remux/audio-transcoding/create-decoder.ts";
import { createAudioEncoder } from "../../../src/remux/audio-transcoding/create-encoder.ts";
import { readAacFile } from "../../support/aac-file.ts";
import { loadOpusLibrary, readOpusPackets } from "../../support/audio-fixtures.ts";
import { readMp3Frames } from "../../support/mp3-file.ts";
import { createRandom } from "../../support/seeded-random.ts";
import { fitTone, makeTone } from "../../support/tone.ts";
import {
  createPlainDecoder,
  createPlainEncoder,
  findLag,
  recordAac,
  recordOpus,
  recordPlain,
  toPlainPayload,
} from "../../support/transcoding.ts";

const opus = loadOpusLibrary();
const TONE = { frequency: 1_000, sampleRate: 48_000 };

function toOpus(decoder: AudioDecoder): AudioTranscoding {
  return new AudioTranscoding(decoder, createAudioEncoder("opus", 64_000, opus));
}

/** Noise without the highest frequencies, which no codec keeps. */
function softNoise(sampleCount: number): Float32Array<ArrayBuffer> {
  const random = createRandom(11);
  let last = 0;
  return Float32Array.from({ length: sampleCount }, () => {
    last += ((random(2_000) - 1_000) / 4_000 - last) * 0.2;
    return last;
  });
}

interface Sent {
  readonly dtsMs: number;
  readonly payload: Uint8Array;
}

/** Cuts sound into frames of 20 ms, from `startMs` on. */
function cut(sound: Float32Array, sampleRate: number, startMs = 0): Sent[] {
  const size = sampleRate / 50;
  return Array.from({ length: Math.floor(sound.length / size) }, (_, index) => ({
    dtsMs: startMs + index * 20,
    payload: toPlainPayload(sound.subarray(index * size, (index + 1) * size)),
  }));
}

function writeAll(transcoding: AudioTranscoding, frames: readonly Sent[]): TranscodedFrame[] {
  return frames.flatMap(({ dtsMs, payload }) => transcoding.write(dtsMs, payload));
}

const MP3 = { codec: "mp3", decoderConfigurationRecord: undefined } as const;

/** Frames of MPEG audio one behind the other, at times in whole milliseconds as in RTMP. */
function timed(frames: readonly Uint8Array[]): Sent[] {
  let ms = 0;
  return frames.map((payload) => {
    const dtsMs = Math.round(ms);
    const { samplesPerFrame = 0, sampleRate = 1 } = decodeMp3FrameHeader(payload, 0) ?? {};
    ms += (samplesPerFrame * 1_000) / sampleRate;
    return { dtsMs, payload };
  });
}

describe("a tone", () => {
  test.each(["tone-44100", "tone-48000"])("of AAC (%s) survives in Opus", (name) => {
    const { config, accessUnits } = readAacFile(name);
    const decoderConfigurationRecord = encodeAudioSpecificConfig(config);
    const transcoding = toOpus(
      createAudioDecoder({ codec: "aac", decoderConfigurationRecord }, opus),
    );
    const frames = writeAll(
      transcoding,
      accessUnits.map((payload, index) => ({
        dtsMs: Math.round((index * 1024_000) / config.sampleRate),
        payload,
      })),
    );
    expect(transcoding.malformedCount).toBe(0);
    const { snr } = fitTone(TONE, recordOpus(frames, 1_000).subarray(4_800, 14_400));
    expect(snr).toBeGreaterThan(30);
  });

  test.each(["tone-44100.mp3", "tone-24000.mp3", "tone-48000.mp2"])(
    "of MPEG audio (%s) survives in Opus",
    (name) => {
      const transcoding = toOpus(createAudioDecoder(MP3, opus));
      const recorded = recordOpus(writeAll(transcoding, timed(readMp3Frames(name))), 1_200);
      expect(transcoding.malformedCount).toBe(0);
      expect(fitTone(TONE, recorded.subarray(9_600, 19_200)).snr).toBeGreaterThan(30);
    },
  );

  test("of MP3 survives a change of its rate", () => {
    const frames = [...readMp3Frames("tone-44100.mp3"), ...readMp3Frames("tone-24000.mp3")];
    const transcoding = toOpus(createAudioDecoder(MP3, opus));
    const recorded = recordOpus(writeAll(transcoding, timed(frames)), 2_300);
    expect(transcoding.malformedCount).toBe(0);
    for (const begin of [9_600, 76_800]) {
      expect(fitTone(TONE, recorded.subarray(begin, begin + 9_600)).snr).toBeGreaterThan(30);
    }
  });

  test.each([
    ["g711a", encodeALaw],
    ["g711u", encodeMuLaw],
  ] as const)("of G.711 (%s) survives in Opus", (codec, encode) => {
    const decoderConfigurationRecord = undefined;
    const transcoding = toOpus(createAudioDecoder({ codec, decoderConfigurationRecord }, opus));
    const frames = Array.from({ length: 50 }, (_, index) => ({
      dtsMs: index * 20,
      payload: encode(toInt16(makeTone({ frequency: 1_000, sampleRate: 8_000 }, 160, index * 160))),
    }));
    const recorded = recordOpus(writeAll(transcoding, frames), 1_000);
    const { snr, delay } = fitTone(TONE, recorded.subarray(9_600, 38_400));
    expect(snr).toBeGreaterThan(30);
    expect(Math.abs(delay)).toBeLessThan(0.1);
  });
});

test("a tone of Opus survives in AAC", () => {
  const source = { codec: "opus", decoderConfigurationRecord: undefined } as const;
  const decoder = createAudioDecoder(source, opus);
  const transcoding = new AudioTranscoding(decoder, createAudioEncoder("aac", 64_000, opus));
  const sent = readOpusPackets().map((payload, index) => ({ dtsMs: index * 20, payload }));
  const recorded = recordAac(writeAll(transcoding, sent), 1_000);
  expect(fitTone(TONE, recorded.subarray(9_600, 38_400)).snr).toBeGreaterThan(30);
});

describe("the time of sound", () => {
  test("stays the same to the sample in AAC", () => {
    const sound = softNoise(48_000);
    const encoder = createAudioEncoder("aac", 128_000, opus);
    const transcoding = new AudioTranscoding(createPlainDecoder(48_000), encoder);
    const frames = writeAll(transcoding, cut(sound, 48_000, 500));
    expect(findLag(sound, recordAac(frames, 1_600).subarray(24_000), 2_500)).toBe(0);
  });

  test.each([48_000, 44_100, 8_000])("stays the same to the sample at %i Hz", (sampleRate) => {
    const sound = softNoise(sampleRate);
    const frames = writeAll(toOpus(createPlainDecoder(sampleRate)), cut(sound, sampleRate, 500));
    const recorded = recordOpus(frames, 1_600);
    if (sampleRate === 48_000) {
      expect(findLag(sound, recorded.subarray(24_000), 1_500)).toBe(0);
    } else {
      // Every sample at a rate of its own is looked for where it has to be.
      const picked = sound.map(
        (_, i) => recorded[24_000 + Math.round((i * 48_000) / sampleRate)] ?? 0,
      );
      expect(findLag(sound, picked, 300)).toBe(0);
    }
    // The first frame is the encoder's lookahead ahead of the sound.
    expect(frames[0]?.dtsMs).toBeCloseTo(500 - 6.5, 6);
    for (const [index, { dtsMs }] of frames.entries()) {
      expect(dtsMs).toBeCloseTo(493.5 + index * 20, 6);
    }
  });

  test("is never before 0", () => {
    const sound = softNoise(24_000);
    const frames = writeAll(toOpus(createPlainDecoder(48_000)), cut(sound, 48_000));
    expect(frames[0]?.dtsMs).toBe(0);
    expect(findLag(sound, recordOpus(frames, 500), 1_500)).toBe(0);
  });

  test("does not drift in ten minutes of times in whole milliseconds", () => {
    const transcoding = new AudioTranscoding(createPlainDecoder(44_100), createPlainEncoder());
    const piece = softNoise(40 * 1_024);
    const silence = toPlainPayload(new Float32Array(1_024));
    let position = 0;
    const next = (payload: Uint8Array): TranscodedFrame[] => {
      const dtsMs = Math.round((position * 1_000) / 44_100);
      position += 1_024;
      return transcoding.write(dtsMs, payload);
    };
    let count = 0;
    while (position < 600 * 44_100) count += next(silence).length;
    expect(count).toBeGreaterThan(29_997);
    const startMs = (position * 1_000) / 44_100;
    const frames: TranscodedFrame[] = [];
    for (let i = 0; i < 40; i++) {
      frames.push(...next(toPlainPayload(piece.subarray(i * 1_024, (i + 1) * 1_024))));
    }
    const recorded = recordPlain(frames, startMs - 100, 1_100);
    const picked = piece.map((_, i) => recorded[Math.round(4_800 + (i * 480) / 441)] ?? 0);
    expect(findLag(piece.subarray(0, 36_000), picked, 300)).toBe(0);
  });

  test("follows a publisher whose clock is slower than its samples", () => {
    const transcoding = new AudioTranscoding(createPlainDecoder(48_000), createPlainEncoder());
    const silence = toPlainPayload(new Float32Array(960));
    let lastMs = 0;
    for (let index = 0; index < 30_000; index++) {
      for (const { dtsMs } of transcoding.write(Math.round(index * 20.004), silence))
        lastMs = dtsMs;
    }
    expect(Math.abs(lastMs - 29_999 * 20.004)).toBeLessThan(40);
  });
});

describe("what is missing", () => {
  test("stays a gap where it is long, with all sound before it and behind it", () => {
    const [before, behind] = [softNoise(12_000), softNoise(24_000).subarray(12_000)];
    const transcoding = toOpus(createPlainDecoder(48_000));
    const sent = [...cut(before, 48_000, 100), ...cut(behind, 48_000, 1_003)];
    const frames = writeAll(transcoding, sent);
    const times = frames.map(({ dtsMs }) => dtsMs);
    for (let i = 1; i < times.length; i++) {
      expect((times[i] ?? 0) - (times[i - 1] ?? 0)).toBeGreaterThan(19.9);
    }
    expect(times.filter((ms) => ms > 390 && ms < 990)).toEqual([]);
    const recorded = recordOpus(frames, 1_400);
    expect(findLag(before, recorded.subarray(4_800), 1_000)).toBe(0);
    expect(findLag(behind.subarray(0, 10_000), recorded.subarray(48_144), 1_000)).toBe(0);
    // Its end is not cut off.
    const end = recorded.subarray(4_800 + 11_000, 4_800 + 11_900);
    expect(findLag(before.subarray(11_000, 11_900), end, 100)).toBe(0);
  });

  test("is made up for where it is short, and nothing moves", () => {
    const sound = softNoise(48_000);
    const sent = cut(sound, 48_000, 100).filter((_, index) => index % 10 !== 5);
    const transcoding = toOpus(createPlainDecoder(48_000, true));
    const recorded = recordOpus(writeAll(transcoding, sent), 1_200);
    expect(findLag(sound.subarray(24_000), recorded.subarray(28_800), 1_000)).toBe(0);
  });

  test("may be malformed", () => {
    const sound = softNoise(48_000);
    const sent = cut(sound, 48_000, 100).map((frame, index) =>
      index % 10 === 0 ? { ...frame, payload: Uint8Array.of(1) } : frame,
    );
    const transcoding = toOpus(createPlainDecoder(48_000));
    const recorded = recordOpus(writeAll(transcoding, sent), 1_200);
    expect(transcoding.malformedCount).toBe(5);
    expect(findLag(sound.subarray(24_000), recorded.subarray(28_800), 1_000)).toBe(0);
  });
});

test("a decoder that is not there is the track's fault", () => {
  const track = { codec: "speex", decoderConfigurationRecord: undefined } as const;
  expect(() => createAudioDecoder(track, opus)).toThrow(/Cannot decode this kind of speex/);
});
