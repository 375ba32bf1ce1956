/**
 * Reads `moov`: which tracks a file has, and how their times count.
 *
 * Spec: ISO/IEC 14496-12, 8.2.2 (`mvhd`), 8.3.2 (`tkhd`), 8.4.2 (`mdhd`), 8.5.2 (`stsd`), 8.6.6 (`elst`),
 * 8.8.3 (`trex`).
 *
 * @module
 */

import { ByteReader } from "../../base/byte-reader.ts";
import { MalformedError } from "../../base/errors.ts";
import { type Box, decodeFullBox, findBox, readBoxes } from "./box-reader.ts";
import type { SampleDefaults } from "./fragment-reader.ts";
import { decodeSampleEntry, type ReadSampleEntry } from "./sample-entry-reader.ts";

export interface ReadMovie {
  readonly tracks: readonly ReadMovieTrack[];
  /** What `trex` says for fragments, by the track's id. */
  readonly defaults: ReadonlyMap<number, SampleDefaults>;
}

export interface ReadMovieTrack {
  readonly trackId: number;
  /** Ticks per second; not 0. */
  readonly timescale: number;
  /** `undefined` if it has none. */
  readonly sampleEntry: ReadSampleEntry | undefined;
  /** Ticks by which all of the track is shown earlier than its samples say, as its edit list has it. */
  readonly shift: number;
  /** `stbl`, for who wants the samples of a file that is not fragmented: a view into the input. */
  readonly sampleTable: Uint8Array;
}

/** @param body Of `moov`. @throws {MalformedError} If it breaks the specification. */
export function decodeMovie(body: Uint8Array): ReadMovie {
  const boxes = [...readBoxes(body)];
  const header = boxes.find(({ type }) => type === "mvhd");
  const movieTimescale = header === undefined ? 0 : decodeTimescale(header);
  const tracks = boxes
    .filter(({ type }) => type === "trak")
    .map((box) => decodeTrack(box, movieTimescale));
  const defaults = new Map<number, SampleDefaults>();
  const mvex = boxes.find(({ type }) => type === "mvex");
  for (const { type, body: trex } of mvex === undefined ? [] : readBoxes(mvex.body)) {
    if (type === "trex") defaults.set(...decodeTrackExtends(trex));
  }
  return { tracks, defaults };
}

function decodeTrack({ body, offset }: Box, movieTimescale: number): ReadMovieTrack {
  const tkhd = findBox(body, ["tkhd"]);
  const mdhd = findBox(body, ["mdia", "mdhd"]);
  const stbl = findBox(body, ["mdia", "minf", "stbl"]);
  if (tkhd === undefined || mdhd === undefined || stbl === undefined) {
    throw new MalformedError("Cannot read track: no tkhd, mdhd or stbl", offset);
  }
  const timescale = decodeTimescale(mdhd);
  if (timescale === 0) throw new MalformedError("Cannot read track: timescale 0", offset);
  const stsd = findBox(stbl.body, ["stsd"]);
  const elst = findBox(body, ["edts", "elst"]);
  return {
    trackId: decodeTrackId(tkhd),
    timescale,
    sampleEntry: stsd && decodeSampleEntry(stsd.body),
    shift: elst === undefined ? 0 : decodeShift(elst.body, timescale, movieTimescale),
    sampleTable: stbl.body,
  };
}

/** `| created | modified | timescale 32 | ...`, each time of 32 bits, or of 64 in version 1. */
function decodeTimescale({ body }: Box): number {
  const { version, body: fields } = decodeFullBox(body);
  const reader = new ByteReader(fields);
  reader.skip(version === 1 ? 16 : 8);
  return reader.readUint32();
}

function decodeTrackId({ body }: Box): number {
  const { version, body: fields } = decodeFullBox(body);
  const reader = new ByteReader(fields);
  reader.skip(version === 1 ? 16 : 8);
  return reader.readUint32();
}

/** `| count 32 | { duration, media time, each 32 or 64 | rate 16.16 } |`; media time -1: nothing is shown. */
function decodeShift(body: Uint8Array, timescale: number, movieTimescale: number): number {
  const { version, body: fields } = decodeFullBox(body);
  const reader = new ByteReader(fields);
  const read = (): number => {
    if (version !== 1) return reader.readInt32();
    return reader.readInt32() * 0x1_0000_0000 + reader.readUint32();
  };
  let emptyTicks = 0;
  for (let left = reader.readUint32(); left > 0; left--) {
    const duration = read();
    const mediaTime = read();
    reader.skip(4);
    if (mediaTime >= 0) return mediaTime - emptyTicks;
    if (movieTimescale > 0) emptyTicks += Math.round((duration * timescale) / movieTimescale);
  }
  return 0;
}

/** `| track id 32 | description index 32 | duration 32 | size 32 | flags 32 |` */
function decodeTrackExtends(body: Uint8Array): [number, SampleDefaults] {
  const reader = new ByteReader(decodeFullBox(body).body);
  const trackId = reader.readUint32();
  reader.skip(4);
  const [duration, size] = [reader.readUint32(), reader.readUint32()];
  return [trackId, { duration, size, flags: reader.readUint32() }];
}
