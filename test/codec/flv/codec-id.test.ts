/**
 * Goal: codecs and the numbers they have on the wire correspond, in both directions.
 *
 * Method: FourCCs are compared with their letters; each number of a codec must lead back to it.
 */

import { describe, expect, test } from "vitest";
import {
  type AudioCodec,
  AudioFourCc,
  audioCodecOfFourCc,
  audioCodecOfSoundFormat,
  codecIdOfVideoCodec,
  fourCcOfAudioCodec,
  fourCcOfVideoCodec,
  SoundFormat,
  soundFormatOfAudioCodec,
  type VideoCodec,
  VideoCodecId,
  VideoFourCc,
  videoCodecOfCodecId,
  videoCodecOfFourCc,
} from "../../../src/codec/flv/codec-id.ts";

function letters(fourCc: number): string {
  return String.fromCharCode(
    fourCc >>> 24,
    (fourCc >>> 16) & 0xff,
    (fourCc >>> 8) & 0xff,
    fourCc & 0xff,
  );
}

const VIDEO_CODECS = Object.keys({
  h264: 0,
  hevc: 0,
  vvc: 0,
  av1: 0,
  vp9: 0,
  vp8: 0,
  h263: 0,
  screen: 0,
  vp6: 0,
  vp6a: 0,
  screen2: 0,
} satisfies Record<VideoCodec, 0>) as VideoCodec[];

const AUDIO_CODECS = Object.keys({
  aac: 0,
  mp3: 0,
  opus: 0,
  flac: 0,
  ac3: 0,
  eac3: 0,
  g711a: 0,
  g711u: 0,
  speex: 0,
  nellymoser: 0,
  adpcm: 0,
  pcm: 0,
} satisfies Record<AudioCodec, 0>) as AudioCodec[];

describe("FourCCs", () => {
  test("spell what the specification says", () => {
    const video = Object.values(VideoFourCc).map(letters);
    expect(video).toEqual(["vp08", "vp09", "av01", "avc1", "hvc1", "vvc1"]);
    const audio = Object.values(AudioFourCc).map(letters);
    expect(audio).toEqual(["ac-3", "ec-3", "Opus", ".mp3", "fLaC", "mp4a"]);
  });
});

describe("codecs and numbers", () => {
  test.each(VIDEO_CODECS)("%s", (codec) => {
    const fourCc = fourCcOfVideoCodec(codec);
    const codecId = codecIdOfVideoCodec(codec);
    expect(fourCc !== undefined || codecId !== undefined).toBe(true);
    if (fourCc !== undefined) expect(videoCodecOfFourCc(fourCc)).toBe(codec);
    if (codecId !== undefined) expect(videoCodecOfCodecId(codecId)).toBe(codec);
  });

  test.each(AUDIO_CODECS)("%s", (codec) => {
    const fourCc = fourCcOfAudioCodec(codec);
    const format = soundFormatOfAudioCodec(codec);
    expect(fourCc !== undefined || format !== undefined).toBe(true);
    if (fourCc !== undefined) expect(audioCodecOfFourCc(fourCc)).toBe(codec);
    if (format !== undefined) expect(audioCodecOfSoundFormat(format)).toBe(codec);
  });

  test("cover the tables, and nothing beyond", () => {
    expect(Object.values(SoundFormat)).toEqual(Array.from({ length: 16 }, (_, index) => index));
    expect(Object.values(VideoCodecId)).toEqual(Array.from({ length: 16 }, (_, index) => index));
    expect(videoCodecOfCodecId(VideoCodecId.Reserved15)).toBeUndefined();
    expect(videoCodecOfCodecId(16)).toBeUndefined();
    expect(audioCodecOfSoundFormat(SoundFormat.ExHeader)).toBeUndefined();
    expect(audioCodecOfSoundFormat(SoundFormat.Mp3At8K)).toBe("mp3");
    expect(videoCodecOfFourCc(0)).toBeUndefined();
    expect(audioCodecOfFourCc(0)).toBeUndefined();
  });
});
