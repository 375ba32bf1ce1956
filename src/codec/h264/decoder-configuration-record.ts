/**
 * What a decoder of H.264 must know before the first picture: avcC of MP4, and the data of the
 * sequence header of FLV and RTMP.
 *
 * Spec: ISO/IEC 14496-15, section 5.3.3.1 (AVCDecoderConfigurationRecord).
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import { ByteReader } from "../../base/byte-reader.ts";
import { ByteWriter } from "../../base/byte-writer.ts";
import { MalformedError } from "../../base/errors.ts";
import { type LengthSize, toLengthSize } from "../nal/length-prefixed.ts";
import type { ChromaFormat } from "../nal/picture-format.ts";
import { parseH264Sps } from "./sps.ts";

/** What stands at the start, which is also what the codec string says. */
export interface AvcProfileAndLevel {
  /** profile_idc. */
  readonly profileIndication: number;
  /** The constraint flags of the SPS. */
  readonly profileCompatibility: number;
  /** Ten times the level. */
  readonly levelIndication: number;
}

export interface AvcDecoderConfigurationRecord extends AvcProfileAndLevel {
  readonly lengthSize: LengthSize;
  /** NAL units. Decoding yields views into the input: copy to keep. */
  readonly sps: readonly Uint8Array[];
  readonly pps: readonly Uint8Array[];
  readonly spsExt: readonly Uint8Array[];
  /** Only for the profiles above Extended, and even there many encoders leave it out. */
  readonly sampleFormat: AvcSampleFormat | undefined;
}

export interface AvcSampleFormat {
  readonly chromaFormat: ChromaFormat;
  readonly bitDepthLuma: number;
  readonly bitDepthChroma: number;
}

const VERSION = 1;
/** Baseline, Main, Extended: those whose record ends after the PPS. */
const PROFILES_WITHOUT_SAMPLE_FORMAT: ReadonlySet<number> = new Set([66, 77, 88]);
const SAMPLE_FORMAT_SIZE = 4;
/** What the counts and sizes of the record can say. */
const SPS_COUNT_MAX = 31;
const PPS_COUNT_MAX = 255;
const NAL_UNIT_SIZE_MAX = 0xffff;
/** For what we write: the one that everybody uses. */
const LENGTH_SIZE: LengthSize = 4;

/**
 * ```text
 * byte  0         1         2               3       4                       5
 *      +---------+---------+---------------+-------+-----------------------+-----------------+
 *      | version | profile | compatibility | level | 111111, lengthSize-1 2 | 111, SPS count 5 |
 *      +---------+---------+---------------+-------+-----------------------+-----------------+
 *      | { size 16, SPS } | PPS count 8 | { size 16, PPS } |
 *      | 111111, chroma_format 2 | 11111, luma bits-8 3 | 11111, chroma bits-8 3 |
 *      | SPS extension count 8 | { size 16, SPS extension } |    the last two lines: High and above
 * ```
 *
 * @throws {MalformedError} If the record is cut off before the end of its PPS, or of an unknown version.
 */
export function decodeAvcDecoderConfigurationRecord(
  bytes: Uint8Array,
): AvcDecoderConfigurationRecord {
  const profileAndLevel = decodeAvcProfileAndLevel(bytes);
  const reader = new ByteReader(bytes, 4);
  const lengthSize = toLengthSize(reader.readUint8() & 0b11, 4);
  const sps = readNalUnits(bytes, reader, reader.readUint8() & SPS_COUNT_MAX);
  const pps = readNalUnits(bytes, reader, reader.readUint8());
  const rest = readRest(bytes, reader, profileAndLevel.profileIndication);
  return { ...profileAndLevel, lengthSize, sps, pps, ...rest };
}

/**
 * Decodes the first four bytes alone.
 *
 * @throws {MalformedError} If there are fewer, or they are of an unknown version.
 */
export function decodeAvcProfileAndLevel(bytes: Uint8Array): AvcProfileAndLevel {
  const reader = new ByteReader(bytes);
  const version = reader.readUint8();
  if (version !== VERSION) throw new MalformedError(`Cannot decode avcC version ${version}`, 0);
  return {
    profileIndication: reader.readUint8(),
    profileCompatibility: reader.readUint8(),
    levelIndication: reader.readUint8(),
  };
}

