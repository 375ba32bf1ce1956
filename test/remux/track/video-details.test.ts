/**
 * Goal: what packaging is told of a video track is what its bitstream says, and is `undefined` only while
 * something is missing.
 *
 * Method: what encoders wrote against what ffprobe says of it; records without what they may lack; a
 * stream as RTMP publishers send it; broken records; noise.
 */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { MalformedError } from "../../../src/base/errors.ts";
import { decodeFlvTag, FlvTagType } from "../../../src/codec/flv/tag.ts";
import { decodeVideoBody, VideoPacketType } from "../../../src/codec/flv/video-body.ts";
import { describeVideo, type VideoDetails } from "../../../src/remux/track/video-details.ts";
import { BitWriter } from "../../support/bit-writer.ts";
import { fromHex, joinBytes } from "../../support/hex.ts";
import { unlessMalformed } from "../../support/malformed.ts";
import { noise } from "../../support/noise.ts";
import { VIDEO_SAMPLES, type VideoSample, videoSample } from "../../support/video-samples.ts";

function describeSample(sample: VideoSample): VideoDetails | undefined {
  const { codec, record, keyFrame } = sample;
  const track = { codec, decoderConfigurationRecord: fromHex(record) };
  return describeVideo(track, keyFrame === undefined ? undefined : { payload: fromHex(keyFrame) });
}

describe("of encoders", () => {
  test.each(VIDEO_SAMPLES)("$name", (sample) => {
    const { codec, probed } = sample;
    const details = describeSample(sample);
    expect(details).toMatchObject({ codec, width: probed.width, height: probed.height });
    expect(details?.lengthSize).toBe(codec === "h264" || codec === "hevc" ? 4 : undefined);
  });

  test.each([
    ["h264-1080p", "avc1.640028", "High", "4"],
    ["h264-422-10", "avc1.7a001e", "High(422)", "3"],
    ["hevc-high", "hvc1.2.4.H153.90", "Main10", "5.1"],
    ["av1-svt", "av01.0.08M.10.0.110.09.16.09.0", "Main", "4"],
    ["av1-rav1e", "av01.0.31M.08", "Main", ""], // A level without limits.
    ["vp9-10", "vp09.02.11.10.01.09.16.09.00", "Profile 2", "1.1"],
  ])("%s is %s, %s, %s", (name, codecString, profileName, levelName) => {
    const details = describeSample(videoSample(name));
    expect(details).toMatchObject({ codecString, profileName, levelName });
  });

  test("rate and shape", () => {
    expect(describeSample(videoSample("hevc-422-10"))).toMatchObject({
      frameRate: 50,
      sampleAspectRatio: { width: 16, height: 11 },
    });
    expect(describeSample(videoSample("vp9"))?.frameRate).toBeUndefined();
  });
});

test("of a stream as publishers send it", () => {
  const file = readFileSync(new URL("../../../web/test-stream.flv", import.meta.url));
  const bytes = new Uint8Array(file);
  let found: VideoDetails | undefined;
  for (let offset = 13; found === undefined; ) {
    const [tag, next] = decodeFlvTag(bytes, offset) ?? [];
    if (tag === undefined || next === undefined) throw new Error("Cannot find a sequence header");
    offset = next;
    if (tag.type !== FlvTagType.Video) continue;
    const body = decodeVideoBody(tag.data);
    if (body?.packetType !== VideoPacketType.SequenceStart) continue;
    const decoderConfigurationRecord = tag.data.subarray(body.dataOffset);
    found = describeVideo({ codec: "h264", decoderConfigurationRecord });
  }
  // As ffprobe says of it.
  expect(found).toMatchObject({
    width: 640,
    height: 360,
    frameRate: 25,
    codecString: "avc1.4d401f",
  });
});

