/**
 * Goal: a track becomes an initialization segment with the sample entry and the timescale of its
 * codec, as soon as what that needs is known, and not before.
 *
 * Method: configurations as encoders make them (test/support/video-samples.ts); what comes out is
 * read box by box.
 */

import { describe, expect, test } from "vitest";
import { MalformedError } from "../../../src/base/errors.ts";
import type { Track } from "../../../src/live/track.ts";
import { createCmafTrack } from "../../../src/remux/cmaf/cmaf-track.ts";
import { fromHex } from "../../support/hex.ts";
import { boxHex, listBoxes } from "../../support/mp4-fragments.ts";
import { videoSample } from "../../support/video-samples.ts";

function create(kind: Track["kind"], codec: Track["codec"], record?: string, frame?: string) {
  return createCmafTrack(
    { kind, codec, decoderConfigurationRecord: record ? fromHex(record) : undefined },
    frame === undefined ? undefined : { payload: fromHex(frame) },
  );
}

const STSD = ["moov", "trak", "mdia", "minf", "stbl", "stsd"];
const toHex = (text: string): string => Buffer.from(text, "latin1").toString("hex");
const OPUS_HEAD = "4f70757348656164 01 02 3801 80bb0000 0000 00";

describe("video", () => {
  test("H.264: size, rate and avc1 from the configuration", () => {
    const { record } = videoSample("h264-1080p");
    const track = create("video", "h264", record);
    expect(track).toMatchObject({
      kind: "video",
      codec: "h264",
      timescale: 90_000,
      codecString: "avc1.640028",
      width: 1920,
      height: 1080,
    });
    if (track?.kind !== "video") return expect.unreachable();
    expect(track.frameRate).toBeCloseTo(30_000 / 1001);
    const { initializationSegment } = track;
    expect(listBoxes(initializationSegment).slice(0, 2)).toEqual(["ftyp", "moov"]);
    expect(boxHex(initializationSegment, "ftyp")).toBe(
      toHex("\0\0\0\u0018ftypiso6\0\0\0\0iso6cmfc"),
    );
    const entry = boxHex(initializationSegment, ...STSD);
    expect(entry).toContain(`${toHex("avc1")}00000000000000010000`);
    expect(entry).toContain(toHex("avcC") + record);
    // Timescale 90000.
    expect(boxHex(initializationSegment, "moov", "trak", "mdia", "mdhd").slice(40, 48)).toBe(
      "00015f90",
    );
  });

  test("wide pixels: pasp and the size as it is shown", () => {
    const track = create("video", "h264", videoSample("h264-422-10").record); // 854x478, 16:11.
    const bytes = track?.initializationSegment ?? new Uint8Array();
    expect(boxHex(bytes, ...STSD)).toContain(`${toHex("pasp")}000000100000000b`);
    // 854 * 16 / 11 = 1242.18.
    expect(boxHex(bytes, "moov", "trak", "tkhd").slice(-16)).toBe("04da2e8c01de0000");
  });

  test.each([
    ["h264", undefined, undefined],
    ["hevc", undefined, "00"],
    ["vp9", undefined, undefined],
    ["av1", undefined, undefined],
    ["vp6", "00", "00"],
    ["h263", undefined, "00"],
  ] as const)("nothing as yet, or never: %s", (codec, record, frame) => {
    expect(create("video", codec, record, frame)).toBeUndefined();
  });

  test("a broken configuration is malformed", () => {
    expect(() => create("video", "h264", "0164")).toThrow(MalformedError);
  });
});

describe("audio", () => {
  test("AAC: mp4a with the configuration as it came", () => {
    const track = create("audio", "aac", "118856e500");
    expect(track).toMatchObject({
      kind: "audio",
      codec: "aac",
      timescale: 48_000,
      codecString: "mp4a.40.2",
      sampleRate: 48_000,
      channelCount: 1,
    });
    const entry = boxHex(track?.initializationSegment ?? new Uint8Array(), ...STSD);
    expect(entry).toContain(`${toHex("mp4a")}0000000000000001`);
    expect(entry).toContain("04808080174015"); // Object type 0x40, an audio stream.
    expect(entry).toContain("0580808005118856e500");
  });

  test.each([
    ["44.1 kHz: MPEG-1", "fffb9064", 44_100, "6b15"],
    ["24 kHz: MPEG-2", "fff384c4", 24_000, "6915"],
  ])("MP3 of %s", (_, frame, sampleRate, objectType) => {
    const track = create("audio", "mp3", undefined, frame);
    expect(track).toMatchObject({ timescale: sampleRate, codecString: "mp4a.40.34" });
    const entry = boxHex(track?.initializationSegment ?? new Uint8Array(), ...STSD);
    expect(entry).toContain(`048080800d${objectType}`);
  });

  test("Opus: dOps, at 48 kHz", () => {
    const track = create("audio", "opus", OPUS_HEAD);
    expect(track).toMatchObject({ timescale: 48_000, codecString: "opus", channelCount: 2 });
    const entry = boxHex(track?.initializationSegment ?? new Uint8Array(), ...STSD);
    expect(entry).toContain(`${toHex("dOps")}000201380000bb80000000`);
    if (track?.kind !== "audio") return expect.unreachable();
    expect(track.samplesPerFrame(fromHex("f8ca"))).toBe(960);
  });

  test.each([
    ["aac", undefined, "00"],
    ["mp3", undefined, undefined],
    ["opus", undefined, "f8"],
    ["speex", undefined, "00"],
  ] as const)("nothing as yet, or never: %s", (codec, record, frame) => {
    expect(create("audio", codec, record, frame)).toBeUndefined();
  });
});
