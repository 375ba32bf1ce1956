/**
 * Goal: of each audio track that can be packaged, the codec string, the rate and the length of its
 * frames are known; of every other, that they are not.
 *
 * Method: configurations and first frames as encoders make them; seeded noise.
 */

import { describe, expect, test } from "vitest";
import { MalformedError } from "../../../src/base/errors.ts";
import type { Track } from "../../../src/live/track.ts";
import { describeAudio } from "../../../src/remux/track/audio-details.ts";
import { fromHex, joinBytes } from "../../support/hex.ts";
import { noise } from "../../support/noise.ts";

function describeTrack(codec: Track["codec"], record?: string, firstFrame?: string) {
  const track = { codec, decoderConfigurationRecord: record ? fromHex(record) : undefined };
  return describeAudio(track, firstFrame ? { payload: fromHex(firstFrame) } : undefined);
}

const OPUS_HEAD = "4f70757348656164 01 02 3801 80bb0000 0000 00";
/** MPEG-1 layer III, 128 kbit/s, 44.1 kHz, joint stereo: 417 bytes. */
const MP3_FRAME = joinBytes(fromHex("fffb9064"), new Uint8Array(413));

describe("describeAudio()", () => {
  test.each([
    ["AAC-LC", "1210", "mp4a.40.2", 44_100, 2, 1024],
    ["AAC-LC of 960 samples", "118c", "mp4a.40.2", 48_000, 1, 960],
    ["HE-AAC, of 24 kHz and SBR", "2b118800", "mp4a.40.5", 48_000, 2, 2048],
    ["HE-AAC v2, of one channel and PS", "eb098800", "mp4a.40.29", 48_000, 2, 2048],
    ["AAC, FFmpeg's record", "118856e500", "mp4a.40.2", 48_000, 1, 1024],
  ])("%s", (_, record, ...expected) => {
    const [codecString, sampleRate, channelCount, samples] = expected;
    const details = describeTrack("aac", record);
    expect(details).toMatchObject({ codec: "aac", codecString, sampleRate, channelCount });
    expect(details?.samplesPerFrame(Uint8Array.of(1))).toBe(samples);
  });

  test.each([
    ["the lowest of the table", "1610", 7_350],
    ["one that is not in the table", "1780 5622 08", 44_100],
    ["SBR of twice the highest", "2817 8177 0010 00", 192_000],
    ["a hertz less than the lowest", "1780 0e5a 88", undefined],
    ["1 Hz", "1780 0000 88", undefined],
    ["16 MHz", "17ff ffff 88", undefined],
  ])("AAC of a sampling frequency: %s", (_, record, expected) => {
    const sampleRate = () => describeTrack("aac", record)?.sampleRate;
    if (expected === undefined) expect(sampleRate).toThrow(MalformedError);
    else expect(sampleRate()).toBe(expected);
  });

  test("Opus: each packet says how long it is", () => {
    const details = describeTrack("opus", OPUS_HEAD);
    expect(details).toMatchObject({
      codec: "opus",
      codecString: "opus",
      sampleRate: 48_000,
      channelCount: 2,
    });
    expect(details?.samplesPerFrame(fromHex("f8ca"))).toBe(960);
    expect(details?.samplesPerFrame(fromHex("1902"))).toBe(2 * 2880); // Two frames of 60 ms.
    expect(() => details?.samplesPerFrame(fromHex("1b03"))).toThrow(MalformedError);
  });

  test("MP3: the first frame says what it is, each how long it is", () => {
    const track = { codec: "mp3", decoderConfigurationRecord: undefined } as const;
    const details = describeAudio(track, { payload: MP3_FRAME });
    expect(details).toMatchObject({
      codec: "mp3",
      codecString: "mp4a.40.34",
      sampleRate: 44_100,
      channelCount: 2,
    });
    expect(details?.samplesPerFrame(MP3_FRAME)).toBe(1152);
    expect(details?.samplesPerFrame(joinBytes(MP3_FRAME, MP3_FRAME))).toBe(2304);
    // A frame that is cut off, and one of the free format, whose end nobody knows.
    expect(details?.samplesPerFrame(MP3_FRAME.subarray(0, 100))).toBe(1152);
    expect(details?.samplesPerFrame(fromHex("fffb0064 000000000000"))).toBe(1152);
    expect(describeTrack("mp3", undefined, "fff384c4")).toMatchObject({ sampleRate: 24_000 });
    expect(describeTrack("mp3", undefined, "fffda400")?.codecString).toBe("mp4a.40.33");
  });

  test.each<[string, Track["codec"], string | undefined, string | undefined]>([
    ["AAC without configuration", "aac", undefined, "2110"],
    ["USAC", "aac", "f9464000", undefined],
    ["Opus without configuration", "opus", undefined, "f8ca"],
    ["MP3 before its first frame", "mp3", undefined, undefined],
    ["Speex", "speex", undefined, "00"],
    ["G.711", "g711a", undefined, "00"],
    ["FLAC", "flac", "00", "00"],
    ["video", "h264", "00", "00"],
  ])("undefined: %s", (_, codec, record, frame) => {
    expect(describeTrack(codec, record, frame)).toBeUndefined();
  });

  test.each<[string, Track["codec"], string | undefined, string | undefined]>([
    ["AAC", "aac", "11", undefined],
    ["Opus", "opus", "4f707573", undefined],
    ["MP3", "mp3", undefined, "49443304"],
    ["MP3, cut off", "mp3", undefined, "fffb"],
  ])("malformed: %s", (_, codec, record, frame) => {
    expect(() => describeTrack(codec, record, frame)).toThrow(MalformedError);
  });

  test("throws nothing but MalformedError on noise", () => {
    const aac = describeTrack("aac", "1210");
    const opus = describeTrack("opus", OPUS_HEAD);
    const mp3 = describeTrack("mp3", undefined, "fffb9064");
    for (const bytes of noise(5_000, 40)) {
      for (const run of [
        () => describeAudio({ codec: "aac", decoderConfigurationRecord: bytes }),
        () => describeAudio({ codec: "opus", decoderConfigurationRecord: bytes }),
        () =>
          describeAudio({ codec: "mp3", decoderConfigurationRecord: bytes }, { payload: bytes }),
        () => aac?.samplesPerFrame(bytes),
        () => opus?.samplesPerFrame(bytes),
        () => mp3?.samplesPerFrame(joinBytes(fromHex("ffe390c4"), bytes)),
      ]) {
        try {
          run();
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedError);
        }
      }
    }
  });
});
