/**
 * Goal: the headers of video messages, legacy and enhanced, are read and written as Annex E.4.3 and
 * Enhanced RTMP v2 have them.
 *
 * Method: a table of golden headers serves both directions; what only decodes (ModEx, multitrack,
 * commands, reserved values) has tables of its own; every prefix, and seeded noise.
 */

import { describe, expect, test } from "vitest";
import { ByteWriter } from "../../../src/base/byte-writer.ts";
import { MalformedError } from "../../../src/base/errors.ts";
import {
  decodeVideoBody,
  decodeVideoTracks,
  VIDEO_HEADER_SIZE_MAX,
  type VideoBody,
  VideoFrameType,
  type VideoHeader,
  VideoPacketType,
  writeVideoHeader,
} from "../../../src/codec/flv/video-body.ts";
import { fromHex } from "../../support/hex.ts";
import { noise } from "../../support/noise.ts";

const { KeyFrame, InterFrame, DisposableInterFrame, Command } = VideoFrameType;
const { SequenceStart, CodedFrames, SequenceEnd, CodedFramesX, Metadata, Mpeg2TsSequenceStart } =
  VideoPacketType;

/** codec, frame type, packet type, composition time offset, whether enhanced. */
type Row = [VideoHeader["codec"], VideoFrameType, VideoPacketType, number, boolean];

// FourCCs as ASCII: avc1 61766331, hvc1 68766331, vvc1 76766331, av01 61763031, vp09 76703039,
// vp08 76703038.
const HEADERS: [hex: string, row: Row][] = [
  ["17 00 000000", ["h264", KeyFrame, SequenceStart, 0, false]],
  ["17 01 000050", ["h264", KeyFrame, CodedFrames, 80, false]],
  ["27 01 ffffd8", ["h264", InterFrame, CodedFrames, -40, false]],
  ["17 02 000000", ["h264", KeyFrame, SequenceEnd, 0, false]],
  ["1c 00 000000", ["hevc", KeyFrame, SequenceStart, 0, false]],
  ["2c 01 800000", ["hevc", InterFrame, CodedFrames, -0x80_0000, false]],
  ["1d 01 000000", ["av1", KeyFrame, CodedFrames, 0, false]],
  ["12", ["h263", KeyFrame, CodedFrames, 0, false]],
  ["32", ["h263", DisposableInterFrame, CodedFrames, 0, false]],
  ["23", ["screen", InterFrame, CodedFrames, 0, false]],
  ["24", ["vp6", InterFrame, CodedFrames, 0, false]],
  ["25", ["vp6a", InterFrame, CodedFrames, 0, false]],
  ["26", ["screen2", InterFrame, CodedFrames, 0, false]],
  ["90 68766331", ["hevc", KeyFrame, SequenceStart, 0, true]],
  ["91 68766331 000050", ["hevc", KeyFrame, CodedFrames, 80, true]],
  ["a3 68766331", ["hevc", InterFrame, CodedFramesX, 0, true]],
  ["92 68766331", ["hevc", KeyFrame, SequenceEnd, 0, true]],
  ["94 68766331", ["hevc", KeyFrame, Metadata, 0, true]],
  ["a1 61766331 ffffd8", ["h264", InterFrame, CodedFrames, -40, true]],
  ["a1 76766331 000001", ["vvc", InterFrame, CodedFrames, 1, true]],
  ["91 61763031", ["av1", KeyFrame, CodedFrames, 0, true]],
  ["95 61763031", ["av1", KeyFrame, Mpeg2TsSequenceStart, 0, true]],
  ["91 76703039", ["vp9", KeyFrame, CodedFrames, 0, true]],
  ["a1 76703038", ["vp8", InterFrame, CodedFrames, 0, true]],
];

function headerOf([
  codec,
  frameType,
  packetType,
  compositionTimeOffset,
  isEnhanced,
]: Row): VideoHeader {
  return { codec, frameType, packetType, compositionTimeOffset, isEnhanced };
}

