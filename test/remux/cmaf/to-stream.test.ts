/**
 * Goal: what comes as fragmented MP4 is in the live core what it was, with sound and picture together, and
 * hostile files make nothing but an error.
 *
 * Method: a file by FFmpeg, whose offsets count from its beginning and whose edit lists put its tracks
 * together, beside what ffprobe says of it; fragments of our own writer; each byte changed.
 */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ByteWriter } from "../../../src/base/byte-writer.ts";
import { decodeAvcDecoderConfigurationRecord } from "../../../src/codec/h264/decoder-configuration-record.ts";
import { writeMovieFragment } from "../../../src/codec/mp4/movie-fragment.ts";
import { splitLengthPrefixed } from "../../../src/codec/nal/length-prefixed.ts";
import type { IncomingFrame } from "../../../src/live/frame.ts";
import type { Track } from "../../../src/live/track.ts";
import { createCmafTrack } from "../../../src/remux/cmaf/cmaf-track.ts";
import { FragmentsToStream } from "../../../src/remux/cmaf/to-stream.ts";
import { fromHex, joinBytes } from "../../support/hex.ts";
import { unlessMalformed } from "../../support/malformed.ts";
import { H264, IDR, lengthPrefixed, OPUS, SLICE } from "../mpegts/tracks.ts";

const FILE = new Uint8Array(
  readFileSync(new URL("../../fixtures/mp4/fragmented.mp4", import.meta.url)),
);

function createReader() {
  const frames: IncomingFrame[] = [];
  const tracks: Track[] = [];
  const reader = new FragmentsToStream({
    writeMetadata: () => undefined,
    writeTrack: (track) => {
      tracks.push(track);
      return track;
    },
    writeFrame: (frame) => void frames.push(frame),
  });
  const of = (kind: Track["kind"]) => frames.filter(({ track }) => track.kind === kind);
  return { reader, frames, tracks, of };
}

describe("a file by FFmpeg", () => {
  test("has the frames that ffprobe finds", () => {
    const { reader, of, tracks } = createReader();
    reader.initialize(FILE);
    reader.read(FILE);
    expect(tracks.map(({ codec }) => codec)).toEqual(["h264", "aac"]);
    const record = tracks[0]?.decoderConfigurationRecord ?? FILE;
    expect(decodeAvcDecoderConfigurationRecord(record).sps).toHaveLength(1);
    const pictures = of("video").map((frame) => [
      Math.round(frame.dtsMs + frame.compositionTimeOffsetMs),
      Math.round(frame.dtsMs),
      frame.payload.length,
      frame.isKeyFrame,
    ]);
    expect(pictures).toEqual([
      [0, -40, 1_424, true],
      [80, 0, 10, false],
      [40, 40, 10, false],
      [160, 80, 46, false],
      [120, 120, 10, false],
    ]);
    const sounds = of("audio").map(({ dtsMs, payload }) => [
      Math.round(dtsMs * 48),
      payload.length,
    ]);
    expect(sounds).toEqual(
      [116, 119, 53, 52, 51, 53, 53, 49, 56, 105, 5].map((size, index) => [
        (index - 1) * 1_024,
        size,
      ]),
    );
    for (const { payload } of of("video")) {
      expect(splitLengthPrefixed(payload, 4).length).toBeGreaterThan(0);
    }
  });

  test("is no reason for anything but MalformedError, whatever is changed or cut off", () => {
    for (let at = 0; at < FILE.length; at++) {
      const changed = FILE.slice();
      changed[at] = (changed[at] ?? 0) ^ 0xff;
      for (const bytes of [changed, FILE.subarray(0, at)]) {
        const { reader } = createReader();
        unlessMalformed(() => reader.initialize(bytes));
        unlessMalformed(() => reader.read(bytes));
      }
    }
  });
});

function box(type: string, body: Uint8Array): Uint8Array {
  const size = fromHex((body.length + 8).toString(16).padStart(8, "0"));
  return joinBytes(size, new TextEncoder().encode(type), body);
}

describe("fragments", () => {
  function fragment(baseDecodeTime: number, payloads: readonly Uint8Array[]): Uint8Array {
    const writer = new ByteWriter();
    const samples = payloads.map((payload, index) => ({
      ...{ payload, duration: 3_600, compositionTimeOffset: 7_200, isKeyFrame: index === 0 },
    }));
    writeMovieFragment(writer, { trackId: 1, sequenceNumber: 1, baseDecodeTime, samples });
    return writer.take();
  }

  test("of our own come out as they went in, several in a segment", () => {
    const { reader, frames, tracks } = createReader();
    reader.initialize(createCmafTrack(H264)?.initializationSegment ?? FILE);
    const pictures = [IDR, SLICE, SLICE].map((nalUnit) => lengthPrefixed(nalUnit));
    const segment = Buffer.concat([fragment(90_000, pictures), fragment(100_800, pictures)]);
    reader.read(new Uint8Array(segment));
    expect(tracks).toEqual([H264]);
    expect(frames.map(({ dtsMs, isKeyFrame }) => [dtsMs, isKeyFrame])).toEqual([
      ...[1_000, 1_040, 1_080].map((ms, index) => [ms, index === 0]),
      ...[1_120, 1_160, 1_200].map((ms, index) => [ms, index === 0]),
    ]);
    expect(frames.map(({ payload }) => payload)).toEqual([...pictures, ...pictures]);
    expect(frames.map(({ compositionTimeOffsetMs }) => compositionTimeOffsetMs)).toEqual(
      frames.map(() => 80),
    );
  });

  test("whose samples lie upon one another are not copied for each", () => {
    const { reader, frames } = createReader();
    reader.initialize(createCmafTrack(H264)?.initializationSegment ?? FILE);
    const traf = [
      "74726166 00000014 74666864 00020010 00000001 00000fa0",
      "00000010 74666474 00000000 00000000",
      ...Array.from({ length: 4 }, () => "00000014 7472756e 00000001 00000001 00000008"),
    ].join("");
    const runs = fromHex(traf);
    const moof = joinBytes(
      box("moof", box("traf", runs.subarray(4))),
      box("mdat", new Uint8Array(8_000)),
    );
    expect(() => reader.read(moof)).toThrow("too large");
    expect(frames.length).toBeLessThan(3);
  });

  test("with another movie in front become another track", () => {
    const { reader, tracks } = createReader();
    for (const track of [H264, OPUS]) {
      reader.initialize(createCmafTrack(track)?.initializationSegment ?? FILE);
    }
    expect(tracks.map(({ codec }) => codec)).toEqual(["h264", "opus"]);
  });

  test("before any movie are malformed", () => {
    expect(() => createReader().reader.read(fragment(0, [IDR]))).toThrow("no moov");
    expect(() => createReader().reader.initialize(fragment(0, [IDR]))).toThrow("Cannot find moov");
  });
});
