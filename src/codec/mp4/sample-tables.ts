/**
 * The tables of `stbl`: when each sample of a track is decoded and shown, how large it is, and where.
 *
 * Spec: ISO/IEC 14496-12, 8.6.1.2 (`stts`), 8.6.1.3 (`ctts`), 8.6.2 (`stss`), 8.7.3.2 (`stsz`), 8.7.4
 * (`stsc`), 8.7.5 (`co64`).
 *
 * @module
 */

import type { ByteWriter } from "../../base/byte-writer.ts";
import { beginFullBox, endBox } from "./box-writer.ts";

/** A value, and how many samples in a row have it. */
export interface SampleRun {
  count: number;
  readonly value: number;
}

/** Samples in decoding order. Times are in ticks of the track. */
export interface SampleTables {
  readonly sizes: readonly number[];
  readonly durations: readonly SampleRun[];
  /** PTS - DTS; may be negative. */
  readonly compositionTimeOffsets: readonly SampleRun[];
  /** Numbers of sync samples, from 1. */
  readonly syncSamples: readonly number[];
  /** Samples that lie one behind the other in the file. */
  readonly chunks: readonly SampleChunk[];
}

export interface SampleChunk {
  /** Of its first sample, in bytes from the start of the file. */
  readonly offset: number;
  readonly sampleCount: number;
}

/** Writes the tables, which stand behind `stsd`. @param shift Added to the offsets of all chunks. */
export function writeSampleTables(writer: ByteWriter, tables: SampleTables, shift: number): void {
  const { sizes, durations, compositionTimeOffsets: offsets, syncSamples, chunks } = tables;
  writeRuns(writer, "stts", 0, durations);
  if (offsets.some(({ value }) => value !== 0)) {
    // Version 1: the offsets are signed. Old players know version 0 alone.
    writeRuns(writer, "ctts", offsets.some(({ value }) => value < 0) ? 1 : 0, offsets);
  }
  // Without the table all samples are sync samples.
  if (syncSamples.length < sizes.length) writeList(writer, "stss", syncSamples);
  writeChunkSizes(writer, chunks);
  const stsz = beginFullBox(writer, "stsz", 0, 0);
  writer.writeUint32(0); // They differ.
  writer.writeUint32(sizes.length);
  for (const size of sizes) writer.writeUint32(size);
  endBox(writer, stsz);
  const co64 = beginFullBox(writer, "co64", 0, 0);
  writer.writeUint32(chunks.length);
  for (const { offset } of chunks) writer.writeUint64(offset + shift);
  endBox(writer, co64);
}

/** `| entry count 32 | each run: sample count 32, value 32 |` */
function writeRuns(
  writer: ByteWriter,
  type: "stts" | "ctts",
  version: number,
  runs: readonly SampleRun[],
): void {
  const start = beginFullBox(writer, type, version, 0);
  writer.writeUint32(runs.length);
  for (const { count, value } of runs) {
    writer.writeUint32(count);
    writer.writeUint32(value);
  }
  endBox(writer, start);
}

function writeList(writer: ByteWriter, type: "stss", values: readonly number[]): void {
  const start = beginFullBox(writer, type, 0, 0);
  writer.writeUint32(values.length);
  for (const value of values) writer.writeUint32(value);
  endBox(writer, start);
}

/** `stsc`: `| entry count 32 | each change: first chunk 32, samples per chunk 32, description 32 |` */
function writeChunkSizes(writer: ByteWriter, chunks: readonly SampleChunk[]): void {
  const changes = chunks.flatMap(({ sampleCount }, index) =>
    chunks[index - 1]?.sampleCount === sampleCount ? [] : [{ first: index + 1, sampleCount }],
  );
  const start = beginFullBox(writer, "stsc", 0, 0);
  writer.writeUint32(changes.length);
  for (const { first, sampleCount } of changes) {
    writer.writeUint32(first);
    writer.writeUint32(sampleCount);
    writer.writeUint32(1);
  }
  endBox(writer, start);
}
