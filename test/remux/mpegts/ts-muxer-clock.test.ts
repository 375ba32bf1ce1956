/**
 * Goal: what stands between the pictures of a transport stream, its clock and its tables, is there in
 * time for whoever tunes in, and goes on over wraps, jumps and changes.
 *
 * Method: streams of frames made by hand, read by a strict reader that shares nothing with the muxer.
 */

import { describe, expect, test } from "vitest";
import { ByteWriter } from "../../../src/base/byte-writer.ts";
import { AdaptationFlag } from "../../../src/codec/mpegts/packet.ts";
import type { Frame } from "../../../src/live/frame.ts";
import { TsMuxer } from "../../../src/remux/mpegts/ts-muxer.ts";
import { joinBytes } from "../../support/hex.ts";
import { readTransportStream, type TransportStream } from "../../support/transport-stream.ts";
import {
  AAC,
  AAC_PID,
  audioFrame,
  H264,
  HEVC,
  IDR,
  MP3,
  mux,
  SLICE,
  SOUND,
  VIDEO_PID,
  videoFrame,
} from "./tracks.ts";

describe("the clock", () => {
  /** Frames of `seconds`, in the order of their times. */
  function frames(videoMs: number | undefined, audioMs: number | undefined, seconds = 4): Frame[] {
    const all: Frame[] = [];
    const end = seconds * 1_000;
    for (let ms = 0; videoMs !== undefined && ms < end; ms += videoMs) {
      all.push(videoFrame(ms, [SLICE], { isKeyFrame: ms === 0 }));
    }
    for (let ms = 3; audioMs !== undefined && ms < end; ms += audioMs) {
      all.push(audioFrame(ms, SOUND));
    }
    return all.sort((a, b) => a.dtsMs - b.dtsMs);
  }

  /** Clock references with the DTS of the next PES packet. */
  function references(stream: TransportStream): { pcrMs: number; dtsMs: number }[] {
    const pes = [...stream.pesPackets];
    const found: { pcrMs: number; dtsMs: number }[] = [];
    for (const { pcr, isUnitStart, pid } of stream.packets) {
      const isPes = isUnitStart && (pid === VIDEO_PID || pid === AAC_PID);
      if (pcr !== undefined) found.push({ pcrMs: pcr / 27_000, dtsMs: (pes[0]?.dts ?? 0) / 90 });
      if (isPes) pes.shift();
    }
    return found;
  }

  test.each([
    [40, 23],
    [1_000 / 30, 23],
    [20, 21],
    [100, 26],
    [500, 26],
    [4_000, 26],
    [undefined, 26],
    [60, undefined],
  ])(
    "is there every 80 ms, 100 ms early: pictures each %d ms, sound each %d ms",
    (video, audio) => {
      const found = references(mux(frames(video, audio)));
      for (const [index, { pcrMs, dtsMs }] of found.entries()) {
        const before = found[index - 1];
        if (before !== undefined) expect(dtsMs - before.dtsMs).toBeLessThanOrEqual(80.1);
        expect(pcrMs).toBeCloseTo(Math.max(0, dtsMs - 100), 1);
      }
      expect(found.at(-1)?.dtsMs).toBeGreaterThan(3_900);
    },
  );

  test("has each key frame for a reference", () => {
    const stream = mux([0, 10, 20].map((ms) => videoFrame(ms, [IDR], { isKeyFrame: true })));
    expect(stream.pesPackets.map(({ pcr }) => pcr === undefined)).toEqual([false, false, false]);
  });

  test("never runs back when sound comes before older pictures", () => {
    const frames = [1_000, 1_300, 1_350].map((ms) => audioFrame(ms, SOUND));
    const stream = mux([
      videoFrame(1_000, [IDR]),
      ...frames,
      videoFrame(1_100, [IDR], { isKeyFrame: true }),
      videoFrame(1_400, [IDR], { isKeyFrame: true }),
    ]);
    const found = references(stream).map(({ pcrMs }) => pcrMs);
    expect(found).toEqual([900, 1_200, 1_200, 1_300]);
    const { Discontinuity } = AdaptationFlag;
    expect(stream.packets.some(({ flags }) => (flags & Discontinuity) !== 0)).toBe(false);
  });

  test("is said to jump when the times go back", () => {
    const stream = mux([9_000, 9_040, 20, 60].map((ms) => videoFrame(ms, [SLICE])));
    const { Discontinuity } = AdaptationFlag;
    expect(stream.pesPackets.map(({ pcr, flags }) => [pcr, (flags & Discontinuity) !== 0])).toEqual(
      [
        [8_900 * 27_000, false],
        [8_940 * 27_000, false],
        [0, true],
        [0, false],
      ],
    );
  });

  test("wraps with the times", () => {
    const wrapMs = 2 ** 33 / 90;
    const times = [-80, 0, 80, 120].map((ms) => wrapMs + ms);
    const stream = mux(times.map((ms) => videoFrame(ms, [SLICE], { isKeyFrame: true })));
    expect(stream.pesPackets.map(({ pcr }) => (pcr ?? 0) / 27_000)).toEqual(
      [-180, -100, -20, 20]
        .map((ms) => (ms < 0 ? wrapMs + ms : ms))
        .map((ms) => expect.closeTo(ms, 1)),
    );
    expect(stream.packets.some(({ flags }) => (flags & AdaptationFlag.Discontinuity) !== 0)).toBe(
      false,
    );
  });
});

