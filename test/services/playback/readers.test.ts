/**
 * Goal: frames of a file are read from any time on as if all of it had been read: the last key frame at or
 * before the time, its sound with it, and the times of the file. It takes a small part of the file to get there.
 *
 * Method: our own muxers make files of ten minutes; what is read is compared with what went in, and what
 * the disk was asked for is counted. Then the files are damaged, by chance that can be repeated.
 */

import { beforeAll, describe, expect, test } from "vitest";
import type { Frame } from "../../../src/live/frame.ts";
import type { StreamDescription, Track } from "../../../src/live/track.ts";
import { FlvFileMuxer } from "../../../src/remux/flv/file-muxer.ts";
import { FlvFileScan } from "../../../src/remux/flv/file-scan.ts";
import { Mp4FileMuxer } from "../../../src/remux/mp4/file-muxer.ts";
import { TsFileMuxer } from "../../../src/remux/mpegts/file-muxer.ts";
import { MemoryRuntime } from "../../../src/runtime/memory/memory-runtime.ts";
import type { OpenFile } from "../../../src/runtime/runtime.ts";
import { createMp4Format } from "../../../src/services/dvr/formats/mp4-format.ts";
import { openFlvFrames } from "../../../src/services/playback/flv/flv-frames.ts";
import type { OpenFrames } from "../../../src/services/playback/frame-reader.ts";
import { openMp4Frames } from "../../../src/services/playback/mp4/mp4-frames.ts";
import { openTsFrames } from "../../../src/services/playback/ts/ts-frames.ts";
import { joinBytes } from "../../support/hex.ts";
import {
  AAC,
  framesOf,
  H264,
  H264_OTHER,
  hexOf,
  picturesOf,
  soundsOf,
} from "../../support/packaging-frames.ts";
import { createRandom } from "../../support/seeded-random.ts";

/** Not 0: a file may begin at any time. */
const BASE_MS = 5_000;
const SECONDS = 600;
const FRAMES = framesOf({ toMs: SECONDS * 1_000, gop: 50, size: 1_500 }).map((frame, i) =>
  frame.track.kind === "video" && i % 3 === 0 ? { ...frame, compositionTimeOffsetMs: 80 } : frame,
);
const DESCRIPTION: StreamDescription = { video: H264, audio: AAC, metadata: undefined };
const TOLERANCE_MS = 1.05;
/** Of what is in front of the frames that are wanted, tables included. */
const SEEK_SIZE_MAX = 4 << 20;

interface Muxer {
  writeFrame(frame: Frame, dtsMs: number): void;
  take(isLast: boolean): Uint8Array;
}

function mux(muxer: Muxer, frames: readonly Frame[], baseMs: number): Uint8Array {
  const pieces: Uint8Array[] = [];
  let takenMs = 0;
  for (const frame of frames) {
    muxer.writeFrame(frame, frame.dtsMs + baseMs);
    if (frame.dtsMs - takenMs < 500) continue;
    takenMs = frame.dtsMs;
    pieces.push(muxer.take(false));
  }
  pieces.push(muxer.take(true));
  return joinBytes(...pieces);
}

function toFlv(frames: readonly Frame[], baseMs: number): Uint8Array {
  const muxer = new FlvFileMuxer(DESCRIPTION, 100);
  const bytes = mux(muxer, frames, baseMs);
  for (const patch of muxer.patches({ size: bytes.length, durationMs: SECONDS * 1_000 })) {
    bytes.set(patch.bytes, patch.offset);
  }
  return bytes;
}

async function toPlainMp4(frames: readonly Frame[], baseMs: number): Promise<Uint8Array> {
  const { files } = new MemoryRuntime();
  await files.write("/a.mp4", mux(new Mp4FileMuxer(DESCRIPTION), frames, baseMs));
  await createMp4Format().rewrite?.(files, "/a.mp4", "/b.mp4", () => false);
  return files.contentOf("/b.mp4");
}

/** A file in memory that counts what is read of it. */
class CountedFile {
  readSize = 0;
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get source(): Parameters<OpenFrames>[0] {
    const read: OpenFile["read"] = async (offset, size) => {
      const bytes = this.bytes.slice(offset, offset + size);
      this.readSize += bytes.length;
      return bytes;
    };
    return { file: { read } as OpenFile, size: this.bytes.length, hasVideo: true };
  }
}

async function readAll(
  open: OpenFrames,
  file: CountedFile,
  startMs: number | undefined,
  untilMs = Number.POSITIVE_INFINITY,
): Promise<{ frames: Frame[]; isEntry: boolean }> {
  const reader = await open(file.source, startMs);
  const frames: Frame[] = [];
  for (let next = await reader.next(); next !== undefined; next = await reader.next()) {
    frames.push(...next);
    if ((next.at(-1)?.dtsMs ?? 0) > untilMs) break;
  }
  return { frames, isEntry: reader.isEntry };
}

