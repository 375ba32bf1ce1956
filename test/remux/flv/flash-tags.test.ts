/**
 * Goal: what Flash is given is what Flash knows: bodies under the short headers, whatever a publisher had
 * around them, and nothing of codecs that came after it.
 *
 * Method: bodies written out by hand, for each codec and header.
 */

import { describe, expect, test } from "vitest";
import { ByteWriter } from "../../../src/base/byte-writer.ts";
import type { Frame } from "../../../src/live/frame.ts";
import type { Track } from "../../../src/live/track.ts";
import {
  canCarryInFlash,
  isFlashCodec,
  writeFlashFrame,
  writeFlashTrack,
} from "../../../src/remux/flv/flash-tags.ts";
import { readHdsFragment } from "../../support/hds.ts";
import { fromHex } from "../../support/hex.ts";
import { AAC, AV1, H264, HEVC } from "../../support/packaging-frames.ts";

const MP3: Track = { ...AAC, codec: "mp3", decoderConfigurationRecord: undefined };
const RECORD = fromHex("01640028");

function written(write: (writer: ByteWriter) => void): { timestampMs: number; body: string }[] {
  const writer = new ByteWriter();
  write(writer);
  const box = new ByteWriter();
  box.writeUint32(8 + writer.size);
  box.writeText("mdat");
  box.writeBytes(writer.take());
  return readHdsFragment(box.take()).map(({ timestampMs, body }) => ({
    timestampMs,
    body: Buffer.from(body).toString("hex"),
  }));
}

function frame(track: Track, options: Partial<Frame> = {}): Frame {
  const payload = fromHex("0000000265aa");
  const rest = { dtsMs: 40, compositionTimeOffsetMs: 0, isKeyFrame: true, flvBody: undefined };
  return { track, payload, ...rest, ...options };
}

describe("a picture", () => {
  test("from elsewhere gets a header", () => {
    const one = frame(H264, { compositionTimeOffsetMs: 80 });
    expect(written((writer) => writeFlashFrame(writer, one))).toEqual([
      { timestampMs: 40, body: "1701000050" + "0000000265aa" },
    ]);
  });

  test("with a short header stays as it is", () => {
    const flvBody = fromHex("2701000000" + "0000000241aa");
    const one = frame(H264, { isKeyFrame: false, flvBody });
    expect(written((writer) => writeFlashFrame(writer, one))[0]?.body).toBe(
      "27010000000000000241aa",
    );
  });

  test("of Enhanced RTMP gets another header", () => {
    const flvBody = fromHex("91" + "61766331" + "000050" + "0000000265aa");
    const one = frame(H264, { compositionTimeOffsetMs: 80, flvBody });
    expect(written((writer) => writeFlashFrame(writer, one))[0]?.body).toBe(
      "17010000500000000265aa",
    );
  });

  test("between two milliseconds is shown when it should be", () => {
    const one = frame(H264, { dtsMs: 33.4, compositionTimeOffsetMs: 33.4 });
    // 66.8 is 67, of which 33 are in the timestamp.
    expect(written((writer) => writeFlashFrame(writer, one))).toEqual([
      { timestampMs: 33, body: "1701000022" + "0000000265aa" },
    ]);
  });

  test("after 49 days has a timestamp of 32 bits", () => {
    const one = frame(H264, { dtsMs: 0x1_0000_0000 + 7 });
    expect(written((writer) => writeFlashFrame(writer, one))[0]?.timestampMs).toBe(7);
  });
});

describe("sound", () => {
  test.each([
    ["AAC", frame(AAC), "af01" + "0000000265aa"],
    ["AAC of Enhanced RTMP", frame(AAC, { flvBody: fromHex("916d70346100") }), "af010000000265aa"],
    ["MP3", frame(MP3), "2f" + "0000000265aa"],
    ["MP3 at 22 kHz", frame(MP3, { flvBody: fromHex("2aff") }), "2aff"],
  ])("%s", (_, one, body) => {
    expect(written((writer) => writeFlashFrame(writer, one))[0]?.body).toBe(body);
  });
});

describe("a sequence header", () => {
  const h264 = { ...H264, decoderConfigurationRecord: RECORD };

  test.each<[string, Track, string[]]>([
    ["is made of a record", h264, ["1700000000" + "01640028"]],
    [
      "is the publisher's own",
      { ...h264, flvSequenceHeader: fromHex("1700000001") },
      ["1700000001"],
    ],
    [
      "of Enhanced RTMP is made again",
      { ...h264, flvSequenceHeader: fromHex("9061766331" + "01640028") },
      ["1700000000" + "01640028"],
    ],
    [
      "has nothing behind it",
      { ...h264, flvExtension: fromHex("94") },
      ["1700000000" + "01640028"],
    ],
    ["of AAC", AAC, ["af00" + "1190"]],
    ["is none for MP3", MP3, []],
  ])("%s", (_, track, bodies) => {
    const tags = written((writer) => writeFlashTrack(writer, track, 1_000));
    expect(tags).toEqual(bodies.map((body) => ({ timestampMs: 1_000, body })));
  });
});

test("codecs are those of Flash, and need what decodes them", () => {
  expect([H264, AAC, MP3, HEVC, AV1].map(canCarryInFlash)).toEqual([
    ...[true, true, true, false, false],
  ]);
  for (const track of [H264, AAC]) {
    const bare = { ...track, decoderConfigurationRecord: undefined };
    expect(canCarryInFlash(bare)).toBe(false);
    expect(isFlashCodec(bare.codec)).toBe(true);
  }
});
