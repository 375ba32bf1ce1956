/**
 * Recordings as FLV: all that comes by RTMP.
 *
 * @module
 */

import { MalformedError } from "../../../base/errors.ts";
import { INDEX_ENTRIES_MAX } from "../../../remux/flv/file-metadata.ts";
import { FlvFileMuxer } from "../../../remux/flv/file-muxer.ts";
import { FlvFileScan } from "../../../remux/flv/file-scan.ts";
import { readFile } from "./read-file.ts";
import type { RecordingFormat } from "./recording-format.ts";

/** Two hours of a key frame every two seconds; 65 kB. Of longer files every second one is kept, and so on. */
const ENTRIES_MAX = INDEX_ENTRIES_MAX;
/** Segments have fewer: key frames that are closer than half a second are no help. */
const ENTRIES_PER_SECOND = 2;
const ENTRIES_MIN = 16;

/** @param expectedMs How long a file will be; `undefined`: nobody knows. */
export function createFlvFormat(expectedMs: number | undefined): RecordingFormat {
  const wanted = ((expectedMs ?? Number.POSITIVE_INFINITY) / 1_000) * ENTRIES_PER_SECOND;
  const entriesMax = Math.max(ENTRIES_MIN, Math.min(ENTRIES_MAX, Math.ceil(wanted)));
  return {
    name: "flv",
    isZeroBased: false,
    canCarry: () => true,
    // Players take a new configuration of a codec, but not another codec.
    canSwitch: (before, after) => before === undefined || before.codec === after.codec,
    createMuxer: (description) => new FlvFileMuxer(description, entriesMax),
    repair: async (file, size) => {
      const scan = new FlvFileScan();
      try {
        for await (const piece of readFile(file, size)) scan.read(piece);
      } catch (error) {
        if (!(error instanceof MalformedError)) throw error;
        // What was written last when the machine stopped may be anything: the rest is good.
      }
      const { wholeSize, durationMs, hasMedia } = scan;
      return { size: hasMedia ? wholeSize : 0, durationMs, patches: scan.patches() };
    },
  };
}