const FILES: Record<string, { open: OpenFrames; make: (baseMs: number) => Promise<Uint8Array> }> = {
  flv: { open: openFlvFrames, make: async (baseMs) => toFlv(FRAMES, baseMs) },
  "mp4 with tables": { open: openMp4Frames, make: (baseMs) => toPlainMp4(FRAMES, baseMs) },
  "mp4 with fragments": {
    open: openMp4Frames,
    make: async (baseMs) => mux(new Mp4FileMuxer(DESCRIPTION), FRAMES, baseMs),
  },
  ts: {
    open: openTsFrames,
    make: async (baseMs) => mux(new TsFileMuxer(DESCRIPTION), FRAMES, baseMs),
  },
};

/** The frames of a kind that were sent from a time on, beside what has been read. */
function expectFrom(got: readonly Frame[], sent: readonly Frame[], fromMs: number): void {
  const expected = sent.filter(({ dtsMs }) => dtsMs >= fromMs).slice(0, got.length);
  expect(got.map(({ payload }) => hexOf(payload.subarray(0, 12)))).toEqual(
    expected.map(({ payload }) => hexOf(payload.subarray(0, 12))),
  );
  const isSame = (frame: Frame, i: number): boolean => {
    const before = expected[i];
    return (
      before !== undefined &&
      Math.abs(frame.dtsMs - before.dtsMs) <= TOLERANCE_MS &&
      Math.abs(frame.compositionTimeOffsetMs - before.compositionTimeOffsetMs) <= 1 &&
      frame.isKeyFrame === before.isKeyFrame
    );
  };
  expect(got.findIndex((frame, i) => !isSame(frame, i))).toBe(-1);
}

describe.each(Object.entries(FILES))("%s", (name, { open, make }) => {
  let bytes: Uint8Array;

  beforeAll(async () => {
    bytes = await make(BASE_MS);
  });

  test("is read from its beginning", async () => {
    const { frames, isEntry } = await readAll(open, new CountedFile(bytes), undefined);
    expect(isEntry).toBe(false);
    expectFrom(picturesOf(frames), picturesOf(FRAMES), 0);
    expectFrom(soundsOf(frames), soundsOf(FRAMES), 0);
    expect(frames).toHaveLength(FRAMES.length);
  });

  test.each([
    [0, 0],
    [1_999, 0],
    [2_001, 2_000],
    [299_990, 298_000],
    [300_001, 300_000],
    [599_000, 598_000],
    [10_000_000, 598_000],
  ])("at %d ms it begins with the key frame at %d ms", async (startMs, keyFrameMs) => {
    const file = new CountedFile(bytes);
    const { frames, isEntry } = await readAll(open, file, startMs, keyFrameMs + 1_000);
    expect(isEntry).toBe(true);
    const pictures = picturesOf(frames);
    expect(pictures[0]?.isKeyFrame).toBe(true);
    expectFrom(pictures, picturesOf(FRAMES), keyFrameMs);
    const sounds = soundsOf(frames).filter(({ dtsMs }) => dtsMs >= keyFrameMs);
    expectFrom(sounds, soundsOf(FRAMES), keyFrameMs - 0.5);
    expect(sounds.length).toBeGreaterThan(40);
    // The index of this FLV has a key frame of every eight.
    expect(file.readSize).toBeLessThan(SEEK_SIZE_MAX);
    expect(bytes.length).toBeGreaterThan(5 * SEEK_SIZE_MAX);
  });

  test("sound alone, and pictures alone", async () => {
    for (const kind of ["video", "audio"] as const) {
      const all = FRAMES.filter(({ track, dtsMs }) => track.kind === kind && dtsMs < 60_000);
      const isVideo = kind === "video";
      const description = isVideo
        ? { ...DESCRIPTION, audio: undefined }
        : { ...DESCRIPTION, video: undefined };
      const muxers: Record<string, () => Muxer> = {
        flv: () => new FlvFileMuxer(description, 100),
        ts: () => new TsFileMuxer(description),
      };
      const muxer = muxers[name]?.() ?? new Mp4FileMuxer(description);
      const counted = new CountedFile(mux(muxer, all, 0));
      const { source } = counted;
      const reader = await open({ ...source, hasVideo: isVideo }, 30_010);
      expect(reader.isEntry).toBe(true);
      const first = (await reader.next())?.[0];
      const expected = all.findLast(({ dtsMs, isKeyFrame }) => isKeyFrame && dtsMs <= 30_011);
      expect(hexOf(first?.payload ?? new Uint8Array())).toBe(hexOf(expected?.payload ?? bytes));
    }
  });

  test("whatever is done to it, it throws nothing but what says so, and ends", async () => {
    const short = await shorten(name);
    const next = createRandom(7);
    for (let round = 0; round < 150; round++) {
      const broken = short.slice(0, round % 4 === 0 ? next(short.length) : short.length);
      for (let i = 0; i < 1 + (round % 12); i++) {
        // Half of it in front, where most of what is said of a file stands.
        const at = next(round % 2 === 0 ? Math.max(1, broken.length) : 2_000);
        broken[at] = next(256);
      }
      try {
        const startMs = round % 3 === 0 ? undefined : next(4_000);
        await readAll(open, new CountedFile(broken), startMs);
      } catch (error) {
        expect((error as Error).name, (error as Error).stack ?? "").toBe("MalformedError");
      }
    }
  });
});