describe("tables", () => {
  test("come before the first frame, when asked for, and when they change", () => {
    const muxer = new TsMuxer();
    const writer = new ByteWriter();
    muxer.setTracks({ video: H264, audio: AAC });
    muxer.writeFrame(writer, videoFrame(0, [IDR]));
    muxer.writeFrame(writer, audioFrame(0, SOUND));
    muxer.writeTables(writer);
    muxer.writeFrame(writer, audioFrame(20, SOUND, MP3));
    muxer.setTracks({ video: { ...H264 }, audio: MP3 }); // Another track of the same kind.
    muxer.writeFrame(writer, videoFrame(40, [SLICE], { track: HEVC }));
    muxer.setTracks({ video: HEVC, audio: undefined });
    muxer.setTracks({ video: HEVC, audio: AAC }); // What nobody saw is no version.
    muxer.writeTables(writer);
    const { maps } = readTransportStream(writer.view());
    const kinds = maps.map(({ version, streams }) => [
      version,
      streams.map(({ streamType }) => streamType),
    ]);
    expect(kinds).toEqual([
      [0, [0x1b, 0x0f]],
      [0, [0x1b, 0x0f]],
      [1, [0x1b, 0x04]],
      [2, [0x24, 0x04]],
      [3, [0x24, 0x0f]],
    ]);
  });

  test("have versions that begin again after 31", () => {
    const tracks = Array.from({ length: 34 }, (_, i) => (i % 2 === 0 ? AAC : MP3));
    const { maps } = mux(tracks.map((track, i) => audioFrame(i * 20, SOUND, track)));
    expect(maps.map(({ version }) => version)).toEqual(tracks.map((_, i) => i % 32));
  });

  test("of a mark fit in before what follows it", () => {
    const muxer = new TsMuxer();
    const [before, after] = [new ByteWriter(), new ByteWriter()];
    for (let i = 0; i < 20; i++) muxer.writeTables(before);
    muxer.setTracks({ video: H264 });
    const mark = muxer.markTables();
    muxer.setTracks({ video: H264, audio: AAC });
    muxer.writeFrame(after, videoFrame(0, [IDR]));
    const joined = joinBytes(muxer.encodeTablesAt(mark), after.view());
    expect(readTransportStream(joined).maps.map(({ streams }) => streams.length)).toEqual([1, 2]);
  });
});
