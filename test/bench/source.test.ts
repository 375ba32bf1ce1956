/**
 * Goal: what publishers send is the file, looped without a seam, with a time mark in front of each
 * picture; and a made-up stream has the rate that was asked for and passes for a real one.
 *
 * Method: small files of known bytes; the made-up file read back by the codecs.
 */

import { describe, expect, test } from "vitest";
import { ByteWriter } from "../../src/base/byte-writer.ts";
import { MalformedError, ProtocolError } from "../../src/base/errors.ts";
import { bitrateOf, createSource, type SourceTag } from "../../src/bench/source.ts";
import { createSyntheticFile } from "../../src/bench/synthetic-file.ts";
import {
  findTimeMark,
  readMarkTime,
  TIME_MARK_SIZE,
  writeTimeMark,
} from "../../src/bench/time-mark.ts";
import { decodeAudioBody } from "../../src/codec/flv/audio-body.ts";
import { encodeFlvHeader } from "../../src/codec/flv/header.ts";
import { FlvTagType, writeFlvTag } from "../../src/codec/flv/tag.ts";
import { decodeVideoBody } from "../../src/codec/flv/video-body.ts";
import { fromHex, joinBytes } from "../support/hex.ts";

const AVCC = fromHex("17 00 000000 0142c01fffe10000");
const AAC = fromHex("af 00 1190");

function file(...tags: readonly (readonly [FlvTagType, number, Uint8Array])[]): Uint8Array {
  const writer = new ByteWriter();
  writer.writeBytes(encodeFlvHeader({ hasAudio: true, hasVideo: true }));
  for (const [type, timestampMs, data] of tags) writeFlvTag(writer, type, timestampMs, data);
  return writer.take();
}

const { Video, Audio, ScriptData } = FlvTagType;
const picture = (nalUnits: string): Uint8Array => fromHex(`27 01 000000 ${nalUnits}`);
const METADATA = fromHex("02 000a 6f6e4d65746144617461 05");

/** The tag as it was, without its mark; checks that there is one in front of the NAL units. */
function unmark({ payload, markOffset }: SourceTag): Uint8Array {
  writeTimeMark(payload, markOffset, { timeUs: 1_234_567, sessionId: 1, number: 2 });
  expect(findTimeMark(payload, 5, payload.length)).toBe(markOffset);
  expect(readMarkTime(payload, markOffset)).toBe(1_234_567);
  return joinBytes(payload.subarray(0, 5), payload.subarray(9 + TIME_MARK_SIZE));
}