/** A file of that kind of a few seconds. */
async function shorten(name: string): Promise<Uint8Array> {
  const frames = framesOf({ toMs: 3_000, gop: 25 });
  if (name === "flv") return toFlv(frames, 0);
  if (name === "ts") return mux(new TsFileMuxer(DESCRIPTION), frames, 0);
  if (name === "mp4 with tables") return toPlainMp4(frames, 0);
  return mux(new Mp4FileMuxer(DESCRIPTION), frames, 0);
}

test("an FLV of two configurations is begun with the one that holds", async () => {
  const muxer = new FlvFileMuxer(DESCRIPTION, 100);
  const tracks: Track[] = [H264, H264_OTHER, H264];
  let track = H264;
  const pieces: Uint8Array[] = [];
  for (const frame of FRAMES) {
    const wanted = tracks[Math.floor(frame.dtsMs / 200_000)] ?? H264;
    if (frame.track.kind === "video" && wanted !== track) {
      track = wanted;
      muxer.writeTrack(track, frame.dtsMs);
    }
    muxer.writeFrame(frame.track.kind === "video" ? { ...frame, track } : frame, frame.dtsMs);
    if (frame.dtsMs % 1_000 === 0) pieces.push(muxer.take());
  }
  pieces.push(muxer.take());
  const bytes = joinBytes(...pieces);
  const patches = [
    muxer.patches({ size: bytes.length, durationMs: SECONDS * 1_000 }),
    scanned(bytes).patches(), // As of a file whose process was killed.
  ];
  for (const patch of patches.flat()) {
    bytes.set(patch.bytes, patch.offset);
    for (const [i, held] of tracks.entries()) {
      const startMs = i * 200_000 + 150_000;
      const file = new CountedFile(bytes);
      const { frames } = await readAll(openFlvFrames, file, startMs, startMs + 500);
      const pictures = picturesOf(frames);
      expectFrom(pictures, picturesOf(FRAMES), startMs);
      const record = pictures[0]?.track.decoderConfigurationRecord;
      expect(record).toEqual(held.decoderConfigurationRecord);
      expect(file.readSize).toBeLessThan(SEEK_SIZE_MAX);
    }
  }
});

function scanned(bytes: Uint8Array): FlvFileScan {
  const scan = new FlvFileScan();
  scan.read(bytes.slice());
  return scan;
}

test.each([
  2 ** 31 - 60_000, // FLV's times turn negative,
  2 ** 32 - 60_000, // and begin anew.
  2 ** 31 + 60_000,
])("times of FLV go on over the end of their 32 bits, from %d ms", async (baseMs) => {
  const file = new CountedFile(toFlv(FRAMES, baseMs));
  for (const startMs of [undefined, 30_001, 61_000, 400_001]) {
    const { frames } = await readAll(openFlvFrames, file, startMs, (startMs ?? 0) + 500);
    const keyFrameMs = Math.floor((startMs ?? 0) / 2_000) * 2_000;
    expectFrom(picturesOf(frames), picturesOf(FRAMES), keyFrameMs);
  }
});

test("times of MPEG-TS go on over the end of their 33 bits", async () => {
  // 26.5 hours less a minute.
  const baseMs = Math.floor(2 ** 33 / 90) - 60_000;
  const bytes = mux(new TsFileMuxer(DESCRIPTION), FRAMES, baseMs);
  for (const startMs of [30_001, 59_000, 61_000, 400_001]) {
    const { frames } = await readAll(openTsFrames, new CountedFile(bytes), startMs, startMs + 500);
    const keyFrameMs = Math.floor(startMs / 2_000) * 2_000;
    expectFrom(picturesOf(frames), picturesOf(FRAMES), keyFrameMs);
  }
});
