/**
 * Goal: a listener of the bare audio gets whole frames from the newest on, in the form that `.aac` and
 * `.mp3` have, and as much of what was before as the operator wants, once.
 *
 * Method: streams with listeners who join at different times; the frames are numbered by their content.
 */

import { describe, expect, test } from "vitest";
import { ByteWriter } from "../../../src/base/byte-writer.ts";
import type { Frame } from "../../../src/live/frame.ts";
import type { Track } from "../../../src/live/track.ts";
import { createAdtsFormat } from "../../../src/remux/adts/from-stream.ts";
import { AudioBacklog } from "../../../src/remux/audio/backlog.ts";
import { createMp3Format } from "../../../src/remux/mp3/from-stream.ts";
import { fromHex } from "../../support/hex.ts";
import { SETTINGS } from "../../support/live.ts";
import { type CollectingViewer, PlayedStream } from "../../support/played-stream.ts";
import { AAC, audioFrame, H264, IDR, MP3, SLICE, videoFrame } from "../mpegts/tracks.ts";

/** As SRS 7 sends it. */
const EMPTY_ID3 = "49443303000000 00000a 00000000000000000000";
/** Of one byte: MPEG-4, no CRC, LC, 44.1 kHz, stereo, 8 bytes, variable rate. */
const ADTS_HEADER = "fff15080011ffc";

/** Numbered sounds each 20 ms, pictures each 40 ms, of which the first is a key frame. */
function frames(startMs: number, endMs: number, track: Track = AAC): Frame[] {
  const all: Frame[] = [];
  for (let ms = startMs; ms < endMs; ms += 20) {
    const isKeyFrame = ms === 0;
    if (ms % 40 === 0) all.push(videoFrame(ms, [isKeyFrame ? IDR : SLICE], { isKeyFrame }));
    all.push(audioFrame(ms, Uint8Array.of(ms / 20), track));
  }
  return all;
}

/** The numbers of the frames of AAC that have come since the last call. */
function numbers(viewer: CollectingViewer): number[] {
  const bytes = viewer.news();
  const found: number[] = [];
  for (let offset = 0; offset < bytes.length; offset += 8) {
    expect(bytes.subarray(offset, offset + 7)).toEqual(fromHex(ADTS_HEADER));
    found.push(bytes[offset + 7] ?? -1);
  }
  return found;
}

const range = (start: number, end: number): number[] =>
  Array.from({ length: end - start }, (_, i) => start + i);

describe("AAC", () => {
  test("begins with the newest frame, however old the picture is", () => {
    const stream = new PlayedStream();
    stream.publish(H264, AAC);
    stream.send(...frames(0, 1_000));
    const first = stream.join(createAdtsFormat(0));
    expect(numbers(first)).toEqual([49]);
    stream.send(...frames(1_000, 1_200));
    expect(numbers(first)).toEqual(range(50, 60));
    expect(numbers(stream.join(createAdtsFormat(0)))).toEqual([59]);
  });

  test("begins with as much as is wanted of what was before: of the GOP cache, and then of its own", () => {
    const stream = new PlayedStream();
    stream.publish(H264, AAC);
    stream.send(...frames(0, 1_000));
    const format = createAdtsFormat(1_000);
    const first = stream.join(format);
    expect(numbers(first)).toEqual(range(0, 50));
    stream.send(...frames(1_000, 3_000));
    expect(numbers(first)).toEqual(range(50, 150));
    expect(numbers(stream.join(format))).toEqual(range(99, 150));
    expect(numbers(stream.join(createAdtsFormat(200)))).toEqual(range(139, 150));
  });

  test("is not repeated to one who was too slow", () => {
    const stream = new PlayedStream({ queue: { ...SETTINGS.queue, durationMs: 500 } });
    stream.publish(H264, AAC);
    stream.send(...frames(0, 200));
    const viewer = stream.join(createAdtsFormat(10_000));
    expect(numbers(viewer)).toEqual(range(0, 10));
    viewer.isStuck = true;
    for (let ms = 200; ms < 2_000; ms += 200) stream.send(...frames(ms, ms + 200));
    viewer.goOn();
    stream.send(...frames(2_000, 2_200));
    const found = numbers(viewer);
    expect(found).toEqual([...range(10, 20), ...range(99, 110)]);
  });

  test("of the publisher before is not given to who joins the next one", () => {
    const stream = new PlayedStream({ publisher: { ...SETTINGS.publisher, graceMs: 60_000 } });
    stream.publish(H264, AAC);
    stream.send(...frames(0, 200));
    const format = createAdtsFormat(10_000);
    stream.join(format);
    stream.publish(H264, AAC);
    stream.send(...frames(200, 300));
    expect(numbers(stream.join(format))).toEqual(range(10, 15));
  });

  test.each<[string, Track]>([
    ["MP3", MP3],
    ["AAC without a configuration", { ...AAC, decoderConfigurationRecord: undefined }],
    ["AAC with a broken one", { ...AAC, decoderConfigurationRecord: fromHex("12") }],
  ])("leaves out %s, and goes on when AAC comes", (_, track) => {
    const stream = new PlayedStream();
    stream.publish(H264, AAC);
    stream.send(...frames(0, 100));
    const viewer = stream.join(createAdtsFormat(0));
    stream.change(track);
    stream.send(...frames(100, 200, track));
    stream.change({ ...AAC, decoderConfigurationRecord: fromHex("1210") });
    stream.send(...frames(200, 300));
    expect(numbers(viewer)).toEqual([4, ...range(10, 15)]);
  });

  test("leaves out a frame too large for its header", () => {
    const stream = new PlayedStream();
    stream.publish(AAC);
    const viewer = stream.join(createAdtsFormat(1_000));
    const [first, second] = [Uint8Array.of(1), Uint8Array.of(2)];
    const tooLarge = audioFrame(20, new Uint8Array(8_185));
    stream.send(audioFrame(0, first), tooLarge, audioFrame(40, second));
    expect(numbers(viewer)).toEqual([1, 2]);
    expect(numbers(stream.join(createAdtsFormat(1_000)))).toEqual([1, 2]);
  });
});

