/**
 * `moov` of a fragmented file: what its tracks are, and tables without samples, which come in `moof`
 * boxes.
 *
 * Spec: ISO/IEC 14496-12, 8.2 (`moov`, `mvhd`), 8.3 (`trak`, `tkhd`), 8.4 (`mdia`, `mdhd`, `hdlr`,
 * `minf`), 8.5 (`stbl`, `stsd`), 8.6.1 (`stts`), 8.7 (`dinf`, `dref`, `stsz`, `stsc`, `stco`),
 * 8.8.1 to 8.8.3 (`mvex`, `trex`), 12.1.2 (`vmhd`), 12.2.2 (`smhd`).
 *
 * @module
 */

import type { ByteWriter } from "../../base/byte-writer.ts";
import { beginBox, beginFullBox, endBox, writeFourCc, writeZeros } from "./box-writer.ts";
import { type SampleEntry, writeSampleEntry } from "./sample-entry.ts";

export interface MovieTrack {
  /** At least 1. */
  readonly trackId: number;
  /** Ticks per second. */
  readonly timescale: number;
  readonly sampleEntry: SampleEntry;
}

/** Enabled, in the movie, in its preview. */
const TRACK_FLAGS = 0b111;
/** `und`: three letters of five bits each. */
const LANGUAGE_UNDETERMINED = 0x55c4;
/** `url ` without an address: the media are in this file. */
const SELF_CONTAINED = 1;
const FIXED_ONE = 0x0001_0000;
const SIDE_MAX = 0xffff;
const VOLUME_FULL = 0x0100;
/** Nothing is turned or scaled: 16.16, and 2.30 in the last column. */
const IDENTITY_MATRIX: readonly number[] = [FIXED_ONE, 0, 0, 0, FIXED_ONE, 0, 0, 0, 0x4000_0000];

/**
 * Writes `moov`. The boxes stand in the order of the functions below.
 *
 * @param timescale Of the movie: ticks per second.
 * @param tracks At least one.
 */
export function writeMovie(
  writer: ByteWriter,
  timescale: number,
  tracks: readonly MovieTrack[],
): void {
  const moov = beginBox(writer, "moov");
  writeMovieHeader(writer, timescale, Math.max(...tracks.map(({ trackId }) => trackId)) + 1);
  for (const track of tracks) writeTrack(writer, track);
  writeMovieExtends(writer, tracks);
  endBox(writer, moov);
}

function writeTrack(writer: ByteWriter, track: MovieTrack): void {
  const trak = beginBox(writer, "trak");
  writeTrackHeader(writer, track);
  const mdia = beginBox(writer, "mdia");
  writeMediaHeader(writer, track.timescale);
  writeHandler(writer, track.sampleEntry.kind);
  const minf = beginBox(writer, "minf");
  writeKindHeader(writer, track.sampleEntry.kind);
  writeDataInformation(writer);
  writeSampleTable(writer, track.sampleEntry);
  endBox(writer, minf);
  endBox(writer, mdia);
  endBox(writer, trak);
}

/** `| created 32 | modified 32 | timescale 32 | duration 32 | rate | volume | 0 80 | matrix | 0 | next |` */
function writeMovieHeader(writer: ByteWriter, timescale: number, nextTrackId: number): void {
  const start = beginFullBox(writer, "mvhd", 0, 0);
  writeZeros(writer, 4 + 4);
  writer.writeUint32(timescale);
  writer.writeUint32(0); // The duration of what is in here: nothing.
  writer.writeUint32(FIXED_ONE); // rate
  writer.writeUint16(VOLUME_FULL);
  writeZeros(writer, 2 + 8);
  for (const value of IDENTITY_MATRIX) writer.writeUint32(value);
  writeZeros(writer, 24);
  writer.writeUint32(nextTrackId);
  endBox(writer, start);
}

/**
 * ```text
 * | created 32 | modified 32 | track id 32 | 0 32 | duration 32 | 0 64 | layer 16 | group 16 |
 * | volume 8.8 | 0 16 | matrix | width 16.16 | height 16.16 |
 * ```
 */
