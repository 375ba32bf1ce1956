/**
 * Goal: the headers of audio messages, legacy and enhanced, are read and written as Annex E.4.2 and
 * Enhanced RTMP v2 have them.
 *
 * Method: a table of golden headers serves both directions; what only decodes (ModEx, multitrack,
 * reserved values) has tables of its own; every prefix, and seeded noise.
 */

import { describe, expect, test } from "vitest";
import { ByteWriter } from "../../../src/base/byte-writer.ts";
import { MalformedError } from "../../../src/base/errors.ts";
import {
  AUDIO_HEADER_SIZE_MAX,
  type AudioBody,
  type AudioHeader,
  AudioPacketType,
  decodeAudioBody,
  decodeAudioTracks,
  writeAudioHeader,
} from "../../../src/codec/flv/audio-body.ts";
import { fromHex } from "../../support/hex.ts";
import { noise } from "../../support/noise.ts";

const { SequenceStart, CodedFrames, SequenceEnd, MultichannelConfig } = AudioPacketType;

/** codec, packet type; legacy: sample rate, channels, bits. */
type Row = [AudioHeader["codec"], AudioPacketType, number?, number?, number?];

// FourCCs as ASCII: mp4a 6d703461, Opus 4f707573, .mp3 2e6d7033, ac-3 61632d33, ec-3 65632d33,
// fLaC 664c6143.
const HEADERS: [hex: string, row: Row][] = [
  ["af 00", ["aac", SequenceStart, 44_100, 2, 16]],
  ["af 01", ["aac", CodedFrames, 44_100, 2, 16]],
  ["2f", ["mp3", CodedFrames, 44_100, 2, 16]],
  ["2a", ["mp3", CodedFrames, 22_050, 1, 16]],
  ["34", ["pcm", CodedFrames, 11_025, 1, 8]],
  ["1e", ["adpcm", CodedFrames, 44_100, 1, 16]],
  ["62", ["nellymoser", CodedFrames, 5512, 1, 16]],
  ["72", ["g711a", CodedFrames, 5512, 1, 16]],
  ["82", ["g711u", CodedFrames, 5512, 1, 16]],
  ["b2", ["speex", CodedFrames, 5512, 1, 16]],
  ["df", ["opus", CodedFrames, 44_100, 2, 16]],
  ["90 6d703461", ["aac", SequenceStart]],
  ["91 6d703461", ["aac", CodedFrames]],
  ["92 6d703461", ["aac", SequenceEnd]],
  ["90 4f707573", ["opus", SequenceStart]],
  ["94 4f707573", ["opus", MultichannelConfig]],
  ["91 2e6d7033", ["mp3", CodedFrames]],
  ["91 61632d33", ["ac3", CodedFrames]],
  ["91 65632d33", ["eac3", CodedFrames]],
  ["90 664c6143", ["flac", SequenceStart]],
];

function headerOf([codec, packetType, sampleRate, channelCount, bitsPerSample]: Row): AudioHeader {
  if (sampleRate === undefined || channelCount === undefined || bitsPerSample === undefined) {
    return { codec, packetType, isEnhanced: true };
  }
  return { codec, packetType, isEnhanced: false, sampleRate, channelCount, bitsPerSample };
}

/** What decodes from a header in front of two bytes of data. */
function bodyOf(hex: string, change: Partial<AudioBody>): AudioBody {
  const dataOffset = fromHex(hex).length;
  return {
    codec: undefined,
    packetType: CodedFrames,
    sampleRate: 0,
    channelCount: 0,
    bitsPerSample: 0,
    timestampNanoOffset: 0,
    isEnhanced: true,
    trackId: 0,
    dataOffset,
    dataEnd: dataOffset + 2,
    ...change,
  };
}

describe("decodeAudioBody() and writeAudioHeader()", () => {
  test.each(HEADERS)("%s", (hex, row) => {
    const header = headerOf(row);
    expect(decodeAudioBody(fromHex(`${hex} aabb`))).toEqual(bodyOf(hex, header));

    const writer = new ByteWriter();
    writeAudioHeader(writer, header);
    expect(writer.view()).toEqual(fromHex(hex));
    expect(writer.size).toBeLessThanOrEqual(AUDIO_HEADER_SIZE_MAX);
  });

  test("say what the specification fixes for AAC and Speex, whatever the sound is", () => {
    const sound = { sampleRate: 11_025, channelCount: 1, bitsPerSample: 8 };
    const writer = new ByteWriter();
    writeAudioHeader(writer, {
      codec: "aac",
      packetType: CodedFrames,
      isEnhanced: false,
      ...sound,
    });
    writeAudioHeader(writer, {
      codec: "speex",
      packetType: CodedFrames,
      isEnhanced: false,
      ...sound,
    });
    expect(writer.view()).toEqual(fromHex("af 01 b2"));
  });

  test("say one channel of 16 bits of G.711, whose 8 kHz have no number", () => {
    const writer = new ByteWriter();
    for (const codec of ["g711a", "g711u"] as const) {
      writeAudioHeader(writer, { codec, packetType: CodedFrames, isEnhanced: false });
    }
    expect(writer.view()).toEqual(fromHex("72 82"));
  });

  test("take 44100 Hz, stereo and 16 bits unless told otherwise", () => {
    const writer = new ByteWriter();
    writeAudioHeader(writer, { codec: "mp3", packetType: CodedFrames, isEnhanced: false });
    expect(writer.view()).toEqual(fromHex("2f"));
  });

  test("have no header for a codec without number", () => {
    const write = (codec: AudioHeader["codec"], isEnhanced: boolean) => () =>
      writeAudioHeader(new ByteWriter(), { codec, packetType: CodedFrames, isEnhanced });
    expect(write("flac", false)).toThrow("Assertion failed");
    expect(write("g711a", true)).toThrow("Assertion failed");
  });
});

