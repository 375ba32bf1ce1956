/**
 * Goal: whoever joins a stream as MPEG-TS, at any time, gets tables and then a key frame, and from
 * there on a stream without a gap, which all share; by WebSocket in messages that are whole.
 *
 * Method: a stream with viewers who join at different times; what they get is read by a strict reader
 * that shares nothing with the code under test.
 */

import { describe, expect, test } from "vitest";
import type { Frame } from "../../../src/live/frame.ts";
import { createTsFormat } from "../../../src/remux/mpegts/from-stream.ts";
import { joinBytes } from "../../support/hex.ts";
import { SETTINGS } from "../../support/live.ts";
import { type CollectingViewer, PlayedStream } from "../../support/played-stream.ts";
import { readTransportStream, readTsPackets } from "../../support/transport-stream.ts";
import {
  AAC,
  AAC_PID,
  audioFrame,
  H264,
  HEVC,
  IDR,
  SLICE,
  SOUND,
  VIDEO_PID,
  videoFrame,
} from "./tracks.ts";

const OPTIONS = { hasAudio: true, hasVideo: true, isWebSocket: false };
const TS = createTsFormat(OPTIONS);

/** A picture each 40 ms, a key frame each second, a sound each 20 ms. */
function frames(startMs: number, endMs: number): Frame[] {
  const all: Frame[] = [];
  for (let ms = startMs; ms < endMs; ms += 40) {
    const isKeyFrame = ms % 1_000 === 0;
    all.push(videoFrame(ms, [isKeyFrame ? IDR : SLICE], { isKeyFrame }));
    all.push(audioFrame(ms, SOUND), audioFrame(ms + 20, SOUND));
  }
  return all;
}

/** Kinds of packets in a row: P and M for the tables, V and A where a PES packet begins. */
function kinds(bytes: Uint8Array): string {
  const letters: Record<number, string> = { 0: "P", 4097: "M", [VIDEO_PID]: "V", [AAC_PID]: "A" };
  return readTsPackets(bytes)
    .map(({ pid, isUnitStart }) => (isUnitStart ? (letters[pid] ?? "?") : ""))
    .join("");
}

/** Times of the PES packets, in milliseconds. */
function times(bytes: Uint8Array): number[] {
  return readTransportStream(bytes).pesPackets.map(({ pts }) => pts / 90);
}

/** Unmasked binary messages, each in one frame, in the first of the three forms of their sizes. */
function messages(viewer: CollectingViewer): Uint8Array[] {
  const { bytes } = viewer;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const found: Uint8Array[] = [];
  for (let offset = 0; offset < bytes.length; ) {
    expect(bytes[offset]).toBe(0x82);
    const short = view.getUint8(offset + 1);
    expect(short).toBeLessThanOrEqual(126);
    const size = short === 126 ? view.getUint16(offset + 2) : short;
    const start = offset + (short === 126 ? 4 : 2);
    found.push(bytes.subarray(start, start + size));
    offset = start + size;
  }
  return found;
}

