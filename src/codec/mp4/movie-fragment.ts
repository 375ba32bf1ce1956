/**
 * `moof`: times, sizes and kinds of the samples in the `mdat` behind it.
 *
 * Spec: ISO/IEC 14496-12, 8.8.4 (`moof`), 8.8.5 (`mfhd`), 8.8.6 (`traf`), 8.8.7 (`tfhd`), 8.8.8
 * (`trun`), 8.8.12 (`tfdt`), 8.8.3.1 (sample flags).
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import type { ByteWriter } from "../../base/byte-writer.ts";
import { beginBox, beginFullBox, endBox } from "./box-writer.ts";

/** Times are in ticks of the track's timescale. */
export interface FragmentSample {
  /** What goes into `mdat`. */
  readonly payload: Uint8Array;
  readonly duration: number;
  /** PTS - DTS; may be negative. */
  readonly compositionTimeOffset: number;
  /** A sync sample. Every one of audio is. */
  readonly isKeyFrame: boolean;
}

export interface MovieFragment {
  readonly trackId: number;
  /** Counts the fragments of a presentation; 32 bits. */
  readonly sequenceNumber: number;
  /** Of the first sample, in ticks; may be larger than 32 bits. */
  readonly baseDecodeTime: number;
  /** At least one. */
  readonly samples: readonly FragmentSample[];
}

/** Flags of `tfhd`. */
const TrackFragmentFlag = {
  BaseDataOffset: 0x00_0001,
  SampleDescriptionIndex: 0x00_0002,
  DefaultSampleDuration: 0x00_0008,
  DefaultSampleSize: 0x00_0010,
  DefaultSampleFlags: 0x00_0020,
  DurationIsEmpty: 0x01_0000,
  DefaultBaseIsMoof: 0x02_0000,
} as const;

/** Flags of `trun`. */
const TrackRunFlag = {
  DataOffset: 0x00_0001,
  FirstSampleFlags: 0x00_0004,
  SampleDuration: 0x00_0100,
  SampleSize: 0x00_0200,
  SampleFlags: 0x00_0400,
  SampleCompositionTimeOffset: 0x00_0800,
} as const;

/** Sample flags: sample_depends_on 2 (on none). */
const SYNC_SAMPLE = 0x0200_0000;
/** sample_depends_on 1 (on others), sample_is_non_sync_sample. */
const NON_SYNC_SAMPLE = 0x0101_0000;

const MDAT_HEADER_SIZE = 8;

/**
 * Writes `moof`, whose `mdat` must follow at once, and fills both.
 *
 * ```text
 * moof | mfhd | sequence number 32
 *      | traf | tfhd | track id 32 | [duration 32] | [size 32] | [flags 32]
 *             | tfdt | base decode time 64
 *             | trun | sample count 32 | data offset 32 | [first sample's flags 32]
 *                    | each sample: [duration 32] [size 32] [flags 32] [composition time offset 32]
 * mdat | the samples
 * ```
 */
export function writeMovieFragment(writer: ByteWriter, fragment: MovieFragment): void {
  const { samples } = fragment;
  const shape = findShape(samples);
  const moof = beginBox(writer, "moof");
  const mfhd = beginFullBox(writer, "mfhd", 0, 0);
  writer.writeUint32(fragment.sequenceNumber);
  endBox(writer, mfhd);
  const traf = beginBox(writer, "traf");
  writeTrackFragmentHeader(writer, fragment, shape);
  const tfdt = beginFullBox(writer, "tfdt", 1, 0);
  writer.writeUint64(fragment.baseDecodeTime);
  endBox(writer, tfdt);
  const dataOffsetAt = writeTrackRun(writer, samples, shape);
  endBox(writer, traf);
  endBox(writer, moof);
  writer.setUint32At(dataOffsetAt, writer.size - moof + MDAT_HEADER_SIZE);

  const mdat = beginBox(writer, "mdat");
  for (const { payload } of samples) writer.writeBytes(payload);
  endBox(writer, mdat);
}