/** What decodes from a header in front of two bytes of data. */
function bodyOf(hex: string, change: Partial<VideoBody>): VideoBody {
  const dataOffset = fromHex(hex).length;
  return {
    codec: undefined,
    frameType: KeyFrame,
    packetType: CodedFrames,
    compositionTimeOffset: 0,
    timestampNanoOffset: 0,
    isEnhanced: true,
    trackId: 0,
    dataOffset,
    dataEnd: dataOffset + 2,
    ...change,
  };
}

describe("decodeVideoBody() and writeVideoHeader()", () => {
  test.each(HEADERS)("%s", (hex, row) => {
    const header = headerOf(row);
    expect(decodeVideoBody(fromHex(`${hex} aabb`))).toEqual(bodyOf(hex, header));

    const writer = new ByteWriter();
    writeVideoHeader(writer, header);
    expect(writer.view()).toEqual(fromHex(hex));
    expect(writer.size).toBeLessThanOrEqual(VIDEO_HEADER_SIZE_MAX);
  });

  test("have no header for a codec without number, or a packet type without legacy form", () => {
    const write = (row: Row) => () => writeVideoHeader(new ByteWriter(), headerOf(row));
    expect(write(["vp9", KeyFrame, CodedFrames, 0, false])).toThrow("Assertion failed");
    expect(write(["h263", KeyFrame, CodedFrames, 0, true])).toThrow("Assertion failed");
    expect(write(["h264", KeyFrame, CodedFramesX, 0, false])).toThrow("Assertion failed");
  });
});

describe("decodeVideoBody()", () => {
  test.each(HEADERS)("throws MalformedError wherever %s is cut", (hex) => {
    const whole = fromHex(hex);
    const isLegacyEnd = whole[0] === 0x17 && whole[1] === SequenceEnd;
    for (let length = 1; length < whole.length; length++) {
      const decode = () => decodeVideoBody(whole.subarray(0, length));
      if (isLegacyEnd && length >= 2) expect(decode()?.packetType).toBe(SequenceEnd);
      else expect(decode, `cut at ${length}`).toThrow(MalformedError);
    }
  });

  test("has nothing to say of an empty body", () => {
    expect(decodeVideoBody(new Uint8Array())).toBeUndefined();
    expect(decodeVideoTracks(new Uint8Array())).toEqual([]);
  });

  test.each<[hex: string, change: Partial<VideoBody>]>([
    // Reserved: to be ignored, not to be an error.
    ["17 03 000000", { codec: "h264", packetType: undefined, isEnhanced: false }],
    ["18", { codec: undefined, isEnhanced: false }],
    ["1f", { codec: undefined, isEnhanced: false }],
    ["91 78787878", { codec: undefined }],
    ["98 68766331", { codec: "hevc", packetType: undefined }],
    ["9f 68766331", { codec: "hevc", packetType: undefined }],
    // Client-side seek: the codec's number means nothing, one byte of command follows.
    ["57", { frameType: Command, isEnhanced: false }],
    ["d1 00", { frameType: Command }],
    ["d4 68766331", { codec: "hevc", frameType: Command, packetType: Metadata }],
  ])("takes %s for what it is", (hex, change) => {
    expect(decodeVideoBody(fromHex(`${hex} aabb`))).toEqual(bodyOf(hex, change));
  });

  test.each<[hex: string, change: Partial<VideoBody>]>([
    // 3 bytes of data; kind 0 (nanoseconds) and the next packet type, CodedFramesX.
    [
      "97 02 0f423f 03 68766331",
      { codec: "hevc", packetType: CodedFramesX, timestampNanoOffset: 999_999 },
    ],
    // The packet type behind it has its composition time offset as ever.
    [
      "a7 02 000001 01 61766331 000050",
      { codec: "h264", frameType: InterFrame, compositionTimeOffset: 80, timestampNanoOffset: 1 },
    ],
    // An unknown kind of one byte, then one that is known.
    [
      "97 00 ff f7 02 000002 03 61763031",
      { codec: "av1", packetType: CodedFramesX, timestampNanoOffset: 2 },
    ],
    // 256 bytes need the long size.
    [`97 ff 00ff ${"00".repeat(256)} 00 61763031`, { codec: "av1", packetType: SequenceStart }],
    // Too short to hold nanoseconds.
    ["97 01 ffff 03 61763031", { codec: "av1", packetType: CodedFramesX }],
  ])("reads past ModEx in %s", (hex, change) => {
    expect(decodeVideoBody(fromHex(`${hex} aabb`))).toEqual(bodyOf(hex, change));
  });

  test("does not read ModEx without end", () => {
    const chain = (length: number) =>
      fromHex(`97 ${"00ff07".repeat(length - 1)} 00ff03 61763031 aabb`);
    expect(decodeVideoBody(chain(8))?.codec).toBe("av1");
    expect(() => decodeVideoBody(chain(9))).toThrow("Cannot decode more than 8 ModEx");
  });
});