/** The reverse of `decodeAvcDecoderConfigurationRecord`. */
export function encodeAvcDecoderConfigurationRecord(
  record: AvcDecoderConfigurationRecord,
): Uint8Array {
  const { sps, pps, spsExt, sampleFormat } = record;
  assert(sps.length <= SPS_COUNT_MAX, "the count of SPS has five bits");
  assert(pps.length <= PPS_COUNT_MAX && spsExt.length <= PPS_COUNT_MAX, "others have eight");
  const writer = new ByteWriter();
  writer.writeUint8(VERSION);
  writer.writeUint8(record.profileIndication);
  writer.writeUint8(record.profileCompatibility);
  writer.writeUint8(record.levelIndication);
  writer.writeUint8(0b1111_1100 | (record.lengthSize - 1));
  writer.writeUint8(0b1110_0000 | sps.length);
  writeNalUnits(writer, sps);
  writer.writeUint8(pps.length);
  writeNalUnits(writer, pps);
  if (sampleFormat !== undefined) {
    writer.writeUint8(0b1111_1100 | sampleFormat.chromaFormat);
    writer.writeUint8(0b1111_1000 | (sampleFormat.bitDepthLuma - 8));
    writer.writeUint8(0b1111_1000 | (sampleFormat.bitDepthChroma - 8));
    writer.writeUint8(spsExt.length);
    writeNalUnits(writer, spsExt);
  }
  return writer.take();
}

/**
 * Makes a record of parameter sets that were found among the pictures.
 *
 * @throws {MalformedError} If there is no SPS, one cannot be parsed, or they are more than fit.
 */
export function createAvcDecoderConfigurationRecord(
  sps: readonly Uint8Array[],
  pps: readonly Uint8Array[],
): AvcDecoderConfigurationRecord {
  const isFitting =
    sps.length <= SPS_COUNT_MAX &&
    pps.length <= PPS_COUNT_MAX &&
    [...sps, ...pps].every((nalUnit) => nalUnit.length <= NAL_UNIT_SIZE_MAX);
  const parsed = sps.map(parseH264Sps);
  const [first] = parsed;
  if (first === undefined || !isFitting) {
    throw new MalformedError(`Cannot make avcC of ${sps.length} SPS and ${pps.length} PPS`, 0);
  }
  const hasFormat = !PROFILES_WITHOUT_SAMPLE_FORMAT.has(first.profileIdc);
  const { chromaFormat, bitDepthLuma, bitDepthChroma } = first;
  return {
    profileIndication: first.profileIdc,
    // A flag may stand here only if it stands in every SPS; the level must be enough for each.
    profileCompatibility: parsed.reduce((flags, one) => flags & one.constraintFlags, 0xff),
    levelIndication: Math.max(...parsed.map((one) => one.levelIdc)),
    lengthSize: LENGTH_SIZE,
    sps,
    pps,
    spsExt: [],
    sampleFormat: hasFormat ? { chromaFormat, bitDepthLuma, bitDepthChroma } : undefined,
  };
}

/** What comes after the PPS. The older encoders end there, whatever the profile; so do cut ones. */
function readRest(
  bytes: Uint8Array,
  reader: ByteReader,
  profile: number,
): Pick<AvcDecoderConfigurationRecord, "spsExt" | "sampleFormat"> {
  const isThere = reader.remaining >= SAMPLE_FORMAT_SIZE;
  if (PROFILES_WITHOUT_SAMPLE_FORMAT.has(profile) || !isThere) {
    return { spsExt: [], sampleFormat: undefined };
  }
  const sampleFormat: AvcSampleFormat = {
    chromaFormat: (reader.readUint8() & 0b11) as ChromaFormat,
    bitDepthLuma: 8 + (reader.readUint8() & 0b111),
    bitDepthChroma: 8 + (reader.readUint8() & 0b111),
  };
  return { spsExt: readNalUnits(bytes, reader, reader.readUint8()), sampleFormat };
}

function readNalUnits(bytes: Uint8Array, reader: ByteReader, count: number): Uint8Array[] {
  const nalUnits: Uint8Array[] = [];
  for (let i = 0; i < count; i++) {
    const size = reader.readUint16();
    const start = reader.offset;
    reader.skip(size);
    if (size > 0) nalUnits.push(bytes.subarray(start, reader.offset));
  }
  return nalUnits;
}

function writeNalUnits(writer: ByteWriter, nalUnits: readonly Uint8Array[]): void {
  for (const nalUnit of nalUnits) {
    assert(nalUnit.length <= NAL_UNIT_SIZE_MAX, "the size of a parameter set has 16 bits");
    writer.writeUint16(nalUnit.length);
    writer.writeBytes(nalUnit);
  }
}