describe("decodeAudioBody()", () => {
  test.each(HEADERS)("throws MalformedError wherever %s is cut", (hex) => {
    const whole = fromHex(hex);
    for (let length = 1; length < whole.length; length++) {
      expect(() => decodeAudioBody(whole.subarray(0, length))).toThrow(MalformedError);
    }
  });

  test("takes an empty body for silence", () => {
    expect(decodeAudioBody(new Uint8Array())).toBeUndefined();
    expect(decodeAudioTracks(new Uint8Array())).toEqual([]);
  });

  test.each<[hex: string, change: Partial<AudioBody>]>([
    ["91 78787878", { codec: undefined }],
    ["93 4f707573", { codec: "opus", packetType: undefined }],
    ["96 4f707573", { codec: "opus", packetType: undefined }],
    ["9f 4f707573", { codec: "opus", packetType: undefined }],
  ])("takes what is reserved in %s for nothing known", (hex, change) => {
    expect(decodeAudioBody(fromHex(`${hex} aabb`))).toEqual(bodyOf(hex, change));
  });

  test("takes reserved sound formats and AAC packet types for nothing known", () => {
    expect(decodeAudioBody(fromHex("cf aa"))?.codec).toBeUndefined();
    expect(decodeAudioBody(fromHex("ff aa"))?.codec).toBeUndefined();
    expect(decodeAudioBody(fromHex("af 02"))?.packetType).toBeUndefined();
  });

  test.each<[hex: string, change: Partial<AudioBody>]>([
    ["97 02 0f423f 01 4f707573", { codec: "opus", timestampNanoOffset: 999_999 }],
    ["97 00 ff f7 02 000002 01 4f707573", { codec: "opus", timestampNanoOffset: 2 }],
    [`97 ff 0100 ${"00".repeat(257)} 00 4f707573`, { codec: "opus", packetType: SequenceStart }],
  ])("reads past ModEx in %s", (hex, change) => {
    expect(decodeAudioBody(fromHex(`${hex} aabb`))).toEqual(bodyOf(hex, change));
  });
});

describe("decodeAudioTracks()", () => {
  test.each(HEADERS)("finds one track in %s", (hex) => {
    const body = fromHex(`${hex} aabb`);
    expect(decodeAudioTracks(body)).toEqual([decodeAudioBody(body)]);
  });

  test("finds the track of a message with one", () => {
    const hex = "95 01 4f707573 07";
    expect(decodeAudioTracks(fromHex(`${hex} aabb`))).toEqual([
      bodyOf(hex, { codec: "opus", trackId: 7 }),
    ]);
  });

  test("finds several tracks of one codec", () => {
    const body = fromHex("95 11 6d703461 00 000002 aabb 01 000001 cc");
    expect(decodeAudioTracks(body)).toEqual([
      bodyOf("", { codec: "aac", dataOffset: 10, dataEnd: 12 }),
      bodyOf("", { codec: "aac", trackId: 1, dataOffset: 16, dataEnd: 17 }),
    ]);
  });

  test("finds several tracks of several codecs, behind ModEx", () => {
    const body = fromHex("97 02 000007 05 21 6d703461 00 000000 4f707573 03 000001 cc");
    const shared = { timestampNanoOffset: 7 };
    expect(decodeAudioTracks(body)).toEqual([
      bodyOf("", { ...shared, codec: "aac", dataOffset: 15, dataEnd: 15 }),
      bodyOf("", { ...shared, codec: "opus", trackId: 3, dataOffset: 23, dataEnd: 24 }),
    ]);
  });

  test.each([
    ["a track larger than the message", "95 11 6d703461 00 000003 aabb"],
    ["a second track larger than the message", "95 11 6d703461 00 000001 aa 01 000003 aabb"],
    ["a second track cut off", "95 21 6d703461 00 000001 aa 6d7034"],
  ])("throws MalformedError for %s", (_name, hex) => {
    expect(() => decodeAudioTracks(fromHex(hex))).toThrow(MalformedError);
  });

  test("throws nothing but MalformedError on noise, and never points outside", () => {
    for (const random of noise(30_000, 32)) {
      for (const body of [
        random,
        Uint8Array.of(0x95, 0x11, ...random),
        Uint8Array.of(0x97, ...random),
      ]) {
        try {
          for (const { dataOffset, dataEnd } of decodeAudioTracks(body)) {
            expect(dataOffset <= dataEnd && dataEnd <= body.length).toBe(true);
          }
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedError);
        }
      }
    }
  });
});