describe("decoderConfigurationRecord", () => {
  test("of H.264 is the track's", () => {
    const sample = videoSample("h264-1080p");
    const record = fromHex(sample.record);
    expect(describeSample(sample)?.decoderConfigurationRecord).toEqual(record);
  });

  test("of HEVC says that all parameter sets are there, as hvc1 demands", () => {
    const record = fromHex(videoSample("hevc-1080p").record);
    const loose = record.slice();
    const marks = [23, 23 + 5 + 24, 23 + 5 + 24 + 5 + 41];
    expect(marks.map((offset) => record[offset])).toEqual([0xa0, 0xa1, 0xa2]);
    for (const offset of marks) loose[offset] = (loose[offset] ?? 0) & 0x3f;
    const details = describeVideo({ codec: "hevc", decoderConfigurationRecord: loose });
    expect(details?.decoderConfigurationRecord).toEqual(record);
  });

  test("of AV1 has the sequence header OBU, which may come from the key frame", () => {
    const { record: hex, keyFrame = "" } = videoSample("av1-aom");
    const record = fromHex(hex);
    const payload = fromHex(keyFrame);
    const metadata = fromHex("2a 02 0480");
    for (const given of [
      record,
      record.subarray(0, 4),
      Uint8Array.of(...record.subarray(0, 4), ...metadata),
      undefined,
    ]) {
      const track = { codec: "av1", decoderConfigurationRecord: given } as const;
      expect(describeVideo(track, { payload })?.decoderConfigurationRecord).toEqual(record);
      if (given !== record) expect(describeVideo(track)).toBeUndefined();
    }
  });

  test("of VP9 has no version and flags, and a level", () => {
    const { record, keyFrame = "" } = videoSample("vp9");
    const key = { payload: fromHex(keyFrame) };
    const body = fromHex(record).subarray(4);
    const of = (given: Uint8Array | undefined) =>
      describeVideo({ codec: "vp9", decoderConfigurationRecord: given }, key);
    expect(of(fromHex(record))?.decoderConfigurationRecord).toEqual(body);
    expect(of(body)?.decoderConfigurationRecord).toEqual(body);
    const levelless = body.slice();
    levelless[1] = 0;
    expect(of(levelless)).toMatchObject({ levelName: "3", codecString: "vp09.00.30.08" });
    expect(of(undefined)).toMatchObject({ width: 642, codecString: "vp09.00.30.08" });
  });

  test("of VP8 is that of its key frame, whatever the publisher said", () => {
    // Key frame, version 0, shown; 640x360, with a scale in front of the width.
    const payload = fromHex("10 0200 9d012a 8042 6801");
    for (const given of [undefined, fromHex("ff ff")]) {
      const track = { codec: "vp8", decoderConfigurationRecord: given } as const;
      expect(describeVideo(track, { payload })).toMatchObject({
        codecString: "vp08.00.30.08",
        width: 640,
        height: 360,
        profileName: "Profile 0",
        levelName: "",
        decoderConfigurationRecord: fromHex("00 1e 82 02 02 02 0000"),
      });
      expect(describeVideo(track)).toBeUndefined();
      expect(describeVideo(track, { payload: fromHex("11 0200") })).toBeUndefined();
    }
  });
});

describe("what is missing", () => {
  test.each(["h264", "hevc", "av1", "vp9"] as const)("the record of %s", (codec) => {
    expect(describeVideo({ codec, decoderConfigurationRecord: undefined })).toBeUndefined();
  });

  test("the parameter sets", () => {
    const avcc = {
      codec: "h264",
      decoderConfigurationRecord: fromHex("01 64001f ff e0 00"),
    } as const;
    expect(describeVideo(avcc)).toBeUndefined();
    const hex = "01 01 60000000 900000000000 5d f000 fc fd f8 f8 0000 0f 00";
    const hvcc = { codec: "hevc", decoderConfigurationRecord: fromHex(hex) } as const;
    expect(describeVideo(hvcc)).toBeUndefined();
  });

  test("the key frame of VP9, or one that is none", () => {
    const decoderConfigurationRecord = fromHex(videoSample("vp9").record);
    const track = { codec: "vp9", decoderConfigurationRecord } as const;
    expect(describeVideo(track)).toBeUndefined();
    expect(describeVideo(track, { payload: fromHex("8601 0203") })).toBeUndefined();
  });

  test("a codec that is not packaged", () => {
    const track = { codec: "vp6", decoderConfigurationRecord: new Uint8Array(9) } as const;
    expect(describeVideo(track, { payload: new Uint8Array(9) })).toBeUndefined();
  });
});

test("what is broken throws", () => {
  for (const codec of ["h264", "hevc", "av1", "vp9"] as const) {
    const track = { codec, decoderConfigurationRecord: fromHex("ff ff ff") };
    const payload = fromHex("82498342 00 0281016900");
    expect(() => describeVideo(track, { payload }), codec).toThrow(MalformedError);
  }
});

test("a picture with a side that MP4 cannot say throws, though the codec can", () => {
  const track = { codec: "vp9", decoderConfigurationRecord: undefined } as const;
  const payloadOf = (side: string) => fromHex(`82498342 4${side}${side}0 00`);
  expect(describeVideo(track, { payload: payloadOf("fffe") })).toMatchObject({ height: 65_535 });
  expect(() => describeVideo(track, { payload: payloadOf("ffff") })).toThrow(MalformedError);
  // A reduced sequence header: profile, flags, level, the bits of the sides, and the sides.
  const header = new BitWriter().u(3, 0).flags(0, 1).u(5, 0).u(4, 15).u(4, 15);
  header.u(16, 0xffff).u(16, 0xffff).u(14, 0);
  const payload = joinBytes(Uint8Array.of(0x08), header.trailing());
  const av1 = { codec: "av1", decoderConfigurationRecord: undefined } as const;
  expect(() => describeVideo(av1, { payload })).toThrow("Cannot take a picture of 65536x65536");
});

test("noise", () => {
  for (const bytes of noise(500, 60)) {
    for (const { codec, record } of VIDEO_SAMPLES) {
      const mixed = fromHex(record);
      mixed.set(bytes.subarray(0, 8), (bytes.length % mixed.length) % (mixed.length - 8 || 1));
      const track = { codec, decoderConfigurationRecord: mixed };
      unlessMalformed(() => describeVideo(track, { payload: bytes }));
    }
  }
});
