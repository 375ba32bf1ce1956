/**
 * The bootstrap information of HTTP Dynamic Streaming: by which Flash players learn which fragments of
 * a stream there are, and of what time.
 *
 * Spec: Adobe Flash Video File Format Specification 10.1, sections 2.11.2 (abst), 2.11.2.1 (asrt) and
 * 2.11.2.2 (afrt).
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import { ByteWriter } from "../../base/byte-writer.ts";
import { beginFullBox, endBox } from "../mp4/box-writer.ts";

/** What ends, or does not go on, at an entry without a duration (DiscontinuityIndicator). */
export const Discontinuity = {
  EndOfPresentation: 0,
  Numbers: 1,
  Times: 2,
  NumbersAndTimes: 3,
} as const;
export type Discontinuity = (typeof Discontinuity)[keyof typeof Discontinuity];

/** FRAGMENTRUNENTRY: fragments of the same duration, up to the first one of the next entry. */
export interface FragmentRun {
  /** The number of the first; of a discontinuity the first that is not there. */
  readonly firstFragment: number;
  /** When that begins. */
  readonly startMs: number;
  /** Of each, at least 1, or what does not go on. 32 bits. */
  readonly lasts: { readonly durationMs: number } | { readonly discontinuity: Discontinuity };
}

export interface BootstrapInfo {
  /** Grows with each change. 32 bits. */
  readonly version: number;
  readonly isLive: boolean;
  /** How far the newest fragment goes. */
  readonly currentMediaTimeMs: number;
  readonly fragmentsPerSegment: number;
  /** At least one. */
  readonly fragmentRuns: readonly FragmentRun[];
}

/** A segment to which fragments are still being added. */
export const FRAGMENTS_UNKNOWN = 0xffff_ffff;

const TIMESCALE = 1_000;
/** Profile (2 bits): named access; Live; Update. */
const LIVE_FLAG = 0b0010_0000;
const FIRST_SEGMENT = 1;

/**
 * Encodes an `abst` box with one table of segments and one of fragments, which hold for all qualities.
 *
 * ```text
 * | size 32 | "abst" | version 8 | flags 24 | version of the information 32 | PPLU 0000 | timescale 32 |
 * | current media time 64 | SMPTE offset 64 | movie identifier, text | servers 8 | qualities 8 |
 * | DRM data, text | metadata, text | tables 8 | asrt | tables 8 | afrt |
 * ```
 */
export function encodeBootstrapInfo(info: BootstrapInfo): Uint8Array {
  const writer = new ByteWriter();
  const start = beginFullBox(writer, "abst", 0, 0);
  writer.writeUint32(info.version);
  writer.writeUint8(info.isLive ? LIVE_FLAG : 0);
  writer.writeUint32(TIMESCALE);
  writer.writeUint64(info.currentMediaTimeMs);
  writer.writeUint64(0); // SmpteTimeCodeOffset
  writer.writeUint8(0); // MovieIdentifier: an empty text
  writer.writeUint8(0); // ServerEntryCount: fragments are where the manifest says
  writer.writeUint8(0); // QualityEntryCount
  writer.writeUint8(0); // DrmData: an empty text
  writer.writeUint8(0); // MetaData: an empty text
  writer.writeUint8(1); // SegmentRunTableCount
  writeSegmentRuns(writer, info.fragmentsPerSegment);
  writer.writeUint8(1); // FragmentRunTableCount
  writeFragmentRuns(writer, info.fragmentRuns);
  endBox(writer, start);
  return writer.take();
}

/** `| box head | qualities 8 | entries 32 | first segment 32 | fragments per segment 32 |` */
function writeSegmentRuns(writer: ByteWriter, fragmentsPerSegment: number): void {
  const start = beginFullBox(writer, "asrt", 0, 0);
  writer.writeUint8(0);
  writer.writeUint32(1);
  writer.writeUint32(FIRST_SEGMENT);
  writer.writeUint32(fragmentsPerSegment);
  endBox(writer, start);
}

/**
 * ```text
 * | box head | timescale 32 | qualities 8 | entries 32 |
 * each entry: | first fragment 32 | its timestamp 64 | duration 32 | if that is 0: indicator 8 |
 * ```
 */
function writeFragmentRuns(writer: ByteWriter, runs: readonly FragmentRun[]): void {
  const start = beginFullBox(writer, "afrt", 0, 0);
  writer.writeUint32(TIMESCALE);
  writer.writeUint8(0);
  writer.writeUint32(runs.length);
  for (const { firstFragment, startMs, lasts } of runs) {
    writer.writeUint32(firstFragment);
    writer.writeUint64(startMs);
    if ("durationMs" in lasts) {
      assert(lasts.durationMs > 0, "a duration of 0 means a discontinuity");
      writer.writeUint32(lasts.durationMs);
    } else {
      writer.writeUint32(0);
      writer.writeUint8(lasts.discontinuity);
    }
  }
  endBox(writer, start);
}