describe("decodeVideoTracks()", () => {
  test.each(HEADERS)("finds one track in %s", (hex) => {
    const body = fromHex(`${hex} aabb`);
    expect(decodeVideoTracks(body)).toEqual([decodeVideoBody(body)]);
  });

  test("finds the track of a message with one", () => {
    const hex = "96 00 68766331 05";
    const body = fromHex(`${hex} aabb`);
    const expected = bodyOf(hex, { codec: "hevc", packetType: SequenceStart, trackId: 5 });
    expect(decodeVideoTracks(body)).toEqual([expected]);
    expect(decodeVideoBody(body)).toEqual(expected);
  });

  test("finds several tracks of one codec", () => {
    // Coded frames of HEVC: track 0 with 4 bytes, track 1 with 3, its offset included.
    const body = fromHex("a6 11 68766331 00 000004 000050aa 01 000003 fffffe");
    const shared = { codec: "hevc", frameType: InterFrame } as const;
    const first = bodyOf("", { ...shared, compositionTimeOffset: 80, dataOffset: 13, dataEnd: 14 });
    const second = bodyOf("", {
      ...shared,
      compositionTimeOffset: -2,
      trackId: 1,
      dataOffset: 21,
      dataEnd: 21,
    });
    expect(decodeVideoTracks(body)).toEqual([first, second]);
    expect(decodeVideoBody(body)).toEqual(first);
  });

  test("finds several tracks of several codecs, behind ModEx", () => {
    const body = fromHex("97 02 000007 06 20 61763031 00 000002 aabb 76703039 02 000001 cc");
    const shared = { packetType: SequenceStart, timestampNanoOffset: 7 };
    expect(decodeVideoTracks(body)).toEqual([
      bodyOf("", { ...shared, codec: "av1", dataOffset: 15, dataEnd: 17 }),
      bodyOf("", { ...shared, codec: "vp9", trackId: 2, dataOffset: 25, dataEnd: 26 }),
    ]);
  });

  test.each([
    ["a track larger than the message", "96 10 68766331 00 000003 aabb"],
    ["a second track larger than the message", "96 10 68766331 00 000001 aa 01 000003 aabb"],
    ["a second track cut off", "96 10 68766331 00 000001 aa 01 0000"],
    ["a track without room for its offset", "96 11 68766331 00 000002 aabbcc"],
  ])("throws MalformedError for %s", (_name, hex) => {
    expect(() => decodeVideoTracks(fromHex(hex))).toThrow(MalformedError);
  });

  test("ends, though tracks be empty and many", () => {
    const body = fromHex(`96 10 68766331 00 000000 ${"01000000".repeat(10_000)}`);
    expect(decodeVideoTracks(body)).toHaveLength(10_001);
  });

  test("throws nothing but MalformedError on noise, and never points outside", () => {
    for (const random of noise(30_000, 32)) {
      for (const body of [
        random,
        Uint8Array.of(0x96, 0x10, ...random),
        Uint8Array.of(0x97, ...random),
      ]) {
        try {
          for (const { dataOffset, dataEnd } of decodeVideoTracks(body)) {
            expect(dataOffset <= dataEnd && dataEnd <= body.length).toBe(true);
          }
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedError);
        }
      }
    }
  });
});