describe("MPEG-TS", () => {
  test("the first viewer gets tables, then all since the key frame", () => {
    const stream = new PlayedStream();
    stream.publish(H264, AAC);
    stream.send(...frames(0, 2_040));
    const viewer = stream.join(TS);
    expect(kinds(viewer.bytes)).toBe("PMPMVAA");
    expect(times(viewer.bytes)).toEqual([2_000, 2_000, 2_020]);
    expect(readTransportStream(viewer.bytes).maps[0]?.streams).toHaveLength(2);
  });

  test("at whatever time one joins, the counters count on, and all get the same from there on", () => {
    const stream = new PlayedStream();
    stream.publish(H264, AAC);
    stream.send(...frames(0, 1_000));
    const early = stream.join(TS);
    const late: CollectingViewer[] = [];
    for (let ms = 1_000; ms < 5_000; ms += 280) {
      stream.send(...frames(ms, ms + 280));
      const viewer = stream.join(TS);
      expect(kinds(viewer.bytes)).toMatch(/^PMPMV/);
      late.push(viewer);
    }
    early.news();
    const joined = late.map((viewer) => viewer.bytes.length);
    stream.send(...frames(5_040, 6_000));
    const shared = early.bytes;
    expect(kinds(shared)).toMatch(/^VAAV/);
    for (const [index, { bytes }] of late.entries()) {
      expect(bytes.subarray(joined[index])).toEqual(shared);
      readTransportStream(bytes); // Throws if a counter or a table is wrong.
    }
  });

  test("tables come before key frames, once a second between them, and when a track changes", () => {
    const stream = new PlayedStream();
    stream.publish(H264, AAC);
    stream.send(...frames(0, 40));
    const viewer = stream.join(TS);
    viewer.news();
    stream.send(...frames(960, 1_040));
    expect(kinds(viewer.news())).toBe("VAAPMVAA");
    stream.send(videoFrame(1_080, [SLICE]), videoFrame(1_990, [SLICE]), videoFrame(2_010, [SLICE]));
    expect(kinds(viewer.news())).toBe("VVPMV");
    stream.change(HEVC);
    stream.send(audioFrame(2_020, SOUND));
    const { maps } = readTransportStream(viewer.bytes);
    expect(maps).toMatchObject([{ version: 1, streams: [{ streamType: 0x24 }, {}] }]);
  });

  test("sound alone has tables once a second, and one may join at any time", () => {
    const stream = new PlayedStream();
    stream.publish(AAC);
    const sounds = (startMs: number, endMs: number) =>
      Array.from({ length: (endMs - startMs) / 20 }, (_, i) => audioFrame(startMs + i * 20, SOUND));
    stream.send(...sounds(0, 300));
    const viewer = stream.join(TS);
    for (let ms = 300; ms < 3_000; ms += 300) stream.send(...sounds(ms, ms + 300));
    const late = stream.join(TS);
    expect(readTransportStream(viewer.bytes).maps.map(({ pcrPid }) => pcrPid)).toEqual(
      new Array(4).fill(AAC_PID),
    );
    expect(kinds(late.bytes)).toMatch(/^PMA+$/);
    expect(times(late.bytes)[0]).toBe(2_700);
  });

  test.each([
    [true, false, "PMPMAA", "AAPMAA"],
    [false, true, "PMPMV", "VPMV"],
  ])("audio %s, video %s", (hasAudio, hasVideo, joined, later) => {
    const stream = new PlayedStream();
    stream.publish(H264, AAC);
    stream.send(...frames(0, 40));
    const viewer = stream.join(createTsFormat({ ...OPTIONS, hasAudio, hasVideo }));
    expect(kinds(viewer.news())).toBe(joined);
    stream.send(...frames(960, 1_040));
    expect(kinds(viewer.bytes)).toBe(later);
    expect(readTransportStream(viewer.bytes).maps[0]?.streams).toHaveLength(1);
  });

  test("another publisher's stream is announced for what it is", () => {
    const stream = new PlayedStream({ publisher: { ...SETTINGS.publisher, graceMs: 60_000 } });
    stream.publish(H264, AAC);
    stream.send(...frames(0, 400));
    const viewer = stream.join(TS);
    stream.publish(AAC);
    stream.send(audioFrame(400, SOUND), audioFrame(420, SOUND));
    const { maps } = readTransportStream(viewer.bytes);
    expect(maps.at(-1)).toMatchObject({ version: 1, streams: [{ pid: AAC_PID }] });
  });

  test("who was too slow goes on at a key frame, behind tables", () => {
    const stream = new PlayedStream({ queue: { ...SETTINGS.queue, durationMs: 1_000 } });
    stream.publish(H264, AAC);
    stream.send(...frames(0, 400));
    const viewer = stream.join(TS);
    viewer.news();
    viewer.isStuck = true;
    for (let ms = 400; ms < 4_400; ms += 400) stream.send(...frames(ms, ms + 400));
    viewer.goOn();
    stream.send(...frames(4_400, 4_800));
    // The block that it was in the middle of is still sent whole.
    expect(kinds(viewer.bytes)).toMatch(/^VAA(VAA)*PMPMV/);
  });
});

describe("MPEG-TS by WebSocket", () => {
  test("the tables are a message, and each frame with the tables before it is one", () => {
    const stream = new PlayedStream();
    stream.publish(H264, AAC);
    stream.send(...frames(0, 40));
    const viewer = stream.join(createTsFormat({ ...OPTIONS, isWebSocket: true }));
    stream.send(...frames(960, 1_000));
    const all = messages(viewer);
    expect(all.map(kinds)).toEqual(["PM", "PMV", "A", "A", "V", "A", "A"]);
    expect(times(joinBytes(...all))).toEqual([0, 0, 20, 960, 960, 980]);
  });

  test("a frame that cannot be written is no message", () => {
    const stream = new PlayedStream();
    stream.publish(H264, AAC);
    stream.send(...frames(0, 40));
    const viewer = stream.join(createTsFormat({ ...OPTIONS, isWebSocket: true }));
    viewer.news();
    stream.send(videoFrame(40, [], { payload: SOUND }), audioFrame(40, SOUND));
    expect(messages(viewer).map(kinds)).toEqual(["A"]);
  });
});