function writeTrackHeader(writer: ByteWriter, track: MovieTrack): void {
  const entry = track.sampleEntry;
  const start = beginFullBox(writer, "tkhd", 0, TRACK_FLAGS);
  writeZeros(writer, 4 + 4);
  writer.writeUint32(track.trackId);
  writeZeros(writer, 4 + 4 + 8 + 2 + 2);
  writer.writeUint16(entry.kind === "audio" ? VOLUME_FULL : 0);
  writer.writeUint16(0);
  for (const value of IDENTITY_MATRIX) writer.writeUint32(value);
  if (entry.kind === "video") {
    // The size as it is shown. What is too wide for the field is no picture that anyone shows.
    const pixel = entry.pixelAspectRatio ?? { width: 1, height: 1 };
    const shownWidth = Math.min(SIDE_MAX, (entry.width * pixel.width) / pixel.height);
    writer.writeUint32(Math.round(shownWidth * FIXED_ONE));
    writer.writeUint32(entry.height * FIXED_ONE);
  } else {
    writeZeros(writer, 4 + 4);
  }
  endBox(writer, start);
}

/** `| created 32 | modified 32 | timescale 32 | duration 32 | language 16 | 0 16 |` */
function writeMediaHeader(writer: ByteWriter, timescale: number): void {
  const start = beginFullBox(writer, "mdhd", 0, 0);
  writeZeros(writer, 4 + 4);
  writer.writeUint32(timescale);
  writer.writeUint32(0);
  writer.writeUint16(LANGUAGE_UNDETERMINED);
  writer.writeUint16(0);
  endBox(writer, start);
}

/** `| 0 32 | type 32 | 0 96 | name, ended by 0 |` */
function writeHandler(writer: ByteWriter, kind: SampleEntry["kind"]): void {
  const start = beginFullBox(writer, "hdlr", 0, 0);
  writer.writeUint32(0);
  writeFourCc(writer, kind === "video" ? "vide" : "soun");
  writeZeros(writer, 12);
  writer.writeText(kind === "video" ? "VideoHandler" : "SoundHandler");
  writer.writeUint8(0);
  endBox(writer, start);
}

/** `vmhd`: mode and colour of drawing; `smhd`: balance. */
function writeKindHeader(writer: ByteWriter, kind: SampleEntry["kind"]): void {
  const isVideo = kind === "video";
  const start = isVideo ? beginFullBox(writer, "vmhd", 0, 1) : beginFullBox(writer, "smhd", 0, 0);
  writeZeros(writer, isVideo ? 2 + 6 : 2 + 2);
  endBox(writer, start);
}

function writeDataInformation(writer: ByteWriter): void {
  const dinf = beginBox(writer, "dinf");
  const dref = beginFullBox(writer, "dref", 0, 0);
  writer.writeUint32(1); // entry_count
  const url = beginFullBox(writer, "url ", 0, SELF_CONTAINED);
  endBox(writer, url);
  endBox(writer, dref);
  endBox(writer, dinf);
}

/** The tables that must be there, each with its count of entries: 0. */
function writeSampleTable(writer: ByteWriter, entry: SampleEntry): void {
  const stbl = beginBox(writer, "stbl");
  const stsd = beginFullBox(writer, "stsd", 0, 0);
  writer.writeUint32(1);
  writeSampleEntry(writer, entry);
  endBox(writer, stsd);
  writeEmptyTable(writer, "stts", 4);
  writeEmptyTable(writer, "stsc", 4);
  writeEmptyTable(writer, "stsz", 4 + 4); // sample_size, sample_count
  writeEmptyTable(writer, "stco", 4);
  endBox(writer, stbl);
}

function writeEmptyTable(writer: ByteWriter, type: string, size: number): void {
  const start = beginFullBox(writer, type, 0, 0);
  writeZeros(writer, size);
  endBox(writer, start);
}

/** `trex`: `| track id 32 | sample description 32 | duration 32 | size 32 | flags 32 |` */
function writeMovieExtends(writer: ByteWriter, tracks: readonly MovieTrack[]): void {
  const mvex = beginBox(writer, "mvex");
  for (const { trackId } of tracks) {
    const trex = beginFullBox(writer, "trex", 0, 0);
    writer.writeUint32(trackId);
    writer.writeUint32(1);
    writeZeros(writer, 4 + 4 + 4); // Each fragment has its own defaults.
    endBox(writer, trex);
  }
  endBox(writer, mvex);
}
