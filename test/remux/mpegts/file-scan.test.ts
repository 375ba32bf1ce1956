/**
 * Goal: of an MPEG-TS file that was cut off anywhere it is known how much can be played and how long that
 * is, also where times wrap, and whatever a disk has left at its end.
 *
 * Method: files of our muxer, cut and spoiled; noise.
 */

import { describe, expect, test } from "vitest";
import type { Frame } from "../../../src/live/frame.ts";
import { TsFileMuxer } from "../../../src/remux/mpegts/file-muxer.ts";
import { TsFileScan } from "../../../src/remux/mpegts/file-scan.ts";
import { noise } from "../../support/noise.ts";
import { AAC, framesOf, H264 } from "../../support/packaging-frames.ts";

function fileOf(frames: readonly Frame[]): Uint8Array {
  const muxer = new TsFileMuxer({ video: H264, audio: AAC, metadata: undefined });
  for (const frame of frames) muxer.writeFrame(frame, frame.dtsMs);
  return muxer.take();
}

function scan(bytes: Uint8Array, pieceSize = bytes.length): TsFileScan {
  const reader = new TsFileScan();
  for (let at = 0; at < bytes.length; at += pieceSize) {
    reader.read(bytes.slice(at, at + pieceSize));
  }
  return reader;
}

describe("TsFileScan", () => {
  const FILE = fileOf(framesOf({ toMs: 4_000, size: 500 }));

  test.each([1, 100, 188, 1_000, 100_000])("in pieces of %i bytes", (pieceSize) => {
    const { wholeSize, durationMs } = scan(FILE, pieceSize);
    expect(wholeSize).toBe(FILE.length);
    expect(durationMs).toBeCloseTo(3_989, -1);
  });

  test("cut off in the middle of a packet it ends in front of the frame that is not whole", () => {
    for (let size = FILE.length - 1_500; size < FILE.length; size += 11) {
      const { wholeSize } = scan(FILE.slice(0, size));
      expect(wholeSize % 188).toBe(0);
      expect(wholeSize).toBeLessThanOrEqual(size);
      if (size % 188 === 0) continue;
      // Of the next packet the first byte and the bit that says that a frame begins here.
      expect([FILE[wholeSize], (FILE[wholeSize + 1] ?? 0) & 0x40]).toEqual([0x47, 0x40]);
    }
  });

  test("with nonsense behind it", () => {
    const spoiled = new Uint8Array(FILE.length + 10_000);
    spoiled.set(FILE);
    const { wholeSize, durationMs } = scan(spoiled);
    expect(wholeSize).toBeLessThanOrEqual(FILE.length);
    expect(wholeSize).toBeGreaterThan(FILE.length - 1_000);
    expect(durationMs).toBeGreaterThan(3_900);
  });

  test("times that wrap", () => {
    const wrapMs = 2 ** 33 / 90;
    const frames = framesOf({ toMs: 4_000 }).map((frame) => ({
      ...frame,
      dtsMs: frame.dtsMs + wrapMs - 2_000,
    }));
    expect(scan(fileOf(frames)).durationMs).toBeCloseTo(3_989, -1);
  });

  test("noise is no file", () => {
    for (const bytes of noise(500, 600)) expect(scan(bytes).durationMs).toBeGreaterThanOrEqual(0);
    expect(scan(new Uint8Array()).wholeSize).toBe(0);
  });
});