/** Which fields a run has: what all samples have in common is said once in `tfhd`. */
function findShape(samples: readonly FragmentSample[]): number {
  const [first, second] = samples;
  assert(first !== undefined, "a fragment has samples");
  let shape: number = TrackRunFlag.DataOffset;
  for (let index = 1; index < samples.length; index++) {
    const sample = samples[index] as FragmentSample;
    if (sample.duration !== first.duration) shape |= TrackRunFlag.SampleDuration;
    if (sample.payload.length !== first.payload.length) shape |= TrackRunFlag.SampleSize;
    if (sample.compositionTimeOffset !== 0) shape |= TrackRunFlag.SampleCompositionTimeOffset;
    if (sample.isKeyFrame !== second?.isKeyFrame) shape |= TrackRunFlag.SampleFlags;
  }
  if (first.compositionTimeOffset !== 0) shape |= TrackRunFlag.SampleCompositionTimeOffset;
  const isFirstAlone = second !== undefined && first.isKeyFrame !== second.isKeyFrame;
  const hasEachItsFlags = (shape & TrackRunFlag.SampleFlags) !== 0;
  return isFirstAlone && !hasEachItsFlags ? shape | TrackRunFlag.FirstSampleFlags : shape;
}

function writeTrackFragmentHeader(
  writer: ByteWriter,
  fragment: MovieFragment,
  shape: number,
): void {
  const first = fragment.samples[0] as FragmentSample;
  const hasDuration = (shape & TrackRunFlag.SampleDuration) === 0;
  const hasSize = (shape & TrackRunFlag.SampleSize) === 0;
  const hasFlags = (shape & TrackRunFlag.SampleFlags) === 0;
  const flags =
    TrackFragmentFlag.DefaultBaseIsMoof |
    (hasDuration ? TrackFragmentFlag.DefaultSampleDuration : 0) |
    (hasSize ? TrackFragmentFlag.DefaultSampleSize : 0) |
    (hasFlags ? TrackFragmentFlag.DefaultSampleFlags : 0);
  const start = beginFullBox(writer, "tfhd", 0, flags);
  writer.writeUint32(fragment.trackId);
  if (hasDuration) writer.writeUint32(first.duration);
  if (hasSize) writer.writeUint32(first.payload.length);
  // The first sample may differ from the rest, and say so itself.
  if (hasFlags) writer.writeUint32(sampleFlags(fragment.samples[1] ?? first));
  endBox(writer, start);
}

/** @returns Where the data offset stands, which is known once `moof` has ended. */
function writeTrackRun(
  writer: ByteWriter,
  samples: readonly FragmentSample[],
  shape: number,
): number {
  // Version 1: composition time offsets are signed.
  const start = beginFullBox(writer, "trun", 1, shape);
  writer.writeUint32(samples.length);
  const dataOffsetAt = writer.size;
  writer.writeUint32(0);
  if ((shape & TrackRunFlag.FirstSampleFlags) !== 0) {
    writer.writeUint32(sampleFlags(samples[0] as FragmentSample));
  }
  for (const sample of samples) {
    if ((shape & TrackRunFlag.SampleDuration) !== 0) writer.writeUint32(sample.duration);
    if ((shape & TrackRunFlag.SampleSize) !== 0) writer.writeUint32(sample.payload.length);
    if ((shape & TrackRunFlag.SampleFlags) !== 0) writer.writeUint32(sampleFlags(sample));
    if ((shape & TrackRunFlag.SampleCompositionTimeOffset) !== 0) {
      writer.writeUint32(sample.compositionTimeOffset);
    }
  }
  endBox(writer, start);
  return dataOffsetAt;
}

function sampleFlags(sample: FragmentSample): number {
  return sample.isKeyFrame ? SYNC_SAMPLE : NON_SYNC_SAMPLE;
}
