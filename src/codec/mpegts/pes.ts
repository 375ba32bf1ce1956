/**
 * PES packets: access units with their times, before they are cut into transport packets.
 *
 * Spec: ISO/IEC 13818-1, 2.4.3.6 and 2.4.3.7 (PES packet), Table 2-22 (stream_id).
 *
 * @module
 */

import type { ByteWriter } from "../../base/byte-writer.ts";

/** stream_id, as far as it is not numbered. */
export const PesStreamId = {
  ProgramStreamMap: 0xbc,
  /** Private data with PTS and DTS: AC-3, Opus. */
  PrivateStream1: 0xbd,
  PaddingStream: 0xbe,
  PrivateStream2: 0xbf,
  /** The first of 32. */
  Audio: 0xc0,
  /** The first of 16. */
  Video: 0xe0,
  EcmStream: 0xf0,
  EmmStream: 0xf1,
  DsmCcStream: 0xf2,
  Mheg: 0xf3,
  H2221TypeA: 0xf4,
  H2221TypeB: 0xf5,
  H2221TypeC: 0xf6,
  H2221TypeD: 0xf7,
  H2221TypeE: 0xf8,
  AncillaryStream: 0xf9,
  Mpeg4SlPacketized: 0xfa,
  Mpeg4FlexMux: 0xfb,
  MetadataStream: 0xfc,
  ExtendedStream: 0xfd,
  Reserved: 0xfe,
  ProgramStreamDirectory: 0xff,
} as const;
export type PesStreamId = (typeof PesStreamId)[keyof typeof PesStreamId];

/** Ticks per millisecond of PTS and DTS, which count at 90 kHz. */
export const PTS_TICKS_PER_MS = 90;
/** PTS and DTS have 33 bits, and so wrap after 26.5 hours. */
export const PTS_WRAP = 0x2_0000_0000;

/** Bytes up to and including PES_packet_length, which does not count them. */
export const PES_START_SIZE = 6;
const LENGTH_OFFSET = 4;
const LENGTH_MAX = 0xffff;
const TIME_SIZE = 5;

const MARKER = 0x80;
const HAS_PTS = 0x80;
const HAS_PTS_AND_DTS = 0xc0;
const TWO_TO_30 = 0x4000_0000;
const FIXED_HEADER_SIZE = 9;
/** Those whose payload begins behind the length: no flags, no times. */
const WITHOUT_HEADER: readonly number[] = [
  PesStreamId.ProgramStreamMap,
  PesStreamId.PaddingStream,
  PesStreamId.PrivateStream2,
  PesStreamId.EcmStream,
  PesStreamId.EmmStream,
  PesStreamId.DsmCcStream,
  PesStreamId.H2221TypeE,
  PesStreamId.ProgramStreamDirectory,
];

export interface PesHeader {
  readonly streamId: PesStreamId;
  /** Bytes in front of the payload. */
  readonly headerSize: number;
  /** Ticks of 90 kHz, within 33 bits; `undefined` if it is not said. */
  readonly pts: number | undefined;
  /** The PTS, if nothing else is said. */
  readonly dts: number | undefined;
}

/** Brings a time, which may be negative or past the wrap, into the 33 bits there are. */
export function wrapPts(ticks: number): number {
  const rest = ticks % PTS_WRAP;
  return rest < 0 ? rest + PTS_WRAP : rest;
}

/** How much later than `from` the time `to` is, both within 33 bits: at most half of the wrap, or earlier. */
export function ptsDistance(from: number, to: number): number {
  const ahead = wrapPts(to - from);
  return ahead < PTS_WRAP / 2 ? ahead : ahead - PTS_WRAP;
}

/**
 * Writes what stands in front of the payload; `endPes` completes it.
 *
 * ```text
 * byte  0         3          4          6        7           8            9
 *      +---------+----------+----------+--------+-----------+------------+---------------+
 *      | 0 0 1   | stream id| length   |10000000|PD000000   | header size| PTS 5 | DTS 5 |
 *      +---------+----------+----------+--------+-----------+------------+---------------+
 *      P, D: has a PTS, a DTS. There is a DTS only if it is another time than the PTS.
 * ```
 *
 * @param pts In ticks of 90 kHz, within 33 bits, as `dts`.
 */
export function beginPes(
  writer: ByteWriter,
  streamId: PesStreamId,
  pts: number,
  dts: number,
): void {
  const hasDts = dts !== pts;
  writer.writeUint32(0x100 | streamId);
  writer.writeUint16(0);
  writer.writeUint8(MARKER);
  writer.writeUint8(hasDts ? HAS_PTS_AND_DTS : HAS_PTS);
  writer.writeUint8(hasDts ? 2 * TIME_SIZE : TIME_SIZE);
  writeTime(writer, hasDts ? 0b0011 : 0b0010, pts);
  if (hasDts) writeTime(writer, 0b0001, dts);
}

/**
 * Fills in the length of the packet that begins at `start` and ends where `writer` does. The length
 * stays 0, for unbounded, where it does not fit 16 bits, which is allowed for video alone.
 */
export function endPes(writer: ByteWriter, start: number): void {
  const length = writer.size - start - PES_START_SIZE;
  if (length <= LENGTH_MAX) writer.setUint16At(start + LENGTH_OFFSET, length);
}

/**
 * ```text
 * |prefix 4|bits 32-30|1|bits 29-15|1|bits 14-0|1|
 * ```
 */
function writeTime(writer: ByteWriter, prefix: number, ticks: number): void {
  const high = Math.floor(ticks / TWO_TO_30);
  const low = ticks - high * TWO_TO_30;
  writer.writeUint8((prefix << 4) | (high << 1) | 1);
  writer.writeUint16((low >>> 14) | 1);
  writer.writeUint16((low << 1) | 1);
}

/**
 * Decodes what stands in front of the payload; see `beginPes`.
 *
 * @returns `undefined` if it is cut off, none, or that of a stream without times.
 */
export function decodePesHeader(bytes: Uint8Array): PesHeader | undefined {
  if (bytes.length < FIXED_HEADER_SIZE) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const start = view.getUint32(0);
  const streamId = (start & 0xff) as PesStreamId;
  if (start >>> 8 !== 1 || WITHOUT_HEADER.includes(streamId)) return undefined;
  const flags = view.getUint8(7);
  const headerSize = FIXED_HEADER_SIZE + view.getUint8(8);
  if ((view.getUint8(6) & HAS_PTS_AND_DTS) !== MARKER || bytes.length < headerSize) {
    return undefined;
  }
  const hasPts = (flags & HAS_PTS) !== 0;
  const hasDts = (flags & HAS_PTS_AND_DTS) === HAS_PTS_AND_DTS;
  const needed = hasDts ? 2 * TIME_SIZE : TIME_SIZE;
  if (hasPts && headerSize < FIXED_HEADER_SIZE + needed) return undefined;
  const pts = hasPts ? readTime(view, FIXED_HEADER_SIZE) : undefined;
  const dts = hasDts ? readTime(view, FIXED_HEADER_SIZE + TIME_SIZE) : pts;
  return { streamId, headerSize, pts, dts };
}

/** The reverse of `writeTime`. */
function readTime(view: DataView, offset: number): number {
  const high = (view.getUint8(offset) >>> 1) & 0b111;
  const low = ((view.getUint16(offset + 1) >>> 1) << 15) | (view.getUint16(offset + 3) >>> 1);
  return high * TWO_TO_30 + low;
}
