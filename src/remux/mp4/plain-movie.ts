/**
 * `moov` of a file without fragments, made of that of one with fragments: the tracks as they are, with
 * tables of all samples in place of the empty ones.
 *
 * Spec: ISO/IEC 14496-12, 8.2.2 (`mvhd`), 8.3.2 (`tkhd`), 8.4.2 (`mdhd`), 8.6.5 and 8.6.6 (`edts`,
 * `elst`), 8.8.1 (`mvex`).
 *
 * @module
 */

import { ByteWriter } from "../../base/byte-writer.ts";
import { MalformedError } from "../../base/errors.ts";
import { type Box, decodeFullBox, findBox, readBoxes } from "../../codec/mp4/box-reader.ts";
import { beginBox, beginFullBox, endBox, writeZeros } from "../../codec/mp4/box-writer.ts";
import { writeSampleTables } from "../../codec/mp4/sample-tables.ts";
import type { SampleCollector } from "./sample-collector.ts";

/** What stands behind version and flags of version 0: two times of 32 bits. */
const TIMES_SIZE = 8;
const FIXED_ONE = 0x0001_0000;

interface Plan {
  readonly timescale: number;
  readonly samples: ReadonlyMap<number, SampleCollector>;
  readonly shift: number;
}

/** Whether a `moov` is that of a file with fragments. @throws {MalformedError} */
export function isFragmented(moov: Uint8Array): boolean {
  return findBox(moov, ["mvex"]) !== undefined;
}

/** Ticks per second of each track, by its id. @throws {MalformedError} */
export function trackTimescales(moov: Uint8Array): Map<number, number> {
  const timescales = new Map<number, number>();
  for (const { type, body } of readBoxes(moov)) {
    if (type === "trak") timescales.set(trackIdOf(body), timescaleOf(body, ["mdia", "mdhd"]));
  }
  return timescales;
}

/**
 * Encodes `moov`.
 *
 * @param moov The body of that of the file with fragments.
 * @param samples By track id.
 * @param shift Added to the offsets of all samples. The size of what is encoded does not depend on it.
 * @throws {MalformedError} If the `moov` is none that Sluice writes.
 */
export function encodePlainMovie(
  moov: Uint8Array,
  samples: ReadonlyMap<number, SampleCollector>,
  shift: number,
): Uint8Array {
  const writer = new ByteWriter(1 << 20);
  const plan: Plan = { timescale: timescaleOf(moov, ["mvhd"]), samples, shift };
  const start = beginBox(writer, "moov");
  for (const box of readBoxes(moov)) {
    if (box.type === "mvhd") {
      writeMovieHeader(writer, box, movieDuration(moov, plan));
    } else if (box.type === "trak") {
      if (plan.samples.has(trackIdOf(box.body))) writeTrack(writer, box.body, plan);
    } else if (box.type !== "mvex") {
      copyBox(writer, box);
    }
  }
  endBox(writer, start);
  return writer.take();
}

function writeTrack(writer: ByteWriter, trak: Uint8Array, plan: Plan): void {
  const samples = plan.samples.get(trackIdOf(trak));
  if (samples === undefined) return;
  const timescale = timescaleOf(trak, ["mdia", "mdhd"]);
  const toMovie = (ticks: number): number => Math.round((ticks * plan.timescale) / timescale);
  const start = beginBox(writer, "trak");
  for (const box of readBoxes(trak)) {
    if (box.type === "tkhd") {
      writeTrackHeader(writer, box, toMovie(samples.endTicks));
      const durationTicks = samples.endTicks - samples.startTicks;
      if (samples.startTicks > 0) {
        writeEdits(writer, toMovie(samples.startTicks), toMovie(durationTicks));
      }
    } else if (box.type === "mdia") {
      writeMedia(writer, box.body, samples, plan.shift);
    } else copyBox(writer, box);
  }
  endBox(writer, start);
}

function writeMedia(
  writer: ByteWriter,
  mdia: Uint8Array,
  samples: SampleCollector,
  shift: number,
): void {
  const start = beginBox(writer, "mdia");
  for (const box of readBoxes(mdia)) {
    if (box.type === "mdhd") {
      writeMovieHeader(writer, box, samples.endTicks - samples.startTicks);
    } else if (box.type === "minf") {
      const minf = beginBox(writer, "minf");
      for (const inner of readBoxes(box.body)) {
        if (inner.type === "stbl") writeSampleTable(writer, inner.body, samples, shift);
        else copyBox(writer, inner);
      }
      endBox(writer, minf);
    } else copyBox(writer, box);
  }
  endBox(writer, start);
}