describe("createSource()", () => {
  const source = createSource(
    file(
      [ScriptData, 0, METADATA],
      [Video, 0, AVCC],
      [Audio, 0, AAC],
      [Video, 100, fromHex("17 01 000000 00000002 6588")],
      [Audio, 110, fromHex("af 01 2100")],
      [Video, 140, picture("00000002 4101")],
      [Audio, 180, fromHex("af 01 2101")],
      [Audio, 181, fromHex("af 01 2102")],
    ),
  );

  test("parts what comes once from what is looped, and ends the loop a picture behind the last", () => {
    expect(source.prologue.map(({ payload }) => payload)).toEqual([METADATA, AVCC, AAC]);
    expect(source.periodMs).toBe(80);
    expect(source.tags.map(({ type, timestampMs }) => [type, timestampMs])).toEqual([
      ...[
        [Video, 0],
        [Audio, 10],
        [Video, 40],
      ],
    ]);
  });

  test("puts a mark in front of the picture and leaves the rest as it is", () => {
    const [keyFrame, sound, interFrame] = source.tags;
    expect(sound?.markOffset).toBe(-1);
    expect(sound?.payload).toEqual(fromHex("af 01 2100"));
    expect(keyFrame === undefined ? [] : unmark(keyFrame)).toEqual(
      fromHex("17 01 000000 00000002 6588"),
    );
    expect(interFrame?.payload.subarray(0, 12)).toEqual(fromHex("2701000000 00000025 060521"));
    expect(interFrame === undefined ? [] : unmark(interFrame)).toEqual(picture("00000002 4101"));
  });

  test("leaves out a delimiter, which would have to come first", () => {
    const [tag] = createSource(
      file(
        [Video, 0, AVCC],
        [Video, 0, picture("00000002 09f0 00000002 4101")],
        [Video, 40, picture("")],
      ),
    ).tags;
    expect(tag === undefined ? [] : unmark(tag)).toEqual(picture("00000002 4101"));
  });

  test("writes lengths of the size that the stream has", () => {
    const short = AVCC.with(9, 0xfd); // lengthSizeMinusOne 1
    const [tag] = createSource(
      file([Video, 0, short], [Video, 0, picture("0002 4101")], [Video, 40, picture("0002 4102")]),
    ).tags;
    expect(tag?.payload.subarray(0, 10)).toEqual(fromHex("2701000000 0025 060521"));
    expect(tag?.payload.subarray(-4)).toEqual(fromHex("0002 4101"));
  });

  test("marks no other codec", () => {
    const hevc = fromHex("91 68766331 000000 00000002 2601");
    const { tags } = createSource(file([Video, 0, hevc], [Video, 40, hevc]));
    expect(tags.map(({ markOffset }) => markOffset)).toEqual([-1, -1]);
  });

  test("begins each loop with the sequence headers if they change within it", () => {
    const { tags } = createSource(
      file(
        [Video, 0, AVCC],
        [Video, 0, picture("00")],
        [Video, 40, AVCC],
        [Video, 40, picture("00")],
      ),
    );
    expect(tags.map(({ payload }) => payload[1])).toEqual([0, 1, 0, 1]);
  });

  test("loops sound alone, and leaves out a tag that was cut off", () => {
    const whole = file(
      [Audio, 0, AAC],
      [Audio, 0, fromHex("af0101")],
      [Audio, 20, fromHex("af0102")],
    );
    const { tags, periodMs } = createSource(whole.subarray(0, whole.length));
    expect([tags.length, periodMs]).toEqual([2, 20 + 20]);
    expect(() => createSource(whole.subarray(0, whole.length - 1))).toThrow(ProtocolError);
  });

  test("refuses what cannot be looped", () => {
    expect(() => createSource(file([Video, 0, AVCC]))).toThrow(ProtocolError);
    expect(() => createSource(fromHex(""))).toThrow(ProtocolError);
    expect(() => createSource(fromHex("000000"))).toThrow(MalformedError);
  });
});

describe("createSyntheticFile()", () => {
  test.each([8_000, 200_000, 500_000, 2_500_000, 20_000_000])("has the rate of %i", (bitrate) => {
    const source = createSource(createSyntheticFile(bitrate));
    expect(source.periodMs).toBe(8_000);
    // Below some 40 kbit/s, headers and marks are all there is.
    if (bitrate > 100_000) {
      expect(bitrateOf(source) / bitrate).toBeGreaterThan(0.99);
      expect(bitrateOf(source) / bitrate).toBeLessThan(1.01);
    }
    expect(source.tags.filter(({ type }) => type === Video).length).toBe(200);
    expect(source.tags.filter(({ type }) => type === Audio).length).toBe(375);
  });

  test("has a key frame every two seconds, sequence headers, and NAL units without start codes", () => {
    const { prologue, tags } = createSource(createSyntheticFile(300_000));
    const [video, audio] = prologue;
    expect(decodeVideoBody(video?.payload ?? fromHex(""))).toMatchObject({
      codec: "h264",
      packetType: 0,
    });
    expect(decodeAudioBody(audio?.payload ?? fromHex(""))).toMatchObject({
      codec: "aac",
      packetType: 0,
    });
    const pictures = tags.filter(({ type }) => type === Video);
    const keyFrames = pictures.filter(({ payload }) => (payload[0] ?? 0) >>> 4 === 1);
    expect(keyFrames.map(({ timestampMs }) => timestampMs)).toEqual([0, 2_000, 4_000, 6_000]);
    for (const tag of pictures) {
      const payload = unmark(tag);
      const size = new DataView(payload.buffer).getUint32(5);
      expect(size).toBe(payload.length - 9);
      expect(payload.subarray(9).includes(0)).toBe(false);
      expect([0x65, 0x41]).toContain(payload[9]);
    }
    const times = tags.map(({ timestampMs }) => timestampMs);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });
});
