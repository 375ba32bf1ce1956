/**
 * Recordings as MPEG-TS.
 *
 * @module
 */

import { canCarryInTs } from "../../../remux/mpegts/create-elementary-stream.ts";
import { TsFileMuxer } from "../../../remux/mpegts/file-muxer.ts";
import { TsFileScan } from "../../../remux/mpegts/file-scan.ts";
import { readFile } from "./read-file.ts";
import type { RecordingFormat } from "./recording-format.ts";

export function createTsFormat(): RecordingFormat {
  return {
    name: "ts",
    isZeroBased: false,
    canCarry: canCarryInTs,
    // Configurations are in the bitstream; another codec, or a new track, is what few players expect.
    canSwitch: (before, after) => before?.codec === after.codec,
    createMuxer: (description) => {
      const muxer = new TsFileMuxer(description);
      return {
        get pendingSize() {
          return muxer.pendingSize;
        },
        writeTrack: (track) => muxer.writeTrack(track),
        writeFrame: (frame, dtsMs) => muxer.writeFrame(frame, dtsMs),
        take: () => muxer.take(),
        patches: () => [],
      };
    },
    repair: async (file, size) => {
      const scan = new TsFileScan();
      for await (const piece of readFile(file, size)) scan.read(piece);
      return { size: scan.wholeSize, durationMs: scan.durationMs, patches: [] };
    },
  };
}
