/**
 * Open bitstream units (OBU): what a temporal unit of AV1 is made of.
 *
 * Spec: AV1 Bitstream & Decoding Process Specification, sections 4.10.5 (leb128), 5.3 (OBU header) and
 * 6.2.2 (obu_type); AV1 Codec ISO Media File Format Binding, section 2.4 (temporal delimiters).
 *
 * @module
 */

import { MalformedError } from "../../base/errors.ts";

/** obu_type. */
export const ObuType = {
  Reserved0: 0,
  SequenceHeader: 1,
  TemporalDelimiter: 2,
  FrameHeader: 3,
  TileGroup: 4,
  Metadata: 5,
  Frame: 6,
  RedundantFrameHeader: 7,
  TileList: 8,
  Reserved9: 9,
  Reserved10: 10,
  Reserved11: 11,
  Reserved12: 12,
  Reserved13: 13,
  Reserved14: 14,
  Padding: 15,
} as const;
export type ObuType = (typeof ObuType)[keyof typeof ObuType];

export interface Obu {
  readonly type: ObuType;
  /** Scalability layers; 0 without an extension. */
  readonly temporalId: number;
  readonly spatialId: number;
  /** Bytes of the header, without the size that may follow. */
  readonly headerSize: number;
  /** Where it starts in the input, where its payload starts, and where it ends. */
  readonly start: number;
  readonly payloadStart: number;
  readonly end: number;
}

/** obu_has_size_field, in the first byte. */
export const OBU_HAS_SIZE = 0b010;

const LEB128_SIZE_MAX = 8;
/** leb128 values must fit in 32 bits. */
const LEB128_MAX = 2 ** 32 - 1;
/**
 * The most OBUs of one temporal unit. A frame has at most 4096 tiles, each of which may be a group of
 * its own; whoever sends more wants us to make an object of every other byte.
 */
export const OBU_COUNT_MAX = 8192;

/**
 * Decodes the header of the OBU that starts `offset` bytes into `input`.
 *
 * ```text
 * forbidden 1 | obu_type 4 | extension_flag 1 | has_size 1 | reserved 1
 * | if extension: temporal_id 3, spatial_id 2, reserved 3 | if has_size: obu_size leb128 | payload
 * ```
 *
 * One without a size goes to the end of the input, as the last of a temporal unit may (RTP, MP4).
 *
 * @throws {MalformedError} If it goes beyond the input, or has the forbidden bit.
 */
export function decodeObu(input: Uint8Array, offset: number): Obu {
  const header = byteAt(input, offset);
  if ((header & 0x80) !== 0)
    throw new MalformedError("Cannot decode OBU with forbidden bit", offset);
  const hasExtension = (header & 0b100) !== 0;
  const hasSize = (header & OBU_HAS_SIZE) !== 0;
  const extension = hasExtension ? byteAt(input, offset + 1) : 0;
  const sizeStart = offset + (hasExtension ? 2 : 1);
  let payloadStart = sizeStart;
  let end = input.length;
  if (hasSize) {
    payloadStart = leb128End(input, sizeStart);
    end = payloadStart + readLeb128(input, sizeStart, payloadStart);
    if (end > input.length) {
      throw new MalformedError(`Cannot take an OBU up to ${end} of ${input.length}`, offset);
    }
  }
  return {
    type: ((header >>> 3) & 0x0f) as ObuType,
    temporalId: extension >>> 5,
    spatialId: (extension >>> 3) & 0b11,
    headerSize: sizeStart - offset,
    start: offset,
    payloadStart,
    end,
  };
}

/**
 * Decodes the headers of all OBUs of a temporal unit.
 *
 * @throws {MalformedError} If one goes beyond the input, or there are absurdly many.
 */
export function splitTemporalUnit(temporalUnit: Uint8Array): Obu[] {
  const obus: Obu[] = [];
  let offset = 0;
  while (offset < temporalUnit.length) {
    const obu = decodeObu(temporalUnit, offset);
    obus.push(obu);
    if (obus.length > OBU_COUNT_MAX) {
      throw new MalformedError(`Cannot take more than ${OBU_COUNT_MAX} OBUs`, offset);
    }
    offset = obu.end;
  }
  return obus;
}

/**
 * Takes the temporal delimiters out, which MP4 does without: a sample is a temporal unit anyhow. They
 * stand at the front, if at all, so that this need not copy.
 *
 * @returns A view into the input; a copy only if there is a delimiter further behind.
 * @throws {MalformedError} If an OBU goes beyond the input, or there are absurdly many.
 */
export function dropTemporalDelimiters(temporalUnit: Uint8Array): Uint8Array {
  const obus = splitTemporalUnit(temporalUnit);
  const kept = obus.filter((obu) => obu.type !== ObuType.TemporalDelimiter);
  const start = kept[0]?.start ?? temporalUnit.length;
  const isInOnePiece = kept.length === 0 || kept[0] === obus[obus.length - kept.length];
  if (isInOnePiece) return temporalUnit.subarray(start);
  const size = kept.reduce((sum, obu) => sum + obu.end - obu.start, 0);
  const copy = new Uint8Array(size);
  let offset = 0;
  for (const obu of kept) {
    copy.set(temporalUnit.subarray(obu.start, obu.end), offset);
    offset += obu.end - obu.start;
  }
  return copy;
}

/** Decodes a leb128 number. @throws {MalformedError} If it is cut off or too large. */
export function decodeLeb128(
  input: Uint8Array,
  offset: number,
): { readonly value: number; readonly end: number } {
  const end = leb128End(input, offset);
  return { value: readLeb128(input, offset, end), end };
}

/** Bytes that `value` takes as leb128. */
export function leb128Size(value: number): number {
  let size = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) size += 1;
  return size;
}

/** Writes `value` as leb128. @returns Where it ends. */
export function encodeLeb128(target: Uint8Array, offset: number, value: number): number {
  let end = offset;
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) target[end++] = (rest & 0x7f) | 0x80;
  target[end++] = rest;
  return end;
}

/** Seven bits a byte, the lowest first; the highest bit says that more follow. */
function readLeb128(input: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let i = end - 1; i >= start; i--) value = value * 128 + (byteAt(input, i) & 0x7f);
  if (value <= LEB128_MAX) return value;
  throw new MalformedError(`Cannot take a size of ${value}`, start);
}

function leb128End(input: Uint8Array, start: number): number {
  for (let i = start; i < start + LEB128_SIZE_MAX; i++) {
    if ((byteAt(input, i) & 0x80) === 0) return i + 1;
  }
  throw new MalformedError(`Cannot read a size of more than ${LEB128_SIZE_MAX} bytes`, start);
}

function byteAt(input: Uint8Array, offset: number): number {
  const byte = input[offset];
  if (byte === undefined) throw new MalformedError("Cannot read past the last OBU", offset);
  return byte;
}
