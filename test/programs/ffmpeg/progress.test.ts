/**
 * Goal: what FFmpeg says of its progress is understood wherever it is cut, and what is none does no harm.
 */

import { expect, test } from "vitest";
import { type FfmpegProgress, ProgressParser } from "../../../src/programs/ffmpeg/progress.ts";

/** As FFmpeg 5.1 prints it. */
const TEXT = `frame=76
fps=25.31
stream_0_0_q=28.0
bitrate= 312.5kbits/s
total_size=118433
out_time_us=3031746
out_time_ms=3031746
out_time=00:00:03.031746
dup_frames=0
drop_frames=1
speed=1.01x
progress=continue
`;
const PROGRESS: FfmpegProgress = {
  ...{ frames: 76, fps: 25.31, speed: 1.01, outTimeMs: 3_032, outSize: 118_433, droppedFrames: 1 },
};
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

function parse(...pieces: readonly Uint8Array[]): FfmpegProgress[] {
  const seen: FfmpegProgress[] = [];
  const parser = new ProgressParser((progress) => seen.push(progress));
  for (const piece of pieces) parser.write(piece);
  return seen;
}

test("cut at every byte", () => {
  const bytes = encode(TEXT + TEXT);
  for (let i = 0; i <= bytes.length; i++) {
    expect(parse(bytes.subarray(0, i), bytes.subarray(i))).toEqual([PROGRESS, PROGRESS]);
  }
});

test("what is not known is null", () => {
  const text = "frame=0\nfps=0.00\ntotal_size=N/A\nout_time_us=N/A\nspeed=N/A\nprogress=end\n";
  expect(parse(encode(text))).toEqual([
    { frames: 0, fps: 0, speed: null, outTimeMs: null, outSize: null, droppedFrames: null },
  ]);
});

test("of what is none, nothing is kept but a line", () => {
  const parser = new ProgressParser(() => undefined);
  for (let i = 0; i < 1_000; i++) parser.write(encode("z".repeat(100_000)));
  const seen = parse(encode("=\n==\n\0=\nprogress\nframe=1e999\nspeed=--1\nprogress=\n"));
  expect(seen).toEqual([
    {
      frames: Number.POSITIVE_INFINITY,
      fps: null,
      speed: null,
      outTimeMs: null,
      outSize: null,
      droppedFrames: null,
    },
  ]);
});