describe("MP3", () => {
  test("begins with an empty tag, as SRS sends it, and goes on with frames as they are", () => {
    const stream = new PlayedStream();
    stream.publish(H264, MP3);
    stream.send(...frames(0, 100, MP3));
    const viewer = stream.join(createMp3Format(40));
    stream.send(...frames(100, 140, MP3));
    expect(viewer.bytes).toEqual(fromHex(`${EMPTY_ID3} 02 03 04 05 06`));
  });
});

describe("AudioBacklog", () => {
  /** Numbers of frames that are written of the first `count`. */
  function written(backlog: AudioBacklog, count: number = backlog.count): number[] {
    const writer = new ByteWriter();
    backlog.write(writer, count);
    return [...writer.view()];
  }

  test("has the frames of its duration, up to the one that is asked for", () => {
    const backlog = new AudioBacklog(100);
    for (let i = 0; i < 200; i++) {
      backlog.add(i * 20, Uint8Array.of(i));
      expect(written(backlog)).toEqual(range(Math.max(0, i - 5), i + 1));
      expect(written(backlog, i)).toEqual(range(Math.max(0, i - 5), i));
    }
    expect(written(backlog, 0)).toEqual([]);
  });

  test("copies what it is given", () => {
    const backlog = new AudioBacklog(100);
    const bytes = Uint8Array.of(1);
    backlog.add(0, bytes);
    bytes[0] = 2;
    expect(written(backlog)).toEqual([1]);
  });

  test("forgets what is of another time after a jump, either way", () => {
    const backlog = new AudioBacklog(100);
    for (const [ms, number] of [
      [9_000, 1],
      [0, 2],
      [20, 3],
    ] as const) {
      backlog.add(ms, Uint8Array.of(number));
    }
    expect(written(backlog)).toEqual([2, 3]);
    backlog.add(9_000, Uint8Array.of(4));
    expect(written(backlog)).toEqual([4]);
  });

  test("holds no more bytes than it may, however long that is", () => {
    const backlog = new AudioBacklog(1e9);
    for (let i = 0; i < 20; i++) backlog.add(i, new Uint8Array(1 << 20));
    const writer = new ByteWriter();
    backlog.write(writer, backlog.count);
    expect(writer.size).toBe(8 << 20);
  });

  test("of no duration holds nothing, and one that is cleared begins anew", () => {
    const nothing = new AudioBacklog(0);
    nothing.add(0, Uint8Array.of(1));
    expect(written(nothing)).toEqual([]);
    const backlog = new AudioBacklog(100);
    backlog.add(0, Uint8Array.of(1));
    backlog.clear();
    backlog.add(20, Uint8Array.of(2));
    expect(written(backlog)).toEqual([2]);
  });
});
