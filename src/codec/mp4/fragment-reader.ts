/**
 * Reads `moof`: the reverse of `writeMovieFragment`, for files of anybody.
 *
 * Spec: ISO/IEC 14496-12, 8.8.4 to 8.8.8 (`moof`, `mfhd`, `traf`, `tfhd`, `trun`), 8.8.12 (`tfdt`),
 * 8.8.3.1 (sample flags).
 *
 * @module
 */

import { ByteReader } from "../../base/byte-reader.ts";
import { MalformedError } from "../../base/errors.ts";
import { type Box, decodeFullBox, type FullBox, readBoxes } from "./box-reader.ts";

/** One `trun`. Times are in ticks of the track. */
export interface SampleRunInfo {
  readonly trackId: number;
  /** Of the first sample. */
  readonly baseDecodeTime: number;
  /** Where the first sample is, in bytes from the start of `moof`. */
  readonly dataOffset: number;
  readonly samples: readonly SampleInfo[];
}

export interface SampleInfo {
  readonly duration: number;
  readonly size: number;
  readonly compositionTimeOffset: number;
  readonly isSync: boolean;
}

/** What holds for samples of which nothing else is said. */
export interface SampleDefaults {
  readonly duration: number;
  readonly size: number;
  /** sample_flags. */
  readonly flags: number;
}

export interface FragmentContext {
  /** Those of `trex`, by the track's id. */
  readonly defaults?: ReadonlyMap<number, SampleDefaults>;
  /** Where `moof` begins in its file, for offsets that count from the file's beginning. Bytes. */
  readonly offset?: number;
  /**
   * How many samples there may be in all, and runs, as each takes memory. Absent: more than an hour of
   * video has.
   */
  readonly samplesMax?: number;
}

interface FragmentDefaults extends SampleDefaults {
  readonly trackId: number;
  /** What the offsets of runs are from, seen from the start of `moof`. */
  readonly base: number;
}

/** sample_is_non_sync_sample. */
const NON_SYNC = 0x0001_0000;
/** A `trun` has up to 16 bytes for each sample, or none at all: then nothing else bounds their count. */
const SAMPLES_MAX = 1 << 17;

/** @param body Of a `moof`. @throws {MalformedError} If it breaks the specification. */
export function decodeMovieFragment(
  body: Uint8Array,
  context: FragmentContext = {},
): SampleRunInfo[] {
  let room = context.samplesMax ?? SAMPLES_MAX;
  const all: SampleRunInfo[] = [];
  for (const box of readBoxes(body)) {
    if (box.type !== "traf") continue;
    for (const run of decodeTrackFragment(box, context, room)) {
      room -= costOf(run);
      all.push(run);
    }
  }
  return all;
}

/** How much of `samplesMax` it takes. */
export function costOf({ samples }: SampleRunInfo): number {
  return Math.max(1, samples.length);
}

function decodeTrackFragment(
  { body, offset }: Box,
  context: FragmentContext,
  samplesMax: number,
): SampleRunInfo[] {
  let room = samplesMax;
  let defaults: FragmentDefaults | undefined;
  let time: number | undefined;
  let end: number | undefined;
  const runs: SampleRunInfo[] = [];
  for (const box of readBoxes(body)) {
    if (box.type === "tfhd") defaults = decodeHeader(decodeFullBox(box.body), context);
    else if (box.type === "tfdt") time = decodeTime(decodeFullBox(box.body));
    else if (box.type === "trun") {
      if (defaults === undefined || time === undefined) {
        throw new MalformedError("Cannot read run: no tfhd and tfdt before it", offset);
      }
      if (room === 0) throw new MalformedError("Cannot read runs: too many", offset);
      const start = { time, end: end ?? defaults.base, samplesMax: room };
      const run = decodeRun(decodeFullBox(box.body), defaults, start);
      room -= costOf(run);
      time += run.samples.reduce((sum, { duration }) => sum + duration, 0);
      end = run.dataOffset + run.samples.reduce((sum, { size }) => sum + size, 0);
      runs.push(run);
    }
  }
  return runs;
}

function decodeHeader(
  { flags, body }: FullBox,
  { defaults, offset = 0 }: FragmentContext,
): FragmentDefaults {
  const reader = new ByteReader(body);
  const trackId = reader.readUint32();
  const base = (flags & 0x1) === 0 ? 0 : readUint64(reader) - offset;
  if ((flags & 0x2) !== 0) reader.readUint32();
  const common = defaults?.get(trackId) ?? { duration: 0, size: 0, flags: 0 };
  const duration = (flags & 0x8) === 0 ? common.duration : reader.readUint32();
  const size = (flags & 0x10) === 0 ? common.size : reader.readUint32();
  const sampleFlags = (flags & 0x20) === 0 ? common.flags : reader.readUint32();
  return { trackId, base, duration, size, flags: sampleFlags };
}

function decodeTime({ version, body }: FullBox): number {
  const reader = new ByteReader(body);
  return version === 0 ? reader.readUint32() : readUint64(reader);
}

/** What is known in front of a run. */
interface RunStart {
  /** Where the run before it ended, in its time and its bytes. */
  readonly time: number;
  readonly end: number;
  readonly samplesMax: number;
}

function decodeRun(
  { flags, body }: FullBox,
  defaults: FragmentDefaults,
  { time, end, samplesMax }: RunStart,
): SampleRunInfo {
  const reader = new ByteReader(body);
  const sampleCount = reader.readUint32();
  if (sampleCount > samplesMax) {
    throw new MalformedError(`Cannot read run of ${sampleCount} samples`, 4);
  }
  const dataOffset = (flags & 0x1) === 0 ? end : defaults.base + reader.readInt32();
  const firstFlags = (flags & 0x4) === 0 ? undefined : reader.readUint32();
  const samples: SampleInfo[] = [];
  for (let index = 0; index < sampleCount; index++) {
    const duration = (flags & 0x100) === 0 ? defaults.duration : reader.readUint32();
    const size = (flags & 0x200) === 0 ? defaults.size : reader.readUint32();
    const common = index === 0 ? (firstFlags ?? defaults.flags) : defaults.flags;
    const sampleFlags = (flags & 0x400) === 0 ? common : reader.readUint32();
    // Signed in version 1; in version 0 no offset is so large that it would matter.
    const compositionTimeOffset = (flags & 0x800) === 0 ? 0 : reader.readUint32() | 0;
    samples.push({ duration, size, compositionTimeOffset, isSync: (sampleFlags & NON_SYNC) === 0 });
  }
  return { trackId: defaults.trackId, baseDecodeTime: time, dataOffset, samples };
}

function readUint64(reader: ByteReader): number {
  return reader.readUint32() * 0x1_0000_0000 + reader.readUint32();
}