function writeSampleTable(
  writer: ByteWriter,
  stbl: Uint8Array,
  samples: SampleCollector,
  shift: number,
): void {
  const start = beginBox(writer, "stbl");
  for (const box of readBoxes(stbl)) if (box.type === "stsd") copyBox(writer, box);
  writeSampleTables(writer, samples, shift);
  endBox(writer, start);
}

/**
 * `mvhd` and `mdhd` in version 1, where times and durations have 64 bits: 13 hours of 90,000 ticks a
 * second are more than 32 bits hold.
 *
 * `| created | modified | timescale 32 | duration | ... |`
 */
function writeMovieHeader(writer: ByteWriter, { type, body }: Box, duration: number): void {
  const rest = versionZero(body);
  const start = beginFullBox(writer, type, 1, 0);
  writeZeros(writer, 2 * TIMES_SIZE);
  writer.writeBytes(rest.subarray(0, 4));
  writer.writeUint64(duration);
  writer.writeBytes(rest.subarray(8));
  endBox(writer, start);
}

/** `| created | modified | track id 32 | 0 32 | duration | ... |` */
function writeTrackHeader(writer: ByteWriter, { type, body }: Box, duration: number): void {
  const rest = versionZero(body);
  const start = beginFullBox(writer, type, 1, decodeFullBox(body).flags);
  writeZeros(writer, 2 * TIMES_SIZE);
  writer.writeBytes(rest.subarray(0, 8));
  writer.writeUint64(duration);
  writer.writeBytes(rest.subarray(12));
  endBox(writer, start);
}

/** A track that begins later than the movie: nothing first, then all of it. */
function writeEdits(writer: ByteWriter, emptyTicks: number, durationTicks: number): void {
  const edts = beginBox(writer, "edts");
  const elst = beginFullBox(writer, "elst", 1, 0);
  writer.writeUint32(2);
  writer.writeUint64(emptyTicks);
  writer.writeUint32(0xffff_ffff); // media_time -1: an empty edit.
  writer.writeUint32(0xffff_ffff);
  writer.writeUint32(FIXED_ONE);
  writer.writeUint64(durationTicks);
  writer.writeUint64(0);
  writer.writeUint32(FIXED_ONE);
  endBox(writer, elst);
  endBox(writer, edts);
}

function movieDuration(moov: Uint8Array, { timescale, samples }: Plan): number {
  const timescales = trackTimescales(moov);
  const ends = Array.from(samples, ([trackId, { endTicks }]) =>
    Math.round((endTicks * timescale) / (timescales.get(trackId) ?? timescale)),
  );
  return Math.max(0, ...ends);
}

function trackIdOf(trak: Uint8Array): number {
  const tkhd = findBox(trak, ["tkhd"]);
  if (tkhd === undefined) throw new MalformedError("Cannot find tkhd", 0);
  return uint32At(versionZero(tkhd.body), 0);
}

/** The field stands at the same place in `mvhd` and `mdhd`. */
function timescaleOf(parent: Uint8Array, path: readonly string[]): number {
  const box = findBox(parent, path);
  const timescale = box === undefined ? 0 : uint32At(versionZero(box.body), 0);
  if (timescale === 0) throw new MalformedError(`Cannot find a timescale in ${path.join("/")}`, 0);
  return timescale;
}

/** What stands behind the times in a header of version 0, which is what Sluice writes. */
function versionZero(body: Uint8Array): Uint8Array {
  const box = decodeFullBox(body);
  if (box.version === 0 && box.body.length >= TIMES_SIZE + 12) return box.body.subarray(TIMES_SIZE);
  throw new MalformedError(`Cannot read header of version ${box.version}`, 0);
}

function uint32At(bytes: Uint8Array, offset: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(offset);
}

function copyBox(writer: ByteWriter, { type, body }: Box): void {
  const start = beginBox(writer, type);
  writer.writeBytes(body);
  endBox(writer, start);
}
